# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct rw_semaphore`` (kernel/locking/rwsem.c): many readers or one writer; a waiting writer keeps readers out.

A writer takes a free lock at once and queues otherwise; a reader that comes later queues behind it, as in the kernel.
``writer_preference=False``: readers always pass.
"""

from __future__ import annotations

from .. import sched
from ..object import Kobject
from ..sched import ACQUIRE, RELEASE, SHARE, UNSHARE, WRITE, Oops, Op, Task, point
from . import lockdep


class RwSem(Kobject):
    kind = "rwsem"
    holders = frozenset({"writer", "readers"})

    def __init__(self, lock_class: str, writer_preference: bool = True) -> None:
        super().__init__()
        self.lock_class = lock_class
        self.writer_preference = writer_preference
        self.writer: Task | None = None
        self.readers: list[Task] = []
        self.queued: list[Task] = []  # writers that wait
        key = (self.oid, "rwsem")
        self._read_op = Op(f"down_read {lock_class}", key, SHARE, self._open)
        self._queue_op = Op(f"down_write {lock_class}", key, WRITE)
        self._write_op = Op(f"down_write {lock_class}", key, ACQUIRE, self._free)
        self._tryread_op = Op(f"down_read_trylock {lock_class}", key, WRITE)
        self._trywrite_op = Op(f"down_write_trylock {lock_class}", key, WRITE)
        self._up_read_op = Op(f"up_read {lock_class}", key, UNSHARE)
        self._up_write_op = Op(f"up_write {lock_class}", key, RELEASE)
        self._downgrade_op = Op(f"downgrade_write {lock_class}", key, RELEASE)

    def __repr__(self) -> str:
        return self.lock_class

    def _free(self) -> bool:
        return self.writer is None and not self.readers

    def _open(self) -> bool:
        return self.writer is None and not self.queued

    def down_read(self) -> None:
        task = sched.current()
        if task in self.readers or self.writer is task:
            raise Oops("self-deadlock", f"{task.name} takes {self.lock_class} for read while it holds it")
        if task.atomic:
            lockdep.might_sleep(self._read_op.name)
        task.waits = self
        point(self._read_op)
        task.waits = None
        self._let_in(task)
        lockdep.acquired(self, self.lock_class, shared=True)

    def down_read_trylock(self) -> bool:
        point(self._tryread_op)
        if not self._open():
            sched.failed()
            return False
        self._let_in(sched.current())
        lockdep.acquired(self, self.lock_class, shared=True, blocking=False)
        return True

    def _let_in(self, reader: Task) -> None:
        """In what order readers came decides nothing, and is no part of the state."""
        self.readers.append(reader)
        if len(self.readers) > 1:
            self.readers.sort(key=lambda task: task.number)

    def up_read(self) -> None:
        point(self._up_read_op)
        lockdep.released(self)
        self.readers.remove(sched.current())

    def down_write(self, nested: bool = False) -> None:
        """``nested``: down_write_nest_lock(), of several of one class on purpose."""
        task = sched.current()
        if task in self.readers or self.writer is task:
            raise Oops("self-deadlock", f"{task.name} takes {self.lock_class} for write while it holds it")
        if task.atomic:
            lockdep.might_sleep(self._write_op.name)
        if self.writer_preference:
            point(self._queue_op)
            if not self._free():
                self._queue(task)
        else:
            self._sleep(task)
        self.writer = task
        lockdep.acquired(self, self.lock_class, nested=nested)

    def _queue(self, task: Task) -> None:
        self.queued.append(task)
        self._sleep(task)
        self.queued.remove(task)

    def _sleep(self, task: Task) -> None:
        task.waits = self
        point(self._write_op)
        task.waits = None

    def down_write_trylock(self) -> bool:
        point(self._trywrite_op)
        if not self._free() or self.queued:  # RWSEM_FLAG_WAITERS
            sched.failed()
            return False
        self.writer = sched.current()
        lockdep.acquired(self, self.lock_class, blocking=False)
        return True

    def up_write(self) -> None:
        point(self._up_write_op)
        lockdep.released(self)
        self.writer = None

    def downgrade_write(self) -> None:
        point(self._downgrade_op)
        self.writer = None
        self.readers.append(sched.current())

    def held_write(self) -> bool:
        return self.writer is sched.current()

    def held_read(self) -> bool:
        return sched.current() in self.readers

    def held(self) -> bool:
        return self.held_read() or self.held_write()
