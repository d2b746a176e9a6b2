# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_fence`` (drivers/dma-buf/dma-fence.c): none, pending, signalled; waiting is uninterruptible."""

from __future__ import annotations

from enum import Enum, auto

from ..lang import Record, atomic, demand, pure, state, wait


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

    def wait(self) -> None:
        """dma_fence_wait(): no fence, or a signalled one, does not block."""
        wait(self.at != FenceState.PENDING)

    @pure
    def pending(self) -> bool:
        return self.at == FenceState.PENDING

    @pure
    def quiescent(self) -> bool:
        return self.at != FenceState.PENDING
