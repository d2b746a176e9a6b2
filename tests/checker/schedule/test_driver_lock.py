# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The livelock of a driver lock in migrate_to_ram(), found in the executable kernel by search, with its grades."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.plan import slices
from svmcheck.checker.schedule.request import choose
from svmcheck.checker.schedule.results import results
from svmcheck.checker.schedule.session import Session, Wish, run_session
from svmcheck.specs.verdict import Grade, Verdict


def explored(generation: str, driver_lock: bool, urgent: bool, strategy: str = "states") -> Session:
    options = {"generation": generation, "driver_lock": str(driver_lock), "urgent_refault": str(urgent)}
    return run_session(choose("cpu-fault", options), Wish(strategy, runs=400))


@pytest.mark.parametrize(("urgent", "grade"), [(True, Grade.INEVITABLE), (False, Grade.ADVERSARIAL)])
def test_threads_take_turns_with_the_lock_and_never_get_done(urgent: bool, grade: Grade) -> None:
    first = explored("g1", driver_lock=True, urgent=urgent).violations[0]
    assert (first.property, first.grade) == ("fault-completes", grade)
    assert first.counterexample is not None
    recorded = first.counterexample.recorded
    assert recorded.loop is not None
    loop = slices(recorded.decisions[recorded.loop :])
    assert len(loop) <= 12
    assert {part.task for part in loop} == {1, 2}


def test_a_sample_falls_into_it_too() -> None:
    first = explored("g1", driver_lock=True, urgent=True, strategy="random").violations[0]
    assert (first.property, first.grade) == ("fault-completes", Grade.INEVITABLE)


@pytest.mark.parametrize("generation", ["g2", "g3"])
@pytest.mark.parametrize("urgent", [True, False])
def test_later_generations_hold_with_the_lock_in_every_state(generation: str, urgent: bool) -> None:
    found = results(explored(generation, driver_lock=True, urgent=urgent))
    assert {result.verdict for result in found} == {Verdict.HOLDS}
