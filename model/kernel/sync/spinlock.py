# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``spinlock_t``: a lock that nobody tries, under which nobody sleeps (``lockdep.might_sleep``).

Taking it is a step; giving it back is the end of the step before. Nothing can be told apart by that: a RELEASE moves
left over what other tasks do, because they can only block on the lock (Lipton's reduction), and none asks whether it
is held.
"""

from __future__ import annotations

from .. import sched
from ..object import Kobject
from ..sched import ACQUIRE, RELEASE, Oops, Op, Task, point
from . import lockdep


class SpinLock(Kobject):
    kind = "spinlock"
    holders = frozenset({"owner"})

    def __init__(self, lock_class: str) -> None:
        super().__init__()
        self.lock_class = lock_class
        self.owner: Task | None = None
        self._key = (self.oid, "owner")
        self._lock_op = Op(f"spin_lock {lock_class}", self._key, ACQUIRE, self._free)

    def __repr__(self) -> str:
        return self.lock_class

    def _free(self) -> bool:
        return self.owner is None

    def lock(self, nested: bool = False) -> None:
        task = sched.current()
        if self.owner is task:
            raise Oops("self-deadlock", f"{task.name} spins on {self.lock_class}, which it holds")
        task.waits = self
        point(self._lock_op)
        task.waits = None
        self.owner = task
        task.atomic += 1
        lockdep.acquired(self, self.lock_class, nested=nested)

    def unlock(self) -> None:
        lockdep.released(self)
        self.owner = None
        sched.current().atomic -= 1
        sched.also(self._key, RELEASE)

    def held(self) -> bool:
        return self.owner is sched.current()

    def __enter__(self) -> None:
        self.lock()

    def __exit__(self, *_: object) -> None:
        self.unlock()
