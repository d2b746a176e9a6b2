# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_fence`` (drivers/dma-buf/dma-fence.c): none, pending, signalled; waiting is uninterruptible.

For the lock order a fence is a pseudo-lock, as in lockdep: whoever waits for it takes it. ``with fence.signalling():``
marks the code that must get through before it can signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from ..lang import Record, acquired, atomic, demand, pure, released, section, state, wait


class FenceState(Enum):
    NONE = auto()
    PENDING = auto()
    SIGNALLED = auto()


class Fence(Record):
    at = state(FenceState.NONE)

    def submit(self) -> None:
        """A job is submitted: whoever signals it must be able to without any lock its waiters hold."""
        with atomic():
            demand(self.at != FenceState.PENDING, "no-fence-reuse", "a pending fence is submitted again")
            self.at = FenceState.PENDING

    def signal(self) -> None:
        with atomic():
            demand(self.at == FenceState.PENDING, "no-double-signal", "a fence is signalled that is not pending")
            self.at = FenceState.SIGNALLED

    @section
    def signalling(self) -> Iterator[None]:
        """dma_fence_begin_signalling() to dma_fence_end_signalling()."""
        acquired(self, blocking=False)
        yield
        released(self)

    def wait(self) -> None:
        """dma_fence_wait(): no fence, or a signalled one, does not block."""
        self.might_wait()
        wait(self.at != FenceState.PENDING)

    def might_wait(self) -> None:
        """No step: only a wait in the lock-order graph, for the code that signals the fence."""
        acquired(self)
        released(self)

    @pure
    def pending(self) -> bool:
        return self.at == FenceState.PENDING

    @pure
    def quiescent(self) -> bool:
        return self.at != FenceState.PENDING
