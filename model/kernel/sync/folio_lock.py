# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock bit of a folio and its wait queue (mm/filemap.c). Lockdep does not see it, as in the kernel."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Any

from .. import sched
from ..sched import ACQUIRE, AWAIT, READ, RELEASE, WRITE, Oops, Op, Task, point
from . import lockdep


class FolioLock:
    """folio_trylock(), folio_lock(), folio_unlock(), and sleepers that wait for an unlock without a reference.

    ``folio`` is whose lock it is: using the lock of a free folio is a use after free.
    """

    lock_class = ""  # no lock class: lockdep records no order with it
    holders = frozenset({"owner"})
    _uncounted = frozenset({"key", "_sleep_ops", "_lock_op", "try_op", "_unlock_op"})

    def __init__(self, folio: Any, key: Hashable) -> None:
        self.folio = folio
        self.key = key
        self.owner: Task | None = None
        self.waiters: list[Task] = []  # queued by wait_on_locked(); an unlock takes all of them off
        self._sleep_ops: dict[int, Op] = {}  # by task

    @cached_property
    def _lock_op(self) -> Op:
        return Op("folio_lock", self.key, ACQUIRE, self._free)

    @cached_property
    def try_op(self) -> Op:
        return Op("folio_trylock", self.key, WRITE)

    @cached_property
    def _unlock_op(self) -> Op:
        return Op("folio_unlock", self.key, RELEASE)

    def __repr__(self) -> str:
        return f"lock of {self.folio!r}"

    def _free(self) -> bool:
        return self.owner is None

    def _alive(self) -> None:
        if self.folio.refcount <= 0:
            raise Oops("use-after-free", f"{sched.current().name} locks {self.folio!r}, which is free")

    def _got(self) -> None:
        task = sched.current()
        self.owner = task
        task.held.append((self, False))

    def locked(self) -> bool:
        """Without a step."""
        return self.owner is not None

    def lock(self) -> None:
        task = sched.current()
        if self.owner is task:
            raise Oops("self-deadlock", f"{task.name} locks {self.folio!r}, which it has locked")
        if task.atomic:
            lockdep.might_sleep("folio_lock")
        task.waits = self
        point(self._lock_op)
        task.waits = None
        self._alive()
        self._got()

    def trylock(self) -> bool:
        point(self.try_op)
        self._alive()
        if self.owner is not None:
            sched.failed()
            return False
        self._got()
        return True

    def trylock_now(self) -> bool:
        """The same inside a step that something else announced."""
        self._alive()
        if self.owner is not None:
            sched.also(self.key, READ)
            return False
        sched.also(self.key, WRITE)
        self._got()
        return True

    def unlock(self) -> None:
        """folio_unlock(): whoever is on the queue at this moment is woken."""
        point(self._unlock_op)
        self.unlock_now()

    def unlock_now(self) -> None:
        """The same inside a step that something else announced."""
        sched.also(self.key, RELEASE)
        task = sched.current()
        if self.owner is not task:
            raise Oops("unlock-by-non-owner", f"{task.name} unlocks {self.folio!r}, which it has not locked")
        task.held.remove((self, False))
        self.owner = None
        self.waiters.clear()

    def enqueue(self) -> bool:
        """The first half of softleaf_entry_wait_on_locked(), page-table lock held: queue unless it is unlocked."""
        sched.also(self.key, READ)
        if self.owner is None:
            return False
        self.waiters.append(sched.current())
        return True

    def sleep(self) -> None:
        """The second half: until the next unlock, uninterruptibly and without a reference."""
        task = sched.current()
        if task.atomic:
            lockdep.might_sleep("wait for folio_unlock")
        task.waits = self
        op = self._sleep_ops.get(task.number)
        if op is None:
            op = self._sleep_ops[task.number] = Op(
                "wait for folio_unlock", self.key, AWAIT, lambda: task not in self.waiters
            )
        point(op)
        task.waits = None
