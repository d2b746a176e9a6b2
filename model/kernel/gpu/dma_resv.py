# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_resv`` (drivers/dma-buf/dma-resv.c) and ``drm_exec`` (drivers/gpu/drm/drm_exec.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from errno import EALREADY, EDEADLK
from typing import Final

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Op, point
from ..sync import lockdep
from ..sync.fence import Fence
from ..sync.ww_mutex import WwAcquireCtx, WwClass, WwMutex

KERNEL: Final = 0  # memory management: copies, clears
WRITES: Final = 1
READS: Final = 2
BOOKKEEP: Final = 3  # binds and other work that no user waits for implicitly


class DmaResv(Kobject):
    """The lock of a buffer object or VM, and the fences of the work on it. ``fences``: (fence, usage)."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.lock = WwMutex("reservation_ww_class_mutex", name)
        self.fences: list[tuple[Fence, int]] = []
        key = (self.oid, "fences")
        self._add_op = Op(f"dma_resv_add_fence {name}", key, WRITE)
        self._list_op = Op(f"list fences of {name}", key, READ)

    def __repr__(self) -> str:
        return self.lock.name

    def add_fence(self, fence: Fence, usage: int) -> None:
        """dma_resv_add_fence(): signalled fences make room."""
        lockdep.assert_held(self.lock, f"dma_resv_add_fence() without the lock of {self!r}")
        point(self._add_op)
        self.fences = [entry for entry in self.fences if not _is_signalled(entry[0])]
        self.fences.append((fence, usage))

    def wait(self, usage: int) -> None:
        """dma_resv_wait_timeout(.., MAX_SCHEDULE_TIMEOUT): all fences up to ``usage``; takes no lock."""
        point(self._list_op)
        for fence, of in list(self.fences):
            if of <= usage and not _is_signalled(fence):
                fence.wait()


def _is_signalled(fence: Fence) -> bool:
    """dma_fence_is_signaled(), in the step of the caller."""
    sched.also(fence.key, READ)
    return fence.signalled


class DrmExec(Kobject):
    """drm_exec: locks any set of reservations, backing off when a ticket loses. ``with`` unlocks them."""

    def __init__(self, ww_class: WwClass) -> None:
        super().__init__()
        self.ctx = WwAcquireCtx(ww_class)
        self.locked: list[DmaResv] = []

    def until_all_locked(self, wanted: Callable[[], Iterable[DmaResv]]) -> None:
        """drm_exec_until_all_locked(): ``wanted`` is asked again after each back-off, for it may have changed."""
        contended: DmaResv | None = None
        while True:
            if contended is not None:
                contended.lock.lock_slow(self.ctx)
                self.locked.append(contended)
            contended = self._try(wanted())
            if contended is None:
                return
            self.unlock_all()

    def _try(self, wanted: Iterable[DmaResv]) -> DmaResv | None:
        """The reservation that said -EDEADLK, if one did."""
        for resv in wanted:
            err = resv.lock.lock_ctx(self.ctx)
            if err == -EDEADLK:
                return resv
            if err != -EALREADY:
                self.locked.append(resv)
        return None

    def unlock_all(self) -> None:
        while self.locked:
            self.locked.pop().lock.unlock()

    def __enter__(self) -> DrmExec:
        return self

    def __exit__(self, *_: object) -> None:
        """drm_exec_fini()."""
        self.unlock_all()
        self.ctx.fini()
