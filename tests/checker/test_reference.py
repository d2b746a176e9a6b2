# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svmcheck.checker.engine import Limits, Outcome, Tick
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.reference.symmetry import canonical
from svmcheck.model.ir.expr import FALSE
from svmcheck.model.ir.program import Dim, Heap, Program
from svmcheck.model.ir.properties import DEADLOCK, PARTIAL_DEADLOCK, properties
from svmcheck.model.ir.types import RefType, SetType
from svmcheck.model.semantics import Semantics
from svmcheck.specs.verdict import Result, Verdict
from tests.irbuild import (
    ME,
    Automaton,
    binary,
    check,
    eq,
    invariant,
    load,
    local,
    ne,
    pids,
    plus,
    program,
    put,
    variable,
)
from tests.irprograms import contended_lock, increment_locked, increment_race, lock_pair, peterson

NO_LIMITS = Limits()


def decide(given: Program, symmetry: bool = False, limits: Limits = NO_LIMITS, safety_only: bool = False) -> Outcome:
    claims = tuple(p for p in properties(given) if not safety_only or p.is_safety or p.name == DEADLOCK)
    return ReferenceEngine(symmetry).decide(given, claims, limits, lambda tick: None)


def result(outcome: Outcome, name: str) -> Result:
    return next(r for r in outcome.results if r.property == name)


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {r.property: r.verdict.name for r in outcome.results}


@pytest.mark.parametrize(
    ("given", "states", "transitions", "symmetric"),
    [
        (increment_race(2), 13, 14, 8),
        (increment_race(3), 84, 111, 22),
        (increment_race(4), 755, 1156, 63),
        (increment_locked(2), 17, 16, 9),
        (increment_locked(3), 61, 60, 13),
        (peterson(), 26, 52, 13),
    ],
)
def test_published_state_counts(given: Program, states: int, transitions: int, symmetric: int) -> None:
    full = decide(given, safety_only=True)
    assert (full.states, full.transitions) == (states, transitions)
    assert decide(given, symmetry=True, safety_only=True).states == symmetric


def test_depth_is_the_longest_shortest_path() -> None:
    assert decide(increment_race(3)).depth == 6
    assert decide(peterson()).results[0].depth == decide(peterson()).depth


def test_the_counterexample_is_as_short_as_it_can_be() -> None:
    lost = invariant("no-lost-update", binary("<", load("x"), 2))
    found = result(decide(replace(increment_race(3), invariants=(lost,))), "no-lost-update")
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None
    assert len(found.trace.steps) == found.depth == 4
    assert found.message == found.trace.violation == "no-lost-update does not hold (x is 2)"


def test_a_violating_step_ends_the_run_and_leaves_other_properties_undecided() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1))
    p.edge("b", "c", checks=(check(ne(load("x"), 1), "bounds", "x is out of bounds"),)).edge("c", "d", put("x", 7))
    p.place("d", ends=True)
    stated = (invariant("below-seven", ne(load("x"), 7)), invariant("zero", eq(load("x"), 0)))
    outcome = decide(program(p, variables=(variable("x"),), invariants=stated))
    assert verdicts(outcome) == {
        "bounds": "VIOLATED",
        "below-seven": "TRUNCATED",
        "zero": "VIOLATED",
        DEADLOCK: "TRUNCATED",
        PARTIAL_DEADLOCK: "TRUNCATED",
    }
    assert result(outcome, "below-seven").message == "not decided beyond the violation of bounds"
    assert result(outcome, "bounds").message == "x is out of bounds"
    assert outcome.transitions == 1
    assert outcome.coverage.edges == (("p", 2),)  # the violating step was taken
    assert not outcome.coverage.complete


def test_what_violates_an_invariant_is_explored_on() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1)).edge("b", "c", put("x", 2)).place("c", ends=True)
    stated = (invariant("not-one", ne(load("x"), 1)), invariant("not-two", ne(load("x"), 2)))
    stated += (invariant("small", binary("<", load("x"), 5)),)
    outcome = decide(program(p, variables=(variable("x"),), invariants=stated))
    assert list(verdicts(outcome).values())[:4] == ["VIOLATED", "VIOLATED", "HOLDS", "HOLDS"]
    assert outcome.coverage.complete


def test_no_liveness_verdict_on_an_unsafe_program() -> None:
    given = replace(contended_lock(strong=False), invariants=(invariant("free", eq(load("lock"), 0)),))
    outcome = decide(given)
    assert result(outcome, "gets-lock").verdict is Verdict.TRUNCATED
    assert result(outcome, "gets-lock").message == "not decided, because free is violated: safety first"
    liveness = tuple(p for p in properties(given) if p.kind == "livelock")
    alone = ReferenceEngine().decide(given, liveness, Limits(), lambda tick: None)
    assert {r.verdict for r in alone.results} == {Verdict.TRUNCATED}
    assert alone.notes == ("free is violated too; it was not asked for",)


def test_a_deadlock_is_found_on_the_shortest_way() -> None:
    outcome = decide(lock_pair())
    found = result(outcome, DEADLOCK)
    assert found.verdict is Verdict.VIOLATED
    assert found.depth == 2
    assert "nobody can move" in found.message


def blocked_for_ever(idle: bool) -> Program:
    """One waits for what never comes, another runs for ever."""
    waiter = Automaton("waiter").edge("a", "wait").edge("wait", "b", guard=eq(load("x"), 1)).place("wait", idle=idle)
    runner = Automaton("runner").edge("a", "a")
    return program(waiter, runner, variables=(variable("x"),))


def test_a_partial_deadlock_is_somebody_stuck_while_others_move() -> None:
    outcome = decide(blocked_for_ever(idle=False))
    assert result(outcome, DEADLOCK).verdict is Verdict.HOLDS
    found = result(outcome, PARTIAL_DEADLOCK)
    assert found.verdict is Verdict.VIOLATED
    assert found.message == "waiting for ever, while others can still move: waiter waits at test.py:101 wait (x is 0)"
    assert found.trace is not None
    assert found.trace.violation == found.message
    assert len(found.trace.steps) == 1
    assert result(decide(blocked_for_ever(idle=True)), PARTIAL_DEADLOCK).verdict is Verdict.HOLDS


def test_being_blocked_for_a_while_is_no_partial_deadlock() -> None:
    assert result(decide(contended_lock(strong=True)), PARTIAL_DEADLOCK).verdict is Verdict.HOLDS


def test_balance_is_vacuous_where_nobody_settles() -> None:
    ends = Automaton("p").edge("a", "b", put("x", 1)).place("b", ends=True)
    runs = Automaton("p").edge("a", "a", put("x", 1))
    stated = (invariant("released", eq(load("x"), 0), balance=True),)
    for automaton, verdict in ((ends, Verdict.VIOLATED), (runs, Verdict.VACUOUS)):
        outcome = decide(program(automaton, variables=(variable("x"),), invariants=stated))
        assert result(outcome, "released").verdict is verdict


def test_covers_and_coverage() -> None:
    p = Automaton("p").edge("a", "b", marks=("first",)).edge("b", "c", marks=("never",), guard=FALSE)
    q = Automaton("q").edge("a", "b", guard=FALSE).place("a", idle=True)
    outcome = decide(program(p.place("b", rests=True), q))
    assert result(outcome, "cover:first").verdict is Verdict.HOLDS
    assert result(outcome, "cover:never").verdict is Verdict.VACUOUS
    assert result(outcome, "cover:never").message == "never reached"
    absent = decide(replace(program(p, q), covers=("first", "never", "elsewhere")))
    assert result(absent, "cover:elsewhere").message == "never reached: these options and sizes leave it out"
    assert outcome.coverage.edges == (("p", 1), ("q", 0))
    assert outcome.coverage.processes == ("q",)
    assert outcome.coverage.complete


def test_limits_end_in_truncated_and_keep_what_was_found() -> None:
    lost = (invariant("not-one", ne(load("x"), 1)), invariant("small", binary("<", load("x"), 5)))
    given = replace(increment_race(4), invariants=lost)
    outcome = decide(given, limits=Limits(states=100))
    assert outcome.states == 100
    assert result(outcome, "not-one").verdict is Verdict.VIOLATED
    assert result(outcome, "small").verdict is Verdict.TRUNCATED
    assert result(outcome, "small").message == "stopped at the limit of 100 states"
    assert not outcome.coverage.complete
    assert decide(given, limits=Limits(states=755)).coverage.complete
    assert result(decide(given, limits=Limits(seconds=0)), "small").message == "stopped at the limit of 0 seconds"


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Semantics, state: tuple[int, ...]) -> object:
        if state[0] == 2:
            raise KeyboardInterrupt
        return original(self, state)

    original = Semantics.successors
    monkeypatch.setattr(Semantics, "successors", interrupted)
    outcome = decide(replace(increment_race(2), invariants=(invariant("zero", eq(load("x"), 0)),)))
    assert result(outcome, "zero").verdict is Verdict.VIOLATED
    assert result(outcome, DEADLOCK).message == "interrupted"


def test_progress_is_told_what_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svmcheck.checker.reference.budget.TICK_SECONDS", 0.0)
    ticks: list[Tick] = []
    ReferenceEngine().decide(increment_race(4), properties(increment_race(4)), Limits(), ticks.append)
    assert ticks[0].phase == "search"
    assert [t.states for t in ticks] == sorted(t.states for t in ticks)
    assert all(t.frontier >= 0 and t.seconds >= 0 for t in ticks)


def test_symmetry_gives_real_runs_and_is_switched_off_for_liveness() -> None:
    lost = replace(increment_race(3), invariants=(invariant("no-lost-update", binary("<", load("x"), 3)),))
    outcome = decide(lost, symmetry=True, safety_only=True)
    found = result(outcome, "no-lost-update")
    assert found.trace is not None  # replayed, so real
    assert found.depth == result(decide(lost), "no-lost-update").depth
    assert outcome.notes == ("states are counted up to symmetry of inc (6 renamings)",)
    everything = decide(contended_lock(strong=False), symmetry=True)
    assert everything.states == decide(contended_lock(strong=False)).states
    assert everything.notes[0].startswith("symmetry reduction was switched off")


def slots_and_pids() -> Program:
    """Everything a renaming has to touch: a symmetric class and heap, values and sets over both, crossed arrays."""
    p = Automaton("p", 3, symmetric=True).edge("a", "a")
    names, ref = pids(p), RefType("h", 2)
    cells = (
        variable("owner", type=names),
        local("mine", p, type=ref),
        variable("h.user", Dim(2, "h"), Dim(3, "p")),
        variable("members", type=SetType(names, 1, 3)),
        variable("refs", Dim(2, "h"), type=SetType(ref, 0, 5)),
    )
    return program(p, variables=cells, heaps=(Heap("h", 2, "h.user", ("h.user",), symmetric=True),))


def renamed(state: tuple[int, ...], p: tuple[int, ...], h: tuple[int, ...]) -> tuple[int, ...]:
    """By hand, for the layout of slots_and_pids: 3 locations, owner, mine x 3, user 2 x 3, members, refs x 2."""
    new = list(state)
    ref = {0: 0} | {1 + i: 1 + h[i] for i in range(2)} | {3 + i: 3 + h[i] for i in range(2)}
    for i in range(3):
        new[p[i]] = state[i]
        new[4 + p[i]] = ref[state[4 + i]]
        for slot in range(2):
            new[7 + 3 * h[slot] + p[i]] = state[7 + 3 * slot + i]
    new[3] = 0 if state[3] == 0 else 1 + p[state[3] - 1]
    new[13] = sum(1 << p[bit] for bit in range(3) if state[13] >> bit & 1)
    for slot in range(2):
        new[14 + h[slot]] = sum(1 << ref[bit] for bit in range(5) if state[14 + slot] >> bit & 1)
    return tuple(new)


@given(
    st.tuples(
        *[st.integers(0, 3)] * 4, *[st.integers(0, 4)] * 3, *[st.integers(0, 7)] * 7, *[st.integers(0, 31)] * 2
    ),
    st.permutations(range(3)),
    st.permutations(range(2)),
)  # fmt: skip
@settings(max_examples=60)
def test_a_canonical_state_is_the_least_of_all_renamings(state: tuple[int, ...], p: list[int], h: list[int]) -> None:
    find = canonical(slots_and_pids())
    orbit = [renamed(state, a, b) for a in itertools.permutations(range(3)) for b in itertools.permutations(range(2))]
    assert find(state) == min(orbit)
    assert find(renamed(state, tuple(p), tuple(h))) == find(state)


def test_the_timing_assumption_is_named() -> None:
    fast = Automaton("fast").place("a", urgent=eq(load("x"), 0), pending=("moves",))
    fast.edge("a", "b", completes=("moves",))
    outcome = decide(program(fast.place("b", ends=True), variables=(variable("x"),)))
    for found in outcome.results:
        assert "under the timing assumption: urgent blocks run first" in found.assumptions


def test_a_global_pid_is_renamed_with_its_class_alone() -> None:
    """The class does not come first in the program, so instance numbers and indices within the class differ."""
    other = Automaton("other").place("a", ends=True)
    p = Automaton("p", 2, symmetric=True).edge("a", "b", put("owner", plus(plus(ME, 1), 1)), guard=eq(load("owner"), 0))
    p.place("b", ends=True).place("a", idle=True)
    given = program(other, p, variables=(variable("owner", type=pids(other, p)),))
    assert decide(given, safety_only=True).states == 3
    assert decide(given, symmetry=True, safety_only=True).states == 2
