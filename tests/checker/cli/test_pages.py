# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What ``--report`` leaves in the folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from svmcheck.checker.cli.main import main
from svmcheck.checker.cli.pages import file_name
from svmcheck.reports.json_check import check_from_text
from tests.checker.cli.test_gate import HEAD, HOLDS, VIOLATED, gate

pytestmark = pytest.mark.usefixtures("front_end")


def test_the_folder_of_a_check() -> None:
    arguments = ["check", "locks.py", "--set", "handover=weak", "--engine", "reference", "--report", "out/new"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.stderr
    names = {p.name for p in Path("out/new").iterdir()}
    assert {"locks.py.html", "check.json", "locks.py-gets-lock.gv"} <= names
    assert "gets-lock" in Path("out/new/locks.py.html").read_text()
    saved = check_from_text(Path("out/new/check.json").read_text())
    assert any(r.trace is not None for r in saved.results)
    told = [name for name in names if f"note: wrote out/new/{name}\n" in result.stderr]
    assert {"locks.py.html", "check.json"} < set(told), "the graph or its picture is told as well"


def test_the_folder_of_a_gate() -> None:
    result = gate(HEAD + HOLDS + VIOLATED, "--report", "out")
    assert result.exit_code == 0, result.stderr
    index = Path("out/index.html").read_text()
    links = re.findall(r'href="([^"]+)"', index)
    assert links == ["009-lock-weak-gets-lock.html"]
    assert "gets-lock" in Path("out", links[0]).read_text()
    assert index.count("<tr>") == 1 + 9
    assert '<span class="met">9 met</span>' in index


def test_texts_of_users_are_escaped() -> None:
    gate(HEAD.replace("one lock", "x") + VIOLATED.replace('"second"', '"<script>alert(1)</script>"'), "--report", "out")
    index = Path("out/index.html").read_text()
    assert "<script>" not in index
    assert "&lt;script&gt;" in index


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("cpu-fault", "g1", "fault-completes"), "cpu-fault-g1-fault-completes"),
        (("../x/my file.py:World", ""), "my-file.py-World"),
        (("cover:a/b",), "b"),
        (("../..",), "report"),
    ],
)
def test_file_names(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts) == name
