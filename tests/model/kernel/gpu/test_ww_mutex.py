# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Tickets resolve what plain mutexes deadlock on; drm_exec backs off with nothing held."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.gpu.dma_resv import BOOKKEEP, KERNEL, READS, DmaResv, DrmExec
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from svmcheck.model.kernel.sync.fence import Fence
from svmcheck.model.kernel.sync.ww_mutex import WwAcquireCtx, WwClass


def runs(build: Callable[[], World], number: int = 200) -> list[Run]:
    strategy = RandomWalk(1, number)
    runtime = Runtime(Greenlets(), strategy, 500)
    done: list[Run] = []
    while strategy.begin(runtime):
        done.append(runtime.run(build))
    return done


def test_opposite_orders_are_resolved_by_tickets() -> None:
    backed_off: set[bool] = set()

    def build() -> World:
        ww_class = WwClass("class")
        a, b, c = (DmaResv(name) for name in "abc")

        def task(order: list[DmaResv]) -> None:
            asked = 0

            def wanted() -> list[DmaResv]:
                nonlocal asked
                asked += 1
                return order

            with DrmExec(ww_class) as exec:
                exec.until_all_locked(wanted)
                backed_off.add(asked > 1)
                assert all(resv.lock.held() for resv in order)

        for i, order in enumerate(([a, b, c], [c, b, a], [b, c, a])):
            sched.spawn(f"task {i}", lambda order=order: task(order))
        return World([a, b, c])

    assert {(run.end, run.failure) for run in runs(build)} == {("done", None)}
    assert backed_off == {False, True}


def test_without_tickets_the_same_orders_deadlock() -> None:
    def build() -> World:
        a, b = DmaResv("a"), DmaResv("b")

        def task(first: DmaResv, second: DmaResv) -> None:
            first.lock.lock()
            second.lock.lock(nested=True)
            second.lock.unlock()
            first.lock.unlock()

        sched.spawn("one", lambda: task(a, b))
        sched.spawn("other", lambda: task(b, a))
        return World([a, b])

    assert "deadlock" in {run.failure.check for run in runs(build) if run.failure}


def test_the_older_waits_and_the_younger_backs_off() -> None:
    sched.install(None)
    ww_class = WwClass("class")
    old, young = WwAcquireCtx(ww_class), WwAcquireCtx(ww_class)
    assert old.older_than(young)
    assert not young.older_than(old)
    old.fini()
    young.fini()
    assert ww_class.contexts == []


def test_a_context_that_holds_something_cannot_end() -> None:
    sched.install(None)
    ctx = WwAcquireCtx(WwClass("class"))
    assert DmaResv("a").lock.lock_ctx(ctx) == 0
    with pytest.raises(Oops, match="1 mutexes"):
        ctx.fini()


def test_waiting_for_fences_by_usage() -> None:
    sched.install(None)
    resv = DmaResv("a")
    copy, bind = Fence("copy"), Fence("bind")
    resv.lock.lock()
    resv.add_fence(copy, KERNEL)
    resv.add_fence(bind, BOOKKEEP)
    copy.signal()
    resv.wait(READS)  # would block on the bind, which is of a later usage
    with pytest.raises(Oops, match="would block"):
        resv.wait(BOOKKEEP)
    bind.signal()
    resv.wait(BOOKKEEP)
    resv.lock.unlock()
    with pytest.raises(Oops, match="without the lock"):
        resv.add_fence(copy, KERNEL)
