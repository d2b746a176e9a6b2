# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_resv`` (drivers/dma-buf/dma-resv.c): the lock of a buffer object or VM, and the fences of work on it.

The lock is a ww_mutex, in the kernel of reservation_ww_class: see ww_mutex.py. Fences enter under it, into slots
reserved before. They leave by being signalled; waiting for them and testing them takes no lock.

The fences are of a ``pool(Fence, n)`` of the world. A fence that was freed counts as signalled, since a reservation
keeps a reference of its own in the kernel; so free it when it is signalled, and allocate another for the next job. One
that is submitted again instead is pending again to every reservation that still lists it.
"""

from __future__ import annotations

from enum import Enum, auto

from ..lang import alive, array, atomic, bounded, demand, me, null, pure, ref, state, wait
from .fence import Fence, FenceState
from .ww_mutex import WwMutex

MOST_FENCES = 4  # pending in one reservation; more is a violation of ``bounds``. wait() has a local for each


class Usage(Enum):
    """``enum dma_resv_usage``: who asks for one asks for all before it."""

    KERNEL = auto()
    WRITE = auto()
    READ = auto()
    BOOKKEEP = auto()


@pure
def unsignaled(fence: Fence) -> bool:
    return alive(fence) and fence.unsignalled()


@pure
def includes(asked: Usage, usage: Usage) -> bool:
    """Whether who asks for the first is given the second too."""
    return (
        usage == asked
        or usage == Usage.KERNEL
        or asked == Usage.BOOKKEEP
        or (usage == Usage.WRITE and asked == Usage.READ)
    )


class DmaResv(WwMutex):
    fences = array(MOST_FENCES, ref(Fence))
    usages = array(MOST_FENCES, state(Usage.KERNEL))
    reserved = bounded(0, MOST_FENCES)  # slots promised until the lock is given back

    def reserve_fences(self, number: int) -> None:
        """dma_resv_reserve_fences(): after it, so many fences can be added without allocating memory."""
        with atomic():
            demand(self.owner == me(), "no-reservation-misuse", "slots are reserved without the lock")
            self.reserved = max(self.reserved, number)

    def add_fence(self, fence: Fence, usage: Usage) -> None:
        """dma_resv_add_fence(): signalled fences make room, a fence that is listed keeps the stronger usage."""
        with atomic():
            demand(self.owner == me(), "no-reservation-misuse", "a fence is added without the lock")
            demand(self.reserved > 0, "no-reservation-misuse", "a fence is added for which no slot was reserved")
            demand(fence.at != FenceState.NONE, "no-reservation-misuse", "a fence is added that was never submitted")
            self.reserved = self.reserved - 1
            for i in range(MOST_FENCES):
                self.fences[i] = self.fences[i] if unsignaled(self.fences[i]) else null
                listed = self.fences[i] == fence and includes(self.usages[i], usage)
                self.usages[i] = usage if listed else self.usages[i]
            if any(self.fences[i] == fence for i in range(MOST_FENCES)):
                return
            for i in range(MOST_FENCES):
                if self.fences[i] == null:
                    self.fences[i] = fence
                    self.usages[i] = usage
                    return
            demand(self.reserved < 0, "bounds", "too many fences of one reservation are pending")

    def wait(self, usage: Usage) -> None:
        """dma_resv_wait_timeout(), for ever: until all that are there now, of this usage and before, are signalled.

        The kernel lists them, and waits for one after the other; fences that are added meanwhile it may wait for too,
        but promises nothing of them.
        """
        with atomic():
            first = self.asked(0, usage)
            second = self.asked(1, usage)
            third = self.asked(2, usage)
            fourth = self.asked(3, usage)
            first.might_wait()
        wait(not unsignaled(first) and not unsignaled(second) and not unsignaled(third) and not unsignaled(fourth))

    @pure
    def asked(self, slot: int, usage: Usage) -> Fence:
        return self.fences[slot] if includes(usage, self.usages[slot]) else null

    @pure
    def test_signaled(self, usage: Usage) -> bool:
        """dma_resv_test_signaled()"""
        return all(not unsignaled(self.fences[i]) or not includes(usage, self.usages[i]) for i in range(MOST_FENCES))

    def before_unlock(self) -> None:
        self.reserved = 0
