# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck list``, ``explain``, and targets and variants by name."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli import list as list_module
from svmcheck.checker.cli.main import main
from svmcheck.model.lang.codes import CODES
from svmcheck.specs.catalogue.load import load_file
from tests.checker.cli.test_gate import HEAD, VIOLATED

SCHEMA = Path(list_module.__file__).resolve().parents[2] / "reports" / "schemas" / "list-1.json"


@pytest.fixture
def catalogue(front_end: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped catalogue is one target with two variants."""
    file = front_end / "c.toml"
    file.write_text(HEAD + "sizes = {threads = 3}\n" + VIOLATED.replace('"gets-lock"', '["gets-lock", "no-deadlock"]'))
    for module in ("svmcheck.checker.cli.list", "svmcheck.checker.selection"):
        monkeypatch.setattr(f"{module}.load_shipped", lambda: load_file(file))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.usefixtures("catalogue")
def test_list_as_text() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert result.stdout == (
        "lock  one lock\n  strong  a fair lock\n  weak    an unfair lock\n"
        "  sizes:\n    threads 2 (1 to 3)\n"
        "  options:\n    handover strong (strong|weak), polite false (true|false)\n"
        "  properties:\n    gets-lock, no-deadlock\n"
    )


@pytest.mark.usefixtures("catalogue")
def test_list_as_json() -> None:
    value = json.loads(run("list", "--json").stdout)
    jsonschema.validate(value, json.loads(SCHEMA.read_text()))
    (target,) = value["targets"]
    assert target["name"] == "lock"
    assert [v["name"] for v in target["variants"]] == ["strong", "weak"]
    assert target["variants"][1]["options"] == {"handover": "weak"}
    assert target["variants"][1]["sizes"] == {"threads": 3}
    assert target["sizes"] == {"threads": {"default": 2, "least": 1, "most": 3}}
    assert target["options"]["handover"] == {"choices": ["strong", "weak"], "default": "strong"}
    assert target["properties"] == ["gets-lock", "no-deadlock"]


@pytest.mark.usefixtures("catalogue")
def test_a_target_and_a_variant_by_name() -> None:
    weak = ("check", "lock", "--engine", "reference", "--variant", "weak")
    assert run(*weak).exit_code == 1
    assert run(*weak, "--set", "handover=strong").exit_code == 0, "what is set by hand wins"
    value = json.loads(run(*weak, "--json", "-").stdout)
    assert (value["target"], value["variant"], value["options"]["handover"]) == ("lock", "weak", "weak")
    assert value["sizes"] == {"threads": 3}
    assert json.loads(run(*weak, "--size", "threads=1", "--json", "-").stdout)["sizes"] == {"threads": 1}


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["loc"], 'there is no target "loc" in the catalogue\nhelp: did you mean "lock"?'),
        (["lock", "--variant", "week"], '"lock" has no variant "week"\nhelp: did you mean "weak"?'),
        (["lock:World"], 'there is no world "World"\nhelp: the worlds can be: Lock'),
    ],
)
def test_names_that_do_not_exist(arguments: list[str], message: str) -> None:
    result = run("check", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.usefixtures("catalogue")
def test_what_a_variant_changes() -> None:
    result = run("show", "lock", "--variant", "strong", "--diff", "weak")
    assert result.exit_code == 0
    assert "strongly fair handover of lock" in result.stdout
    result = run("show", "lock", "--variant", "weak", "--diff", "weak")
    assert "The two are the same" in result.stdout


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_explained(code: str) -> None:
    result = run("explain", code.lower())
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{code}: {CODES[code].headline}")
    assert "wrong:" in result.stdout


def test_all_codes() -> None:
    result = run("explain", "all")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == sorted(CODES)
