# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dma_fence``: signalled once, waited for without a lock; fences collected in a ``dma_resv`` slot."""

from __future__ import annotations

from collections.abc import Callable

from ..object import Kobject
from ..sched import READ, WRITE, Op, point
from .waitqueue import wait_event


class Fence(Kobject):
    """dma_fence. ``callbacks`` run in the step that signals it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.signalled = False
        self.error = 0
        self.callbacks: list[Callable[[], None]] = []
        self.key = (self.oid, "signalled")
        self._signal_op = Op(f"signal {name}", self.key, WRITE)
        self._test_op = Op(f"test {name}", self.key, READ)

    def signal(self, error: int = 0) -> None:
        """dma_fence_signal()."""
        point(self._signal_op)
        if not self.signalled:
            self.signalled = True
            self.error = error
            for callback in self.callbacks:
                callback()

    def is_signalled(self) -> bool:
        point(self._test_op)
        return self.signalled

    def _is(self) -> bool:
        return self.signalled

    def wait(self) -> int:
        """dma_fence_wait(), uninterruptible; returns the fence's error."""
        wait_event(self.name, self.key, self._is)
        return self.error
