# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The strategies that sample: runs of a seed do not depend on each other, and each finds what it is good at.

Seeds are fixed, so that nothing here is a matter of luck: a strategy that gets worse at these programs fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.fair_pct import FairPct
from svmcheck.checker.schedule.strategies.pct import Pct
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.checker.schedule.strategies.sampling import Sampling
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from svmcheck.model.kernel.sync.atomic import Atomic

Maker = Callable[[int, int], Sampling]
ALL: list[Maker] = [RandomWalk, Pos, Pct, FairPct]


class Cell(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0


def adders(steps: int) -> Callable[[], World]:
    """Two tasks that add to the same number ``steps`` times each."""

    def setup() -> World:
        number = Atomic("number")

        def body() -> None:
            for _ in range(steps):
                number.add(1)

        sched.spawn("one", body)
        sched.spawn("other", body)
        return World([])

    return setup


def late_order() -> World:
    """A bug of depth 2: a long task reads x before, and y after, a short one wrote both."""
    x, y, noise = Cell(), Cell(), Atomic("noise")

    def short() -> None:
        x.write("value", 1)
        y.write("value", 1)

    def long() -> None:
        for _ in range(20):
            noise.add(1)
        if x.read("value") == 0 and y.read("value") == 1:
            raise Oops("order", "the short task began and ended between two steps of the long one")

    sched.spawn("long", long)
    sched.spawn("short", short)
    return World([])


def runs(strategy: Sampling, setup: Callable[[], World], most_steps: int = 2000) -> Iterator[Run]:
    runtime = Runtime(Greenlets(), strategy, most_steps)
    while strategy.begin(runtime):
        run = runtime.run(setup)
        if strategy.number >= 0:
            yield run


def first_failure(strategy: Sampling, setup: Callable[[], World]) -> int:
    """The number of the first run that fails."""
    return next((number for number, run in enumerate(runs(strategy, setup)) if run.failure is not None), -1)


@pytest.mark.parametrize("make", ALL)
def test_runs_do_not_depend_on_the_runs_before(make: Maker) -> None:
    whole = list(runs(make(7, 12), adders(6)))
    assert len(whole) == 12
    assert len({run.schedule for run in whole}) > 4
    later = make(7, 12)
    later.done = 8
    assert list(runs(later, adders(6))) == whole[8:]
    assert list(runs(make(8, 12), adders(6))) != whole


@pytest.mark.parametrize("make", ALL)
def test_the_environment_gives_every_answer(make: Maker) -> None:
    seen: set[int] = set()

    def setup() -> World:
        sched.spawn("ask", lambda: seen.add(sched.choose(3, "which")))
        return World([])

    assert len(list(runs(make(1, 20), setup))) == 20
    assert seen == {0, 1, 2}


def test_a_random_walk_does_not_see_what_priorities_see() -> None:
    """The short task has to wait for twenty steps of the long one and then go through: one toss of priorities and a
    change or two, or twenty tosses of a coin. The bound of PCT is 1 in 48 runs once the horizon is right."""
    assert first_failure(RandomWalk(1, 400), late_order) == -1
    for strategy in (Pos(1, 400), Pct(1, 400, depth=2), FairPct(1, 400, depth=2)):
        assert 0 <= first_failure(strategy, late_order) < 200, strategy.name


def test_pct_without_changes_only_orders_the_tasks() -> None:
    schedules = {run.schedule for run in runs(Pct(3, 20, depth=1), adders(3))}
    assert schedules == {(1, 1, 1, 2, 2, 2), (2, 2, 2, 1, 1, 1)}


def test_each_change_of_pct_costs_at_most_one_switch_more() -> None:
    for depth in (2, 3, 4):
        for run in runs(Pct(depth, 30, depth), adders(6)):
            switches = sum(a != b for a, b in zip(run.schedule, run.schedule[1:], strict=False))
            assert switches <= depth


def test_pct_takes_its_measure_once_and_the_same_for_all_seeds() -> None:
    for seed in (1, 2):
        strategy = Pct(seed, 3)
        list(runs(strategy, adders(5)))
        assert strategy.steps == 10
    assert list(runs(Pct(1, 3, steps=10), adders(5))) == list(runs(Pct(1, 3), adders(5)))


def spinning() -> World:
    """One task spins until the other says so, which takes it some steps."""
    flag, work = Cell(), Atomic("work")

    def spin() -> None:
        while flag.read("value") == 0:
            pass

    def finish() -> None:
        for _ in range(10):
            work.add(1)
        flag.write("value", 1)

    sched.spawn("spin", spin)
    sched.spawn("finish", finish)
    return World([])


@pytest.mark.parametrize("make", [RandomWalk, Pos, FairPct])
def test_fair_strategies_end_where_a_task_spins(make: Maker) -> None:
    assert {run.end for run in runs(make(1, 40), spinning)} == {"done"}


def test_pct_is_not_fair() -> None:
    assert "long" in {run.end for run in runs(Pct(1, 40), spinning)}
