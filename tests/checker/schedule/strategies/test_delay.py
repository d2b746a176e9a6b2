# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Delay bounding: every run within the bound once, the simplest first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.delay import DelayBound
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sync.atomic import Atomic
from tests.checker.schedule.strategies.random_programs import BruteForce


def adders(steps: tuple[int, ...]) -> Callable[[], World]:
    """Tasks that add to a number so many times each."""

    def setup() -> World:
        number = Atomic("number")

        def body(times: int) -> None:
            for _ in range(times):
                number.add(1)

        for times in steps:
            sched.spawn("adder", lambda times=times: body(times))
        return World([])

    return setup


def choosing() -> World:
    def ask() -> None:
        for _ in range(3):
            sched.choose(3, "which")

    sched.spawn("ask", ask)
    return World([])


def runs(strategy: DelayBound | BruteForce, setup: Callable[[], World], most_steps: int = 1000) -> list[Run]:
    runtime = Runtime(Greenlets(), strategy, most_steps)
    found: list[Run] = []
    while strategy.begin(runtime):
        found.append(runtime.run(setup))
    return found


def delays(schedule: tuple[int, ...], steps: tuple[int, ...]) -> int:
    """How many tasks were passed over, counted from the definition: a circle of those that have steps left."""
    left = dict(enumerate(steps, 1))
    spent, last = 0, 1
    for task in schedule:
        able = [number for number in left if left[number] > 0]
        circle = [n for n in able if n >= last] + [n for n in able if n < last]
        spent += circle.index(task)
        left[task] -= 1
        last = task
    return spent


@pytest.mark.parametrize("steps", [(3, 3), (2, 2, 2), (4, 1, 2)])
@pytest.mark.parametrize("bound", [0, 1, 2, 3])
def test_exactly_the_runs_within_the_bound(steps: tuple[int, ...], bound: int) -> None:
    strategy = DelayBound(bound)
    found = [run.schedule for run in runs(strategy, adders(steps))]
    everything = {run.schedule for run in runs(BruteForce(), adders(steps))}
    assert len(set(found)) == len(found)
    assert set(found) == {schedule for schedule in everything if delays(schedule, steps) <= bound}
    spent = [delays(schedule, steps) for schedule in found]
    assert all(a <= b for a, b in pairwise(spent)), "the simplest come first"
    assert strategy.complete


def test_an_answer_of_the_environment_costs_one_delay_whichever_it_is() -> None:
    assert len(runs(DelayBound(0), choosing)) == 1
    assert len(runs(DelayBound(1), choosing)) == 1 + 3 * 2
    assert len(runs(DelayBound(2), choosing)) == 1 + 3 * 2 + 3 * 4
    assert len(runs(DelayBound(3), choosing)) == 27


def test_not_complete_before_the_end_nor_with_runs_cut_off() -> None:
    strategy = DelayBound(1)
    strategy.begin(Runtime(Greenlets(), strategy))
    assert not strategy.complete
    strategy = DelayBound(1)
    runs(strategy, adders((3, 3)), most_steps=4)
    assert strategy.long > 0
    assert not strategy.complete


def test_a_scenario_that_is_not_the_same_twice_is_told() -> None:
    times = [0]

    def setup() -> World:
        times[0] += 1
        return adders((2, 2) if times[0] > 1 else (2, 2, 2))()

    strategy = DelayBound(2)
    runs(strategy, setup)
    assert "the same decisions" in strategy.fault
    assert not strategy.complete
