# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engine as its caller sees it: limits, interrupts, progress, and what happens without a compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits, Outcome, Tick
from svmcheck.checker.native import engine as subject
from svmcheck.checker.native.compile import NoCompiler
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from svmcheck.model.ir.types import IntType, SetType
from svmcheck.specs.verdict import Verdict
from tests.checker.native.test_search import counters
from tests.irbuild import Automaton, binary, eq, invariant, load, ne, plus, program, put, variable


def decided(given: Program, limits: Limits | None = None, *names: str) -> Outcome:
    wanted = tuple(p for p in properties(given) if not names or p.name in names)
    return NativeEngine(1).decide(given, wanted, limits or Limits(), lambda tick: None)


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {r.property: r.verdict for r in outcome.results}


def stepper(last: int) -> Program:
    walker = Automaton("walker")
    walker.edge("go", "go", put("x", plus(load("x"), 1)), guard=ne(load("x"), last))
    walker.edge("go", "end", guard=eq(load("x"), last))
    walker.place("end", ends=True)
    return program(walker, variables=(variable("x"),), invariants=(invariant("below", ne(load("x"), 5)),))


def test_a_violation_comes_with_its_shortest_run() -> None:
    outcome = decided(stepper(6))
    result = next(r for r in outcome.results if r.property == "below")
    assert result.verdict is Verdict.VIOLATED
    assert result.trace is not None
    assert [s.changes[0].after for s in result.trace.steps] == ["1", "2", "3", "4", "5"]
    assert "below does not hold" in result.message
    assert result.engine == "native"


def test_what_was_not_asked_for_is_told() -> None:
    assert decided(stepper(6), None, "no-deadlock").notes == ("below is violated too; it was not asked for",)


def test_coverage() -> None:
    lone = Automaton("lone").edge("a", "b").edge("b", "c", guard=eq(load("x"), 3)).place("b", idle=True)
    outcome = decided(program(lone, variables=(variable("x"),)))
    assert outcome.coverage.edges == (("lone", 1),)
    assert outcome.coverage.complete


@pytest.mark.parametrize(
    ("limits", "words"), [(Limits(states=100), "100 states"), (Limits(memory=1 << 20), "1,048,576 bytes")]
)
def test_limits_truncate(limits: Limits, words: str) -> None:
    outcome = decided(counters(7, 5), limits)
    assert set(verdicts(outcome).values()) == {Verdict.TRUNCATED}
    assert all(words in r.message for r in outcome.results)
    assert not outcome.coverage.complete


def test_no_time_at_all_truncates() -> None:
    outcome = decided(counters(7, 5), Limits(seconds=0))
    assert set(verdicts(outcome).values()) == {Verdict.TRUNCATED}
    assert outcome.states > 0


def test_an_interrupt_truncates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "SLICE_SECONDS", 0.0)

    def interrupt(tick: Tick) -> None:
        raise KeyboardInterrupt

    big = counters(7, 5)
    outcome = NativeEngine(1).decide(big, properties(big), Limits(), interrupt)
    assert {r.message for r in outcome.results} == {"interrupted"}


def test_ticks_tell_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "SLICE_SECONDS", 0.0)
    ticks: list[Tick] = []
    big = counters(6, 5)
    NativeEngine(1).decide(big, (Property("no-deadlock", "deadlock"),), Limits(), ticks.append)
    ticks = [tick for tick in ticks if tick.phase != subject.COMPILING]
    assert len(ticks) > 10
    assert ticks[-1].depth > ticks[0].depth
    assert all(t.memory > 0 for t in ticks)


def test_without_a_compiler_the_reference_engine_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "build_known", lambda *_: NoCompiler("There is none."))
    outcome = decided(stepper(6))
    assert {r.engine for r in outcome.results} == {"reference"}
    assert "There is none." in outcome.notes[0]


def test_arithmetic_beyond_64_bits_is_decided_by_the_reference_engine() -> None:
    large = load("x", type=IntType(0, 2**20))
    product = large
    for _ in range(4):
        product = binary("*", product, large, IntType(0, 2**62))
    lone = Automaton("lone").edge("a", "b", put("x", 1), guard=eq(product, 0))
    outcome = decided(program(lone, variables=(variable("x", type=IntType(0, 2**20)),)))
    assert {r.engine for r in outcome.results} == {"reference"}
    assert "63 bits" in outcome.notes[0]


def test_a_program_beyond_the_packing_is_decided_by_the_reference_engine() -> None:
    lone = Automaton("lone").edge("a", "a", put("wide", 1))
    outcome = decided(program(lone, variables=(variable("wide", type=SetType(IntType(0, 99), 0, 100)),)))
    assert {r.engine for r in outcome.results} == {"reference"}
    assert "wide needs 100 bits" in outcome.notes[0]


def test_compiling_is_told_of_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    small, asked, phases = counters(2, 2), (Property("no-deadlock", "deadlock"),), list[str]()
    for _ in range(2):
        NativeEngine(1).decide(small, asked, Limits(), lambda tick: phases.append(tick.phase))
    assert phases.count(subject.COMPILING) == 1
