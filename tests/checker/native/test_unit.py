# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A large program is compiled in pieces, and is then the same program."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.native import unit as subject
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.native.unit import translate
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol

CPU_FAULT = load_protocol(Path(__file__).parents[3] / "model" / "protocols" / "cpu_fault.py")


def test_small_programs_are_one_unit() -> None:
    assert len(translate([compile_program(CPU_FAULT, None, {}, {"cpu_threads": 1})]).sources) == 1


def test_pieces_decide_as_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_program(CPU_FAULT, None, {"generation": "g1"}, {})
    asked = properties(program)
    whole = NativeEngine(1).decide(program, asked, Limits(), lambda tick: None)
    monkeypatch.setattr(subject, "PIECE", 5_000)
    assert len(translate([program]).sources) > 2
    pieces = NativeEngine(1).decide(program, asked, Limits(), lambda tick: None)
    assert (pieces.states, pieces.transitions, pieces.depth) == (whole.states, whole.transitions, whole.depth)
    assert [(r.property, r.verdict) for r in pieces.results] == [(r.property, r.verdict) for r in whole.results]
