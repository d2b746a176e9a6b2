# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is computed from a program is kept with the program, and never for another."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from svmcheck.checker.compiled import compile_cached, key_of
from svmcheck.checker.kept import kept
from svmcheck.checker.selection import select
from svmcheck.model.ir.program import Frame, Program

SOURCE = """
from svmcheck.model.lang import World, bounded, process

class Small(World):
    x = bounded(0, {most})

@process(1)
def up(k: Small) -> None:
    k.x = 1
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("SVMCHECK_CACHE", str(tmp_path / "cache"))
    return fetched(tmp_path, 3)


def fetched(folder: Path, most: int) -> Program:
    path = folder / "small.py"
    path.write_text(SOURCE.format(most=most))
    os.utime(path, (1_000_000, 1_000_000))
    return compile_cached(select(str(path))).compiled.program


def value(program: Program, line: int, asked: str = "") -> Frame:
    return kept(Frame, program, asked, ("checker/lockorder",), lambda: Frame("a.py", line, 1, line, 2, "f"))


def test_the_value_of_a_program_is_computed_once(program: Program, tmp_path: Path) -> None:
    assert value(program, 1).line == 1
    assert value(program, 2).line == 1
    assert value(fetched(tmp_path, 3), 3).line == 1


def test_another_question_or_program_is_another_entry(program: Program, tmp_path: Path) -> None:
    assert value(program, 1).line == 1
    assert value(program, 2, "more").line == 2
    assert value(fetched(tmp_path, 4), 5).line == 5


def test_a_program_that_was_not_fetched_keeps_nothing(program: Program) -> None:
    other = replace(program, name="other")
    assert key_of(other) is None
    assert value(other, 1).line == 1
    assert value(other, 2).line == 2
