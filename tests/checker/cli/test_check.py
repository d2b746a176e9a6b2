# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck check`` and ``replay``: what is asked, what is answered, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from svmcheck.checker import registry
from svmcheck.checker.cli.main import main
from svmcheck.checker.engine import Limits, Outcome, Progress, Tick
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property
from svmcheck.reports.json_check import SCHEMA_FILE

pytestmark = pytest.mark.usefixtures("front_end")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments, "--engine", "reference"])


def document(*arguments: str) -> dict[str, object]:
    """The one JSON document on standard output, held against the published schema."""
    value = json.loads(check(*arguments, "--json", "-").stdout)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text()))
    return value


def verdicts(value: dict[str, object]) -> dict[str, str]:
    results = value["results"]
    assert isinstance(results, list)
    return {r["property"]: r["verdict"] for r in results}


def test_a_program_that_holds() -> None:
    result = check("locks.py")
    assert result.exit_code == 0
    assert "gets-lock" in result.stdout
    assert "locks.py, threads = 2, handover = strong" in result.stdout


def test_a_violation_with_its_counterexample() -> None:
    result = check("pair.py:Pair")
    assert result.exit_code == 1
    assert "no-deadlock: counterexample of 2 steps" in result.stdout


def test_the_json_document() -> None:
    value = document("locks.py", "--set", "handover=weak", "--size", "threads=3")
    assert value["target"] == "locks.py"
    assert value["variant"] is None
    assert value["sizes"] == {"threads": 3}
    assert value["options"] == {"handover": "weak", "polite": "false"}
    assert verdicts(value)["gets-lock"] == "VIOLATED"
    assert verdicts(value)["no-deadlock"] == "HOLDS"


def test_one_property_alone() -> None:
    weak = ("locks.py", "--set", "handover=weak")
    assert check(*weak).exit_code == 1
    assert check(*weak, "--property", "no-deadlock").exit_code == 0
    assert verdicts(document(*weak, "--property", "gets-lock")) == {"gets-lock": "VIOLATED"}


def test_a_limit_leaves_it_undecided() -> None:
    assert check("pair.py:Race", "--states", "2").exit_code == 3
    assert "TRUNCATED" in set(verdicts(document("pair.py:Race", "--states", "2")).values())


def test_warnings_of_the_compiler_are_told() -> None:
    result = check("locks.py", "--set", "polite=true", "--json", "-")
    assert result.exit_code == 0
    assert "locks.py:1:1: hint[SVM900]: impolite" in result.stderr
    json.loads(result.stdout)


def test_an_option_that_was_set_and_that_no_code_tests_is_told() -> None:
    told = "note: the option handover changes nothing here"  # as far as the stand-in for the compiler says
    assert told in check("locks.py", "--set", "handover=weak").stderr
    assert told not in check("locks.py", "--set", "polite=true").stderr


def test_words_for_truth_values() -> None:
    assert document("locks.py", "--set", "polite=Yes")["options"] == {"handover": "strong", "polite": "true"}


OWN = """
[[target]]
name = "one"
protocol = "locks.py"
summary = "One lock."
[target.variants.polite]
options = { polite = true }
summary = "Polite."
[[target]]
name = "two"
protocol = "pair.py"
world = "Pair"
summary = "Two locks."
"""


def test_a_variant_of_a_catalogue_of_ones_own() -> None:
    Path("own.toml").write_text(OWN)
    found = document("own.toml:one", "--variant", "polite")
    assert (found["variant"], found["options"]["polite"]) == ("polite", "true")
    assert check("own.toml:two").exit_code in (0, 1)
    Path("own.toml").write_text(OWN[: OWN.rindex("[[target]]")])
    assert document("own.toml")["options"]["polite"] == "false"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("own.toml", "own.toml: error: the catalogue has several targets: one, two\nhelp: choose one, own.toml:one"),
        ("own.toml:tow", 'own.toml: error: there is no target "tow"\nhelp: did you mean "two"?'),
        ("won.toml", 'won.toml: error: there is no such file\nhelp: did you mean "own.toml"?'),
    ],
)
def test_what_is_in_no_catalogue(target: str, message: str) -> None:
    Path("own.toml").write_text(OWN)
    result = check(target)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lock.py"], 'lock.py: error: there is no such file\nhelp: did you mean "locks.py"?'),
        (["nowhere/lock.py"], "nowhere/lock.py: error: there is no such file\nhelp: check the path"),
        (["locks"], 'there is no target "locks" in the catalogue\nhelp: for the file beside you write: ./locks.py'),
        (["no-such-target"], 'there is no target "no-such-target" in the catalogue'),
        (["."], 'there is no target "." in the catalogue'),
        (["./"], ".: error: is a directory, not a protocol file"),
        (["pair.py"], "pair.py: error: the file has several worlds: Pair, Race\nhelp: choose one: pair.py:Pair"),
        (["pair.py:Pear"], 'pair.py: error: there is no world "Pear"\nhelp: did you mean "Pair"?'),
        (["wrong.py"], "wrong.py:1:1: error[SVM101]: unknown name 'lok'"),
        (["locks.py", "--variant", "g1"], '"g1": a protocol file has no variants'),
        (["locks.py", "--set", "handovr=weak"], '"Lock" has no option "handovr"\nhelp: did you mean "handover"?'),
        (["locks.py", "--set", "handover=week"], 'the option "handover" cannot be "week"\nhelp: did you mean "weak"?'),
        (["locks.py", "--set", "threads=2"], '"threads" is a size, not an option\nhelp: write: --size threads=2'),
        (["locks.py", "--size", "handover=2"], '"handover" is an option, not a size\nhelp: write: --set handover=2'),
        (["locks.py", "--size", "thread=2"], '"Lock" has no size "thread"\nhelp: did you mean "threads"?'),
        (["locks.py", "--size", "threads=4"], 'the size "threads" cannot be 4\nhelp: it goes from 1 to 3'),
        (["locks.py", "--size", "threads=-1"], 'the size "threads" cannot be -1'),
        (["locks.py", "--property", "get-lock"], 'no property "get-lock" with these options\nhelp: did you mean "gets'),
        (["locks.py", "--json", "missing/x.json"], 'missing/x.json: error: there is no folder "missing"'),
        (["locks.py", "--report", "locks.py"], "locks.py: error: is a file, and a report needs a folder"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(arguments: list[str], message: str) -> None:
    result = check(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


class Failing:
    """An engine that gets somewhere and then fails."""

    name = "failing"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def decide(
        self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress
    ) -> Outcome:
        progress(Tick("searching", 77, 100, 5, 3, 1.5))
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "why"), [(KeyboardInterrupt(), 130, "interrupted"), (MemoryError(), 3, "memory is full")]
)
def test_a_search_cut_short_tells_how_far_it_got(
    error: BaseException, status: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = registry.Entry("", lambda wishes: registry.Ready(Failing(error)))
    monkeypatch.setattr(registry, "ENGINES", {**registry.ENGINES, "reference": broken})
    result = check("locks.py", "--json", "-")
    assert result.exit_code == status
    assert why in result.stderr
    results = json.loads(result.stdout)["results"]
    assert {(r["verdict"], r["states"], r["depth"]) for r in results} == {("TRUNCATED", 77, 5)}


def test_wishes_an_engine_cannot_grant_are_told() -> None:
    result = check("locks.py", "--workers", "4")
    assert result.exit_code == 0
    assert "note: the reference engine uses one core" in result.stderr


@pytest.mark.parametrize("name", [n for n in registry.ENGINES if n != "smt"])  # which decides no liveness
def test_every_engine_decides_the_same(name: str) -> None:
    weak = ["check", "locks.py", "--set", "handover=weak", "--engine", name, "--json", "-"]
    value = json.loads(CliRunner().invoke(main, weak).stdout)
    assert verdicts(value)["gets-lock"] == "VIOLATED"
    assert {r["grade"] for r in value["results"] if r["property"] == "gets-lock"} == {"adversarial"}


def test_an_engine_decides_for_itself_what_symmetry_keeps() -> None:
    wishes = registry.Wishes(reductions=frozenset({"symmetry"}))
    assert registry.make("reference", wishes).engine == ReferenceEngine(symmetry=True)
    counts: list[int] = []
    for extra in (("--no-reduction",), ("--reduction", "symmetry")):
        results = document("pair.py:Race", *extra, "--property", "no-deadlock")["results"]
        assert isinstance(results, list)
        counts.append(results[0]["states"])
    assert counts[1] < counts[0]


def test_replay_shows_the_violation_again(front_end: Path) -> None:
    assert check("locks.py", "--set", "handover=weak", "--json", "t.json").exit_code == 1
    result = CliRunner().invoke(main, ["--debug", "replay", "t.json"])
    assert result.exit_code == 1, result.stderr
    assert "gets-lock: counterexample of" in result.stdout


def test_replay_notices_that_the_protocol_has_changed(front_end: Path) -> None:
    check("locks.py", "--set", "handover=weak", "--json", "t.json")
    value = json.loads(Path("t.json").read_text())
    value["options"]["handover"] = "strong"
    Path("t.json").write_text(json.dumps(value))
    result = CliRunner().invoke(main, ["replay", "t.json"])
    assert result.exit_code == 3
    assert "gets-lock: does not happen any more" in result.stderr


def test_nothing_to_replay(front_end: Path) -> None:
    check("locks.py", "--json", "t.json")
    result = CliRunner().invoke(main, ["replay", "t.json"])
    assert result.exit_code == 0
    assert "nothing to replay" in result.stderr
    result = CliRunner().invoke(main, ["replay", "t.json", "--property", "gets-lock"])
    assert result.exit_code == 2
    assert 'no counterexample of "gets-lock"' in result.stderr


def test_a_report_that_is_none(front_end: Path) -> None:
    for text, message in (("{", "not a JSON document"), ('{"schema": "other/1"}', "reads 'svmcheck/check/1'")):
        Path("t.json").write_text(text)
        result = CliRunner().invoke(main, ["replay", "t.json"])
        assert result.exit_code == 2
        assert message in result.stderr


def test_the_depth_of_bounded_model_checking_can_be_chosen() -> None:
    arguments = ("check", "locks.py", "--engine", "smt", "--depth", "3", "--property", "no-deadlock", "--json", "-")
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 3
    (found,) = json.loads(result.stdout)["results"]
    assert (found["verdict"], found["depth"]) == ("BOUNDED", 3)


def test_an_engine_without_a_bound_says_so() -> None:
    result = check("locks.py", "--depth", "3", "--property", "no-deadlock")
    assert result.exit_code == 0
    assert "--depth is for the engine smt" in result.stderr
