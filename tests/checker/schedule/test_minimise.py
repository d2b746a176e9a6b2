# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Quality of minimised schedules: how few slices and steps each known failure comes down to, from wherever it began."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.counterexample import of_failure
from svmcheck.checker.schedule.minimise import minimise
from svmcheck.checker.schedule.plan import Guided, Noted, Plan, Slice, plan, slices
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statespace import Decision, flat
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.checker.schedule.strategies.replay import Replay
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, one_run

DECISIONS = st.lists(st.one_of(st.tuples(st.integers(1, 3)), st.tuples(st.integers(1, 3), st.integers(0, 2))))


@pytest.mark.parametrize(
    ("found", "check", "most"),
    [
        (chosen(miniature.OPPOSITE), "lock-order", (2, 10)),
        (chosen(miniature.OPPOSITE), "deadlock", (2, 5)),
        (chosen(miniature.RACE), "data-coherence", (3, 4)),
        (chosen(miniature.RACE, threads=4), "data-coherence", (5, 8)),
        (chosen(miniature.CHOICE), "sigbus", (1, 3)),
    ],
)
def test_a_failure_shrinks_to_few_slices(found: Chosen, check: str, most: tuple[int, int]) -> None:
    """At most so many slices and steps, for every failing run of a sample."""
    walk = RandomWalk(7, 120)
    runtime = Runtime(make_backend("greenlets"), walk)
    failures = 0
    while walk.begin(runtime):
        runtime.strategy = walk
        run = runtime.run(found.setup)
        if run.failure is not None and run.failure.check == check:
            failures += 1
            _, shown = of_failure(found, runtime, run)
            decisions = shown.recorded.decisions
            assert (len(slices(decisions)), len(decisions)) <= most
            again = one_run(found, Replay(flat(decisions)))
            assert again.failure is not None
            assert again.failure.check == check
    assert failures


@given(DECISIONS)
def test_a_plan_has_all_that_decisions_say(decisions: list[Decision]) -> None:
    found = plan(decisions)
    assert sum(part.points for part in found.slices) == len(decisions)
    assert all(a.task != b.task for a, b in zip(found.slices, found.slices[1:], strict=False))
    for task in (1, 2, 3):
        values = tuple(d[1] for d in decisions if d[0] == task and len(d) > 1)
        assert found.values.get(task, ()) == values


@given(DECISIONS.filter(bool), st.integers(0, 10**6))
def test_what_is_found_still_shows_it_and_costs_no_more(decisions: list[Decision], seed: int) -> None:
    """The property to keep: some task makes at least as many steps as its number. Every plan can be run as it is."""
    wanted = decisions[seed % len(decisions)][0]
    needed = min(wanted, sum(d[0] == wanted for d in decisions))

    def attempt(candidate: Plan, most: int) -> tuple[list[Decision], bool]:
        left = {task: list(values) for task, values in candidate.values.items()}
        made = [(s.task,) for s in candidate.slices for _ in range(s.points)][:most]
        assert all(s.points > 0 for s in candidate.slices)
        assert all(len(values) <= len(plan(decisions).values[task]) for task, values in left.items())
        return list(made), sum(d[0] == wanted for d in made) >= needed

    best = minimise(decisions, attempt)
    assert sum(d[0] == wanted for d in best) >= needed
    assert plan(best).cost <= plan(decisions).cost
    assert len(slices(best)) == 1
    assert len(best) == needed


def test_a_guided_run_goes_on_without_interruption_after_its_plan() -> None:
    found = chosen(miniature.OPPOSITE)
    guided = Guided(Plan((Slice(2, 1),), {}), 100)
    run = one_run(found, guided)
    assert run.failure is not None
    assert run.failure.check == "lock-order"
    assert [part.task for part in slices(guided.decisions)] == [2, 1]


def test_a_guided_run_ends_where_it_is_told_to() -> None:
    guided = Guided(Plan((), {}), 3)
    assert one_run(chosen(miniature.OPPOSITE), guided).end == "abandoned"
    assert len(guided.decisions) == 3
    assert not guided.reached


def test_decisions_of_the_environment_are_told_from_tasks() -> None:
    noted = Noted(Replay((1, 1, 1, 0, 1, 1)))
    run = one_run(chosen(miniature.CHOICE), noted)
    assert noted.decisions == [(1, 1), (1, 0), (1, 1)]
    assert flat(noted.decisions) == run.schedule
