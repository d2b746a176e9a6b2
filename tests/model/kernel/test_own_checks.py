# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Checks that a scenario brings along: called after every step and at the end, with a memory of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.states import States
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from svmcheck.model.kernel.sync.waitqueue import wait_event
from tests.model.kernel.small import explore, failures, sample


class Pair(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.a = 0
        self.b = 0


def _kernel() -> tuple[Kernel, Pair]:
    kernel, pair = Kernel(Config()), Pair()
    kernel.devices.append(pair)
    return kernel, pair


def _failures_in_all_states(setup: Callable[[], World]) -> set[str]:
    strategy = States()
    runtime = Runtime(Greenlets(), strategy)
    found: set[str] = set()
    while strategy.begin(runtime):
        failure = runtime.run(setup).failure
        found |= {failure.check} if failure is not None else set()
    assert not strategy.fault
    return found


def _split_pair() -> World:
    """Between its two writes a task leaves a state in which the check fails; no page ever changes."""
    kernel, pair = _kernel()

    def check() -> None:
        if pair.a != pair.b:
            raise Oops("pair", "a and b differ")

    def task() -> None:
        pair.write("a", 2)
        pair.write("b", 2)

    kernel.checks.append(check)
    sched.spawn("task", task)
    return kernel.world()


def test_a_check_is_called_after_steps_that_change_no_page() -> None:
    assert failures(sample(_split_pair, 1)) == {"pair": "a and b differ"}
    assert _failures_in_all_states(_split_pair) == {"pair"}
    found = explore(_split_pair)[1]
    assert found is not None
    assert found.check == "pair"


def test_a_check_is_called_once_for_each_step() -> None:
    calls: list[int] = []

    def setup() -> World:
        kernel, pair = _kernel()
        calls.clear()
        kernel.checks.append(lambda: calls.append(pair.a))
        sched.spawn("task", lambda: [pair.write("a", n) for n in (1, 2, 3)])
        return kernel.world()

    runs = sample(setup, 1)
    assert calls == [0, 1, 2, 3], "the set-up, and the three writes"
    assert runs[0].steps == 3


def _remembered_by_a_check() -> World:
    """Both orders of two tasks leave the same values: only what the check remembers tells them apart, when a third
    task goes on."""
    kernel, pair = _kernel()
    first: list[int] = []

    def remember() -> None:
        if pair.a and not first:
            first.append(pair.a)

    def finish() -> None:
        if first == [2]:
            raise Oops("order", "2 came first")

    def come(number: int) -> None:
        pair.write("a", number)
        pair.write("a", 0)

    kernel.checks.append(remember)
    kernel.finishes.append(finish)
    return _with_three_tasks(kernel, pair, come)


def _left_to_the_end() -> World:
    """The same, and the tasks themselves leave word of who was first, to be looked at when they are gone."""
    kernel, pair = _kernel()
    first: list[int] = []

    def finish() -> None:
        if first == [2]:
            raise Oops("order", "2 came first")

    def come(number: int) -> None:
        pair.read("a")
        if not first:
            first.append(number)

    kernel.finishes.append(finish)
    return _with_three_tasks(kernel, pair, come)


def _with_three_tasks(kernel: Kernel, pair: Pair, come: Callable[[int], None]) -> World:
    """The third makes the last step, so that no run ends before all the states have met."""

    def task(number: int) -> None:
        come(number)
        sched.point(pair.op("b", sched.WRITE))
        pair.b += 1

    def last() -> None:
        wait_event("the others", (pair.oid, "b"), lambda: pair.b == 2)
        pair.read("a")

    for number in (1, 2):
        sched.spawn(f"task {number}", lambda number=number: task(number))
    sched.spawn("last", last)
    return kernel.world()


@pytest.mark.parametrize("setup", [_remembered_by_a_check, _left_to_the_end])
def test_what_checks_remember_is_part_of_the_state(setup: Callable[[], World]) -> None:
    assert _failures_in_all_states(setup) == {"order"}
