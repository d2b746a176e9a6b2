# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Interval notifiers: epochs, readers that wait and retry, subscriptions made and dropped while entries change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.mmu_notifier import (
    Event,
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_check_retry,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_read_begin,
    mmu_interval_read_retry,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from tests.model.kernel.small import Listener, explore, kernel_with


def bracket(mm: Mm, start: int = 0, end: int = 1, blockable: bool = True) -> NotifierRange:
    return NotifierRange(Event.CLEAR, mm, start, end, blockable=blockable)


def sequence(mm: Mm) -> Seq:
    assert mm.subscriptions is not None
    return mm.subscriptions.invalidate_seq


def test_without_subscriptions_nothing_happens() -> None:
    _, mm = kernel_with(1)
    assert mmu_notifier_invalidate_range_start(bracket(mm)) == 0
    mmu_notifier_invalidate_range_end(bracket(mm))
    assert mm.subscriptions is None


def test_the_sequence_is_odd_while_somebody_concerned_invalidates() -> None:
    _, mm = kernel_with(1)
    listener = Listener()
    sub = mmu_interval_notifier_insert(mm, 0, 4, listener)
    assert sequence(mm) == 2
    begun = mmu_interval_read_begin(sub)
    assert not mmu_interval_read_retry(sub, begun)
    mmu_notifier_invalidate_range_start(bracket(mm, 2, 9))
    assert sequence(mm) == 3
    assert len(listener.heard) == 1
    assert mmu_interval_read_retry(sub, begun)
    assert mmu_interval_check_retry(sub, begun)
    mmu_notifier_invalidate_range_start(bracket(mm, 0, 1))
    mmu_notifier_invalidate_range_end(bracket(mm, 2, 9))
    assert sequence(mm) == 3, "a bracket is still open"
    mmu_notifier_invalidate_range_end(bracket(mm, 0, 1))
    assert sequence(mm) == 4
    assert mmu_interval_read_begin(sub) == 3


def test_nobody_concerned_leaves_the_sequence_alone() -> None:
    _, mm = kernel_with(1)
    listener = Listener()
    sub = mmu_interval_notifier_insert(mm, 0, 4, listener)
    begun = mmu_interval_read_begin(sub)
    mmu_notifier_invalidate_range_start(bracket(mm, 4, 9))
    assert sequence(mm) == 2
    assert listener.heard == []
    assert mmu_interval_read_begin(sub) == begun
    mmu_notifier_invalidate_range_end(bracket(mm, 4, 9))


def test_a_reader_waits_only_if_its_callback_has_run_in_this_epoch() -> None:
    """It would block here, where there is no scheduler."""
    _, mm = kernel_with(1)
    sub = mmu_interval_notifier_insert(mm, 0, 4, Listener())
    other = mmu_interval_notifier_insert(mm, 4, 8, Listener())
    mmu_notifier_invalidate_range_start(bracket(mm))
    assert mmu_interval_read_begin(other) != sequence(mm)
    with pytest.raises(Oops, match="would block"):
        mmu_interval_read_begin(sub)


def test_a_subscription_during_an_epoch_is_deferred() -> None:
    _, mm = kernel_with(1)
    mmu_interval_notifier_insert(mm, 0, 4, Listener())
    mmu_notifier_invalidate_range_start(bracket(mm))
    late = Listener()
    sub = mmu_interval_notifier_insert(mm, 0, 4, late)
    assert mm.subscriptions is not None
    assert sub not in mm.subscriptions.tree
    assert sub.invalidate_seq == sequence(mm), "its readers wait until it takes part"
    mmu_notifier_invalidate_range_start(bracket(mm))
    assert late.heard == []
    mmu_notifier_invalidate_range_end(bracket(mm))
    mmu_notifier_invalidate_range_end(bracket(mm))
    assert sub in mm.subscriptions.tree
    mmu_notifier_invalidate_range_start(bracket(mm))
    assert len(late.heard) == 1


def test_a_subscription_under_a_bracket_that_concerned_nobody_begins_an_epoch() -> None:
    _, mm = kernel_with(1)
    mmu_interval_notifier_insert(mm, 50, 54, Listener())
    mmu_notifier_invalidate_range_start(bracket(mm))
    sub = mmu_interval_notifier_insert(mm, 0, 4, Listener())
    assert sub.invalidate_seq == sequence(mm) == 3
    mmu_notifier_invalidate_range_end(bracket(mm))
    assert sequence(mm) == 4


def test_a_deferred_subscription_can_be_dropped_at_once_and_another_waits() -> None:
    _, mm = kernel_with(1)
    sub = mmu_interval_notifier_insert(mm, 0, 4, Listener())
    mmu_notifier_invalidate_range_start(bracket(mm))
    deferred = mmu_interval_notifier_insert(mm, 0, 4, Listener())
    mmu_interval_notifier_remove(deferred)
    with pytest.raises(Oops, match="would block"):
        mmu_interval_notifier_remove(sub)


def test_a_callback_that_may_not_block_can_refuse() -> None:
    _, mm = kernel_with(1)
    first, second = Listener(), Listener(refuses=True)
    mmu_interval_notifier_insert(mm, 0, 4, first)
    mmu_interval_notifier_insert(mm, 0, 4, second)
    assert mmu_notifier_invalidate_range_start(bracket(mm, blockable=False)) < 0
    assert len(first.heard) == 1
    assert mm.subscriptions is not None
    assert mm.subscriptions.active_invalidate_ranges == 0
    assert sequence(mm) == 4


def world(*tasks: Callable[[Mm], None]) -> Callable[[], World]:
    def setup() -> World:
        kernel = Kernel(Config())
        mm = kernel.new_mm("mm")
        mmu_interval_notifier_insert(mm, 0, 4, Listener())
        for i, task in enumerate(tasks):
            sched.spawn(f"task{i}", lambda task=task: task(mm))
        return kernel.world()

    return setup


def invalidate(mm: Mm) -> None:
    mmu_notifier_invalidate_range_start(bracket(mm))
    mmu_notifier_invalidate_range_end(bracket(mm))


def test_readers_and_removers_are_woken_in_every_schedule() -> None:
    def reader(mm: Mm) -> None:
        assert mm.subscriptions is not None
        mmu_interval_read_begin(mm.subscriptions.tree[0])

    def remover(mm: Mm) -> None:
        sub = mmu_interval_notifier_insert(mm, 0, 4, Listener())
        mmu_interval_notifier_remove(sub)

    explored, failure = explore(world(invalidate, invalidate, reader, remover))
    assert failure is None
    assert explored.complete
    assert explored.traces > 20


def test_a_callback_that_waits_for_its_own_end_deadlocks() -> None:
    class Waits(Listener):
        def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
            super().invalidate(sub, notified, seq)
            mmu_interval_read_begin(sub)
            return True

    def setup() -> World:
        kernel = Kernel(Config())
        mm = kernel.new_mm("mm")
        mmu_interval_notifier_insert(mm, 0, 4, Waits())
        sched.spawn("invalidator", lambda: invalidate(mm))
        return kernel.world()

    _, failure = explore(setup)
    assert failure is not None
    assert failure.check in ("deadlock", "lock-order")
