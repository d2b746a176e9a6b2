# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct work_struct``: an item runs on a worker of its queue, one at a time and in order."""

from __future__ import annotations

from collections.abc import Callable

from .. import sched
from ..object import Kobject
from ..sched import AWAIT, WRITE, Op, Task, point
from . import lockdep
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
            item.behind_running, item.behind_queued = item.behind_queued, []
            self.running = item
            item.function()
            point(self._done_op)
            self.running = None
            item.behind_running = []


class WorkItem(Kobject):
    """queue_work() does nothing if the item is queued already; it may be queued again while it runs."""

    def __init__(self, queue: WorkQueue, name: str, function: Callable[[], None]) -> None:
        super().__init__()
        self.queue_on = queue
        self.name = name
        self.function = function
        self.queued = False
        self.behind_queued: list[Task] = []  # who waits for the run that it is queued for
        self.behind_running: list[Task] = []  # who waits for the run that goes on
        self._queue_op = Op(f"queue {name}", queue.key, WRITE)
        self._flush_op = Op(f"flush {name}", queue.key, WRITE)

    def queue(self) -> bool:
        point(self._queue_op)
        if self.queued:
            return False
        self.queued = True
        self.queue_on.items.append(self)
        return True

    def flush(self) -> bool:
        """flush_work(): until the run ends that it was queued for last, as of now. False if that has ended."""
        lockdep.might_sleep(self._flush_op.name)
        point(self._flush_op)
        task = sched.current()
        if self.queued:
            self.behind_queued.append(task)
        elif self.queue_on.running is self:
            self.behind_running.append(task)
        else:
            return False
        wait_event(f"{self.name} to finish", self.queue_on.key, lambda: not self._waits(task))
        return True

    def _waits(self, task: Task) -> bool:
        return task in self.behind_queued or task in self.behind_running
