# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct work_struct``: an item runs on a worker of its queue, one at a time and in order."""

from __future__ import annotations

from collections.abc import Callable

from .. import sched
from ..object import Kobject
from ..sched import AWAIT, WRITE, Op, point
from .waitqueue import wait_event


class WorkQueue(Kobject):
    """An ordered workqueue with one worker, a daemon task that rests while nothing is queued."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.items: list[WorkItem] = []
        self.running: WorkItem | None = None
        self.key = (self.oid, "items")
        self._take_op = Op(f"{name}: take work", self.key, AWAIT, self._any)
        self._done_op = Op(f"{name}: work done", self.key, WRITE)
        self.worker = sched.spawn(name, self._work, daemon=True)

    def _any(self) -> bool:
        return bool(self.items)

    def _work(self) -> None:
        while True:
            point(self._take_op)
            sched.also(self.key, WRITE)
            item = self.items.pop(0)
            item.queued = False
            self.running = item
            item.function()
            point(self._done_op)
            self.running = None


class WorkItem(Kobject):
    """queue_work() does nothing if the item is queued already; it may be queued again while it runs."""

    def __init__(self, queue: WorkQueue, name: str, function: Callable[[], None]) -> None:
        super().__init__()
        self.queue_on = queue
        self.name = name
        self.function = function
        self.queued = False
        self._queue_op = Op(f"queue {name}", queue.key, WRITE)

    def queue(self) -> bool:
        point(self._queue_op)
        if self.queued:
            return False
        self.queued = True
        self.queue_on.items.append(self)
        return True

    def _idle(self) -> bool:
        return not self.queued and self.queue_on.running is not self

    def flush(self) -> None:
        """flush_work(): until it neither waits nor runs."""
        wait_event(f"{self.name} to finish", self.queue_on.key, self._idle)
