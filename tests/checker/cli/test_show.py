# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck show``: text, differences, drawings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main

pytestmark = pytest.mark.usefixtures("front_end")


def show(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["show", *arguments])


def test_every_step_is_shown() -> None:
    result = show("pair.py:Pair")
    assert result.exit_code == 0
    assert result.stdout.count(" -> ") == 6
    assert "process first x 1" in result.stdout
    assert "process second x 1" in result.stdout


def test_the_whole_program() -> None:
    assert show("pair.py:Pair", "--ir").stdout.startswith("program Pair")


def test_what_the_compiler_warns_of_is_told_shortly_and_hints_are_left_to_check() -> None:
    told = show("locks.py", "--set", "polite=false").stderr
    assert told == "note: the compiler has 1 warning: 'svmcheck check' tells\n"
    assert show("locks.py", "--set", "polite=true").stderr == ""


def test_the_graph_on_standard_output() -> None:
    result = show("pair.py:Pair", "--dot", "-")
    assert result.exit_code == 0
    assert result.stdout.count("digraph") == 2


def test_one_drawing_for_each_process(front_end: Path) -> None:
    assert show("pair.py:Pair", "--dot", "a.gv").exit_code == 0
    assert sorted(p.name for p in front_end.glob("*.gv")) == ["a-first.gv", "a-second.gv"]
    assert show("locks.py", "--dot", "one.gv").exit_code == 0
    assert Path("one.gv").read_text().startswith("digraph")


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_a_picture(front_end: Path) -> None:
    result = show("locks.py", "--svg", "one.svg")
    assert result.exit_code == 0
    assert "<svg" in Path("one.svg").read_text()
    assert "note: wrote one.svg" in result.stderr


def test_without_dot_the_graph_is_written_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = show("locks.py", "--svg", "one.svg")
    assert result.exit_code == 0
    assert "dot is not installed" in result.stderr
    assert Path("one.gv").read_text().startswith("digraph")


def test_a_picture_needs_a_file() -> None:
    result = show("locks.py", "--svg", "-")
    assert result.exit_code == 2
    assert "a drawing needs a file" in result.stderr


def test_a_difference_needs_variants() -> None:
    result = show("locks.py", "--diff", "weak")
    assert result.exit_code == 2
    assert "a protocol file has no variants" in result.stderr
