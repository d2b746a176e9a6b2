# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Liveness in C against liveness on a stored graph, where random programs seldom lead, and its limits."""

from __future__ import annotations

import pytest

from svmcheck.checker.engine import Limits, Outcome, Tick
from svmcheck.checker.native import engine, live, liveness
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.native.interchange import representatives
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.layout import Layout
from svmcheck.model.ir.program import Dim, Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.ir.types import IntType, PidType, SetType
from svmcheck.specs.verdict import Grade, Verdict
from tests.checker.native.agreement import MOST_STATES, by_reference
from tests.checker.native.together import outcomes
from tests.irbuild import (
    ME,
    Automaton,
    eq,
    leads_to,
    load,
    local,
    mine,
    ne,
    pids,
    plus,
    program,
    put,
    put_mine,
    variable,
)
from tests.random_ir import random_program


def lockers(count: int, *, fair: bool, symmetric: bool = True) -> Program:
    """Instances that take one lock again and again, pending while they wait for it."""
    one = Automaton("locker", count, symmetric)
    owner = variable("owner", type=IntType(0, count))
    one.edge("idle", "want").place("idle", rests=True)
    one.place("want", pending=("enter",))
    one.edge("want", "held", put("owner", plus(ME, 1)), guard=eq(load("owner"), 0), completes=("enter",),
             fair="lock" if fair else "")  # fmt: skip
    one.edge("held", "idle", put("owner", 0))
    return program(one, variables=(owner,))


def both(given: Program) -> tuple[Outcome, Outcome]:
    asked = properties(given)
    reference = ReferenceEngine().decide(given, asked, Limits(), lambda tick: None)
    return reference, NativeEngine(1).decide(given, asked, Limits(), lambda tick: None)


@pytest.mark.parametrize("fair", [True, False])
@pytest.mark.parametrize("symmetric", [True, False])
def test_hand_over_of_a_lock(fair: bool, symmetric: bool) -> None:
    reference, native = both(lockers(3, fair=fair, symmetric=symmetric))
    for expected, found in zip(reference.results, native.results, strict=True):
        assert (found.verdict, found.grade, found.message) == (expected.verdict, expected.grade, expected.message)
        assert found.assumptions == expected.assumptions
    enter = next(r for r in native.results if r.property == "enter")
    assert enter.verdict is (Verdict.HOLDS if fair else Verdict.VIOLATED)
    if fair:
        assert "holds only because hand-over of lock is strongly fair" in enter.assumptions
    else:
        assert enter.grade is Grade.ADVERSARIAL
        assert "likewise locker[1], locker[2]" in enter.message


def test_loops_out_of_small_parts_of_large_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "SMALL_SET", 2)
    programs = [p for seed in range(600, 640) if by_reference(p := random_program(seed, checks=False))]
    asked = [(p, properties(p)) for p in programs]
    limits = Limits(states=MOST_STATES)
    broken = 0
    for (given, names), native in zip(asked, outcomes(programs), strict=True):
        reference = ReferenceEngine().decide(given, names, limits, lambda tick: None)
        assert [(r.verdict, r.grade) for r in native.results] == [(r.verdict, r.grade) for r in reference.results]
        broken += sum(r.kind == "livelock" and r.verdict is Verdict.VIOLATED for r in native.results)
    assert broken > 5


def test_way_through_a_premise() -> None:
    """The premise is true on a detour only, so the shortest way to the cycle is not the way that owes."""
    walker = Automaton("walker")
    walker.edge("start", "ring", put("x", 1)).edge("start", "a", put("p", 1)).edge("a", "b", put("p", 0))
    walker.edge("b", "ring", put("x", 1)).edge("ring", "ring", put("x", 2)).edge("ring", "ring", put("x", 1))
    stated = leads_to("answered", eq(load("p"), 1), eq(load("x"), 3))
    reference, native = both(program(walker, variables=(variable("p"), variable("x")), temporal=(stated,)))
    found, expected = native.results[-1], reference.results[-1]
    assert found.property == "answered"
    assert (found.verdict, found.grade, found.depth) == (expected.verdict, expected.grade, expected.depth)
    assert found.verdict is Verdict.VIOLATED


def test_more_processes_than_bits_take_the_slower_way() -> None:
    crowd = Automaton("crowd", 70).edge("a", "a", guard=eq(load("x"), 1)).place("a", idle=True)
    lone = Automaton("lone").edge("a", "b", put("x", 0), completes=("go",)).place("a", pending=("go",))
    lone.edge("b", "a")
    reference, native = both(program(crowd, lone, variables=(variable("x"),)))
    assert [(r.verdict, r.grade) for r in native.results] == [(r.verdict, r.grade) for r in reference.results]
    assert {r.engine for r in native.results} == {"native"}


def test_an_interrupt_ends_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("svmcheck.checker.reference.budget.TICK_SECONDS", 0.0)
    large = lockers(10, fair=True)
    asked = tuple(p for p in properties(large) if p.name == "enter")

    def interrupt(tick: Tick) -> None:
        if tick.phase not in ("search", engine.COMPILING):
            raise KeyboardInterrupt

    (result,) = NativeEngine(1).decide(large, asked, Limits(), interrupt).results
    assert (result.verdict, result.message) == (Verdict.TRUNCATED, "interrupted")


def test_no_memory_for_liveness_truncates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0.0)
    large = lockers(13, fair=True)
    asked = tuple(p for p in properties(large) if p.name in ("no-deadlock", "enter"))
    ticks: list[Tick] = []
    NativeEngine(1).decide(large, asked[:1], Limits(), ticks.append)
    enough_to_search = max(t.memory for t in ticks) + 200_000  # of which liveness needs four times as much
    outcome = NativeEngine(1).decide(large, asked, Limits(memory=enough_to_search), lambda tick: None)
    assert [r.verdict for r in outcome.results] == [Verdict.HOLDS, Verdict.TRUNCATED]
    assert "bytes of memory" in outcome.results[-1].message


def test_instances_that_can_change_places() -> None:
    def first(*, value: tuple[int, ...] = (2, 2, 2), symmetric: bool = True, holder: int = 0, members: int = 0) -> int:
        one = Automaton("one", 3, symmetric).edge("a", "a", put_mine("n", 1), guard=ne(mine("n"), 1))
        everybody: PidType = pids(one)
        initial = {"n": value, "holder": (holder,), "members": (members,), "grid": (1, 2) * 3}
        variables = (
            local("n", one),
            variable("holder", type=everybody),
            variable("members", type=SetType(everybody, 1, 3)),
            variable("grid", Dim(3, "one"), 2),
        )
        return representatives(Layout(program(one, variables=variables, initial=(initial,))))[2]

    assert first() == 0
    assert first(symmetric=False) == 2
    assert first(value=(2, 2, 1)) == 2
    assert first(holder=2) == 2
    assert first(members=0b100) == 2
