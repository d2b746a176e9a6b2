# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whatever may sleep is an error under a spin lock, page-table locks included, whether or not it would have slept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.gpu.device import DrmDevice
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.access import cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.mmap import mmap
from svmcheck.model.kernel.mm.mmu_notifier import (
    Event,
    NotifierRange,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_read_begin,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import AWAIT, Op
from svmcheck.model.kernel.sync.fence import Fence
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.rwsem import RwSem
from svmcheck.model.kernel.sync.spinlock import SpinLock
from svmcheck.model.kernel.sync.waitqueue import Completion, wait_event, wait_event_timeout
from svmcheck.model.kernel.sync.work import WorkItem, WorkQueue
from svmcheck.model.kernel.sync.ww_mutex import WwAcquireCtx, WwClass, WwMutex
from tests.model.kernel.small import Listener, failures, sample


def _signalled() -> Fence:
    fence = Fence("copy")
    fence.signal()
    return fence


def _completed() -> Completion:
    done = Completion("queued")
    done.complete_all()
    return done


def _ww() -> Callable[[], object]:
    ww_class = WwClass("resv")
    mutex = WwMutex("resv", "bo")
    ctx = WwAcquireCtx(ww_class)
    return lambda: mutex.lock_ctx(ctx)


def _bracket(kernel: Kernel, mm: Mm, blockable: bool) -> Callable[[], object]:
    mmu_interval_notifier_insert(mm, 0, 2, Listener())
    notified = NotifierRange(Event.CLEAR, mm, 0, 1, blockable=blockable)

    def bracket() -> None:
        assert mmu_notifier_invalidate_range_start(notified) == 0
        mmu_notifier_invalidate_range_end(notified)

    return bracket


def _reader(mm: Mm) -> Callable[[], object]:
    sub = mmu_interval_notifier_insert(mm, 0, 2, Listener())
    return lambda: mmu_interval_read_begin(sub)


def _remover(mm: Mm) -> Callable[[], object]:
    sub = mmu_interval_notifier_insert(mm, 0, 2, Listener())
    return lambda: mmu_interval_notifier_remove(sub)


def _folio(mm: Mm) -> Callable[[], object]:
    folio = mm.pte(0).folio
    assert folio is not None
    return folio.lock.lock


MAY_SLEEP: dict[str, Callable[[Kernel, Mm], Callable[[], object]]] = {
    "mutex": lambda kernel, mm: Mutex("m").lock,
    "ww_mutex": lambda kernel, mm: _ww(),
    "down_read": lambda kernel, mm: mm.mmap_lock.down_read,
    "down_write": lambda kernel, mm: mm.mmap_lock.down_write,
    "down_write without preference": lambda kernel, mm: RwSem("rw", writer_preference=False).down_write,
    "folio_lock": lambda kernel, mm: _folio(mm),
    "fence": lambda kernel, mm: _signalled().wait,
    "completion": lambda kernel, mm: _completed().wait,
    "wait_event": lambda kernel, mm: lambda: wait_event("nothing", "key", lambda: True),
    "wait_event_timeout": lambda kernel, mm: lambda: wait_event_timeout("nothing", "key", lambda: True),
    "flush": lambda kernel, mm: WorkItem(WorkQueue("wq"), "work", lambda: None).flush,
    "alloc_page": lambda kernel, mm: kernel.memory.alloc,
    "synchronize_srcu": lambda kernel, mm: DrmDevice("drm").unplug,
    "invalidation": lambda kernel, mm: _bracket(kernel, mm, blockable=True),
    "read_begin": lambda kernel, mm: _reader(mm),
    "notifier_remove": lambda kernel, mm: _remover(mm),
}

MAY_NOT: dict[str, Callable[[Kernel, Mm], Callable[[], object]]] = {
    "trylock": lambda kernel, mm: Mutex("m").trylock,
    "spin_lock": lambda kernel, mm: SpinLock("inner").lock,
    "signal": lambda kernel, mm: Fence("copy").signal,
    "queue": lambda kernel, mm: WorkItem(WorkQueue("wq"), "work", lambda: None).queue,
    "invalidation that may not block": lambda kernel, mm: _bracket(kernel, mm, blockable=False),
}


def _under(make: Callable[[Kernel, Mm], Callable[[], object]], lock_of: Callable[[Mm], SpinLock]) -> dict[str, str]:
    """What fails if one task does it under a spin lock."""

    def setup() -> World:
        kernel, mm = _world()
        act = make(kernel, mm)

        def task() -> None:
            lock = lock_of(mm)
            lock.lock()
            act()
            sched.point(Op("the end", None, AWAIT, lambda: False))  # so that nobody asks what is still held

        sched.spawn("task", task, daemon=True)
        return World([kernel], kernel.check)

    return failures(sample(setup, 1))


def _world() -> tuple[Kernel, Mm]:
    kernel = Kernel(Config())
    mm = kernel.new_mm("mm")
    assert mmap(mm, 0, 2) == 0
    assert cpu_write(mm, 0, 0, b"\1") is None
    return kernel, mm


@pytest.mark.parametrize("what", MAY_SLEEP)
def test_what_may_sleep_is_an_error_under_a_spin_lock(what: str) -> None:
    found = _under(MAY_SLEEP[what], lambda mm: SpinLock("drv->lock"))
    assert list(found) == ["sleep-in-atomic"]
    assert "while it holds the spin lock drv->lock" in found["sleep-in-atomic"]


def test_a_page_table_lock_is_a_spin_lock() -> None:
    assert "spin lock ptl" in _under(MAY_SLEEP["mutex"], lambda mm: mm.ptl)["sleep-in-atomic"]


@pytest.mark.parametrize("what", MAY_NOT)
def test_what_never_sleeps_is_none(what: str) -> None:
    assert _under(MAY_NOT[what], lambda mm: SpinLock("drv->lock")) == {}


def test_after_the_lock_was_given_back_everything_is_allowed() -> None:
    def setup() -> World:
        lock, mutex = SpinLock("a"), Mutex("m")

        def task() -> None:
            with lock, SpinLock("b"):
                pass
            with mutex:
                pass

        sched.spawn("task", task)
        return World([lock, mutex])

    assert failures(sample(setup, 1)) == {}
