# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``rwlock_t`` (kernel/locking/qrwlock.c): many readers or one writer; who waits spins on its CPU.

Who does not get it at once queues for a spinlock (``first``) whose holder alone tries for the lock. Once a writer is
first, no reader gets in any more; while a reader is first, it waits for the writer that is inside, and others pass. The
queue is first come, first served: here its hand-over is strongly fair. Neither readers nor writers starve the others.

A reader in interrupt context passes the queue and any writer that has not got the lock yet, because it may have come
in on the CPU of a reader: ``read_lock_in_interrupt()``. Those may starve a writer. What this allows, an interrupt that
reads where its CPU's task does, is an actor of its own here. Other readers must not nest: a writer may have queued in
between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..lang import Pid, Record, acquired, atomic, bitset, demand, flag, me, null, pid, pure, released, section, wait


class RwLock(Record):
    handover: Literal["strong", "weak"] = "strong"
    writer = pid()
    readers = bitset(Pid)
    first = pid()  # holds wait_lock, and waits for what keeps it out
    writer_waits = flag()  # the first is a writer: _QW_WAITING

    def read_lock(self) -> None:
        with atomic():
            self._demand_not_held()
            wait(self._lets_readers_in() or self.first == null, handover=self.handover, spin=True)
            if self._lets_readers_in():
                self.readers.add(me())
                acquired(self, mode="shared")
                return
            self.first = me()
        with atomic():
            wait(self.writer == null, spin=True)
            self.first = null
            self.readers.add(me())
            acquired(self, mode="shared")

    def read_lock_in_interrupt(self) -> None:
        """read_lock() in interrupt context: waits for a writer that is inside, and for none that waits."""
        with atomic():
            self._demand_not_held()
            wait(self.writer == null, handover=self.handover, spin=True)
            self.readers.add(me())
            acquired(self, mode="shared", recursive=True)

    def read_trylock(self) -> bool:
        with atomic():
            if not self._lets_readers_in():
                return False
            self.readers.add(me())
            acquired(self, mode="shared", blocking=False)
            return True

    def read_unlock(self) -> None:
        with atomic():
            demand(me() in self.readers, "no-unlock-by-non-owner", "the rwlock is not held for reading by this actor")
            self.readers.remove(me())
            released(self, mode="shared")

    def write_lock(self) -> None:
        with atomic():
            self._demand_not_held()
            wait(self.first == null, handover=self.handover, spin=True)
            if self._is_free():
                self.writer = me()
                acquired(self)
                return
            self.first = me()
            self.writer_waits = True
        with atomic():
            wait(self.writer == null and len(self.readers) == 0, spin=True)
            self.first = null
            self.writer_waits = False
            self.writer = me()
            acquired(self)

    def write_trylock(self) -> bool:
        """Fails beside whoever waits, too."""
        with atomic():
            if self.first != null or not self._is_free():
                return False
            self.writer = me()
            acquired(self, blocking=False)
            return True

    def write_unlock(self) -> None:
        with atomic():
            demand(self.writer == me(), "no-unlock-by-non-owner", "the rwlock is not held for writing by this actor")
            self.writer = null
            released(self)

    def _demand_not_held(self) -> None:
        demand(
            self.writer != me() and me() not in self.readers,
            "no-self-deadlock",
            "the rwlock is already held by this actor",
        )

    @section
    def read(self) -> Iterator[None]:
        self.read_lock()
        yield
        self.read_unlock()

    @section
    def write(self) -> Iterator[None]:
        self.write_lock()
        yield
        self.write_unlock()

    @pure
    def _lets_readers_in(self) -> bool:
        return self.writer == null and not self.writer_waits

    @pure
    def _is_free(self) -> bool:
        return self.writer == null and len(self.readers) == 0

    @pure
    def held_by(self, who: Pid) -> bool:
        return self.writer == who or who in self.readers

    @pure
    def quiescent(self) -> bool:
        return self._is_free() and self.first == null
