# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_fence`` (drivers/dma-buf/dma-fence.c): none, unsignalled, signalled; waiting is uninterruptible.

A fence that nobody made yet keeps nobody waiting, as a pointer that is still NULL. From dma_fence_init() on it is
unsignalled, submitted or not: where somebody may find it before the job is submitted, say ``init()`` first.

For the lock order a fence is a pseudo-lock, as in lockdep: whoever waits for it takes it. ``with fence.signalling():``
marks the code that must get through before it can signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from ..lang import Record, acquired, atomic, demand, pure, released, section, state, wait


class FenceState(Enum):
    NONE = auto()
    INITIALISED = auto()
    PENDING = auto()
    SIGNALLED = auto()


class Fence(Record):
    at = state(FenceState.NONE)

    def init(self) -> None:
        """dma_fence_init(): whoever waits for it waits, from now on, also for a job that is never submitted."""
        with atomic():
            demand(not self.unsignalled(), "no-fence-reuse", "a fence is initialised that is not signalled yet")
            self.at = FenceState.INITIALISED

    def submit(self) -> None:
        """A job is submitted: whoever signals it must be able to without any lock its waiters hold."""
        with atomic():
            demand(self.at != FenceState.PENDING, "no-fence-reuse", "a pending fence is submitted again")
            self.at = FenceState.PENDING

    def signal(self) -> None:
        """dma_fence_signal(), where it must be the first time."""
        with atomic():
            demand(self.unsignalled(), "no-double-signal", "a fence is signalled that is not pending")
            self.at = FenceState.SIGNALLED

    def try_signal(self) -> bool:
        """dma_fence_signal(), where others may have been first, which it allows: true for the first."""
        with atomic():
            demand(self.at != FenceState.NONE, "no-signal-before-submit", "a fence is signalled that nobody made yet")
            if self.at == FenceState.SIGNALLED:
                return False
            self.at = FenceState.SIGNALLED
            return True

    @section
    def signalling(self) -> Iterator[None]:
        """dma_fence_begin_signalling() to dma_fence_end_signalling()."""
        acquired(self, blocking=False)
        yield
        released(self)

    def wait(self) -> None:
        """dma_fence_wait(): no fence, or a signalled one, does not block."""
        self.might_wait()
        wait(not self.unsignalled())

    def might_wait(self) -> None:
        """No step: only a wait in the lock-order graph, for the code that signals the fence."""
        acquired(self)
        released(self)

    @pure
    def pending(self) -> bool:
        """Whether a job was submitted that has not signalled: what whoever runs it waits for."""
        return self.at == FenceState.PENDING

    @pure
    def unsignalled(self) -> bool:
        """not dma_fence_is_signaled(), of a fence that was made: what keeps ``wait()`` waiting."""
        return self.at == FenceState.INITIALISED or self.at == FenceState.PENDING

    @pure
    def quiescent(self) -> bool:
        return not self.unsignalled()
