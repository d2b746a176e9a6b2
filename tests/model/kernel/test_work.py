# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Work items of the executable kernel: which run flush_work() waits for."""

from __future__ import annotations

from collections.abc import Callable

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sync.atomic import Atomic
from svmcheck.model.kernel.sync.work import WorkItem, WorkQueue
from tests.model.kernel.small import explore


def ended_at_return(body: Callable[[WorkItem, Atomic], int], again: int) -> set[int]:
    """What ``body`` returns in some order of steps, of an item that queues itself so many times more."""
    seen: set[int] = set()

    def setup() -> World:
        queue, ended = WorkQueue("events"), Atomic("ended")

        def run() -> None:
            if ended.value < again:
                item.queue()
            ended.add(1)

        item = WorkItem(queue, "item", run)
        sched.spawn("flusher", lambda: seen.add(body(item, ended)))
        return World([queue, item, ended])

    explored, failure = explore(setup)
    assert failure is None
    assert explored.traces > 0
    return seen


def flush(item: WorkItem, ended: Atomic) -> int:
    item.queue()
    item.flush()
    return ended.get_value()


def test_one_run_is_waited_for() -> None:
    assert ended_at_return(flush, 0) == {1}


def test_runs_that_are_asked_for_later_are_not() -> None:
    """Flushed before the first run queues the next, or afterwards."""
    assert ended_at_return(flush, 1) == {1, 2}


def test_the_run_that_is_asked_for_is_not_the_one_that_goes_on() -> None:
    """Queued a second time, before or after the first run."""

    def body(item: WorkItem, ended: Atomic) -> int:
        item.queue()
        twice = item.queue()
        item.flush()
        return ended.get_value() - twice

    assert ended_at_return(body, 0) == {1}


def test_there_may_be_nothing_to_wait_for() -> None:
    def body(item: WorkItem, ended: Atomic) -> int:
        idle = item.flush()
        item.queue()
        first = item.flush()
        second = item.flush()
        assert not idle
        assert not second
        return 10 * first + ended.get_value()

    assert ended_at_return(body, 0) == {1, 11}
