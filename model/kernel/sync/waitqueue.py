# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Wait queues and completions: sleep until a condition holds or, where a time-out is given, until the clock ends it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from .. import sched
from ..object import Kobject
from ..sched import AWAIT, WRITE, Op, point
from . import lockdep


def wait_event(name: str, key: Hashable, condition: Callable[[], bool]) -> None:
    """wait_event(): blocks until ``condition``, which reads nothing but what ``key`` names."""
    task = sched.current()
    if task.atomic:
        lockdep.might_sleep(f"wait for {name}")
    task.waits = name
    point(Op(f"wait for {name}", key, AWAIT, condition))
    task.waits = None


def wait_event_timeout(name: str, key: Hashable, condition: Callable[[], bool]) -> bool:
    """wait_event_timeout(): the time-out is an event that the scheduler may let happen. False: it happened."""
    lockdep.might_sleep(f"wait for {name}")
    if sched.choose(2, f"time-out of the wait for {name}"):
        point(Op(f"time-out of {name}", key, sched.READ))
        return condition()
    wait_event(name, key, condition)
    return True


class Completion(Kobject):
    """``struct completion`` used once: complete_all() lets everybody through for good."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.done = False
        self.key = (self.oid, "done")
        self._complete_op = Op(f"complete {name}", self.key, WRITE)
        self._test_op = Op(f"test {name}", self.key, sched.READ)

    def complete_all(self) -> None:
        point(self._complete_op)
        self.done = True

    def is_done(self) -> bool:
        """completion_done()."""
        point(self._test_op)
        return self.done

    def _is(self) -> bool:
        return self.done

    def wait(self) -> None:
        wait_event(self.name, self.key, self._is)

    def reinit(self) -> None:
        point(self._complete_op)
        self.done = False
