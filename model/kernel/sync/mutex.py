# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct mutex`` (kernel/locking/mutex.c) and locks that are taken like it."""

from __future__ import annotations

from .. import sched
from ..object import Kobject
from ..sched import ACQUIRE, RELEASE, WRITE, Oops, Op, Task, point
from . import lockdep


class Mutex(Kobject):
    """Sleeping and owned. ``with mutex:`` locks and unlocks."""

    kind = "mutex"
    holders = frozenset({"owner"})

    def __init__(self, lock_class: str) -> None:
        super().__init__()
        self.lock_class = lock_class
        self.owner: Task | None = None
        key = (self.oid, "owner")
        self._lock_op = Op(f"lock {lock_class}", key, ACQUIRE, self._free)
        self._try_op = Op(f"trylock {lock_class}", key, WRITE)
        self._unlock_op = Op(f"unlock {lock_class}", key, RELEASE)

    def __repr__(self) -> str:
        return self.lock_class

    def _free(self) -> bool:
        return self.owner is None

    def lock(self, nested: bool = False) -> None:
        task = sched.current()
        if self.owner is task:
            raise Oops("self-deadlock", f"{task.name} locks {self.lock_class}, which it holds")
        if task.atomic:
            lockdep.might_sleep(self._lock_op.name)
        task.waits = self
        point(self._lock_op)
        task.waits = None
        self.owner = task
        lockdep.acquired(self, self.lock_class, nested=nested)

    def trylock(self) -> bool:
        point(self._try_op)
        if self.owner is not None:
            sched.failed()
            return False
        self.owner = sched.current()
        lockdep.acquired(self, self.lock_class, blocking=False)
        return True

    def unlock(self) -> None:
        point(self._unlock_op)
        lockdep.released(self)
        self.owner = None

    def locked(self) -> bool:
        """Without a step: for assertions and for code that was announced by a point of its own."""
        return self.owner is not None

    def held(self) -> bool:
        return self.owner is sched.current()

    def __enter__(self) -> None:
        self.lock()

    def __exit__(self, *_: object) -> None:
        self.unlock()
