# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What does not need every state is decided up to symmetry where every state is too many."""

from __future__ import annotations

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.reductions import NONE
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import PARTIAL_DEADLOCK, properties
from svmcheck.specs.verdict import Verdict
from tests.irbuild import Automaton, invariant, load, ne, program, put, variable

CROWD = 6  # instances of three places: 729 states with the end, 28 up to symmetry


def crowd(broken: bool = False) -> Program:
    p = Automaton("p", CROWD, symmetric=True).edge("a", "b").edge("b", "c", put("x", 1)).place("c", ends=True)
    safe = invariant("stays", ne(load("x"), 1 if broken else 2))
    return program(p, variables=(variable("x"),), invariants=(safe,))


def decided(found: Program, limits: Limits, reductions: frozenset[str] | None = None) -> Outcome:
    engine = NativeEngine(workers=1, reductions=reductions)
    return engine.decide(found, properties(found), limits, lambda tick: None)


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {result.property: result.verdict for result in outcome.results}


def test_safety_is_decided_by_a_second_search() -> None:
    outcome = decided(crowd(), Limits(states=300))
    assert verdicts(outcome).pop(PARTIAL_DEADLOCK) is Verdict.TRUNCATED
    assert {v for name, v in verdicts(outcome).items() if name != PARTIAL_DEADLOCK} == {Verdict.HOLDS}
    assert outcome.coverage.complete
    assert outcome.states < 50
    assert any("second search" in note for note in outcome.notes)


def test_one_search_is_enough_within_the_limits() -> None:
    outcome = decided(crowd(), Limits())
    assert set(verdicts(outcome).values()) == {Verdict.HOLDS}
    assert outcome.states > 300
    assert outcome.notes == ()


def test_a_violation_is_found_by_the_first_one() -> None:
    outcome = decided(crowd(broken=True), Limits(states=300))
    assert verdicts(outcome)["stays"] is Verdict.VIOLATED


@pytest.mark.parametrize("limits", [Limits(states=300), Limits(seconds=0.0)])
def test_no_second_search_where_reductions_are_not_wanted_or_no_time_is_left(limits: Limits) -> None:
    outcome = decided(crowd(), limits, NONE if limits.states else None)
    assert Verdict.HOLDS not in verdicts(outcome).values()
    assert any("--property NAME" in note for note in outcome.notes) == (limits.states is None)
