# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The native engine on random programs: against the reference engine, and against itself with more threads."""

from __future__ import annotations

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.verdicts import needs_graph
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from tests.checker.native.together import EAGER, QUICK, outcomes
from tests.random_ir import random_program

BATCH = 50  # programs in one compilation
MOST_STATES = 1000  # larger programs are left out: the reference engine would take most of the time


def by_reference(program: Program) -> Outcome | None:
    """The reference engine's outcome, or None if the program is too large for it."""
    limits = Limits(states=MOST_STATES)
    outcome = ReferenceEngine().decide(program, properties(program), limits, lambda tick: None)
    return None if outcome.states >= MOST_STATES else outcome


def summary(outcome: Outcome, program: Program) -> tuple[object, ...]:
    """What has to be the same. Of several shortest runs an engine may show any, and of fair cycles any short one."""
    results = [
        (r.property, r.verdict, r.grade, r.assumptions, None if needs_graph(claim) else r.depth)
        for r, claim in zip(outcome.results, properties(program), strict=True)
    ]
    return outcome.states, outcome.transitions, outcome.depth, outcome.coverage, results


@pytest.mark.parametrize(("first", "flags"), [(0, QUICK), (50, QUICK), (100, QUICK), (150, ("-O1",))])
def test_agrees_with_the_reference(first: int, flags: tuple[str, ...]) -> None:
    seeds = range(first, first + BATCH)
    written = {seed: random_program(seed, checks=seed % 2 == 0, wide=seed >= 100) for seed in seeds}
    expected = {seed: outcome for seed, program in written.items() if (outcome := by_reference(program))}
    programs = [written[seed] for seed in expected]
    assert len(programs) > BATCH / 2
    for (seed, reference), native in zip(expected.items(), outcomes(programs, flags=flags), strict=True):
        assert summary(native, written[seed]) == summary(reference, written[seed]), f"seed {seed}"


def test_threads_change_nothing() -> None:
    programs = [p for seed in range(500, 530) if by_reference(p := random_program(seed, checks=True))]
    one, three = outcomes(programs, 1, EAGER), outcomes(programs, 3, EAGER)
    for program, alone, together in zip(programs, one, three, strict=True):
        assert summary(alone, program) == summary(together, program)
        assert [r.trace for r in alone.results] == [r.trace for r in together.results]
