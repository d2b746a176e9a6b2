# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct rw_semaphore`` (kernel/locking/rwsem.c): many readers or one writer.

With ``writer_preference`` (the kernel's behaviour once a writer waits) a queued writer keeps new readers out, which is
what turns a reader that waits for another reader into a deadlock.

``turns``: a reader that waits has its turn before writers that came later, and all readers that wait then go together
(rwsem_mark_wake() wakes the readers behind later writers as well), so that no stream of writers keeps a reader out for
ever. A writer that came later may still be first: it steals the lock while it is free (rwsem_try_write_lock()), but not
time and again, since hand-over to the readers is strongly fair. With ``turns=False`` writers pass readers that wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..lang import Pid, Record, acquired, atomic, bitset, demand, me, null, pid, pure, released, section, wait


class RwSem(Record):
    handover: Literal["strong", "weak"] = "strong"
    writer_preference: bool = True
    turns: bool = True
    writer = pid()
    readers = bitset(Pid)
    queued = bitset(Pid)  # writers that wait; with ``turns``, those that came before the readers that wait
    waiting = bitset(Pid)  # readers that wait, if ``turns``
    later = bitset(Pid)  # writers that came while readers waited

    def down_read(self) -> None:
        demand(
            self.writer != me() and me() not in self.readers,
            "no-self-deadlock",
            "the rwsem is already held by this actor",
        )
        if self.writer_preference and self.turns:
            self._down_read_in_turn()
        else:
            self._down_read()

    def _down_read(self) -> None:
        with atomic():
            if self.writer_preference:
                wait(self.writer == null and len(self.queued) == 0, handover=self.handover)
                acquired(self, mode="shared")
            else:
                wait(self.writer == null, handover=self.handover)
                acquired(self, mode="shared", recursive=True)
            self.readers.add(me())

    def _down_read_in_turn(self) -> None:
        with atomic():
            waits = self.writer != null or self._contended()
            if waits:
                self.waiting.add(me())
            else:
                self.readers.add(me())
                acquired(self, mode="shared")
        if waits:
            with atomic():
                wait(self.writer == null and len(self.queued) == 0, handover=self.handover)
                self.readers.add(me())
                acquired(self, mode="shared")
                self.waiting.remove(me())
                if len(self.waiting) == 0:
                    self.queued = self.later
                    self.later.clear()

    def down_read_trylock(self) -> bool:
        with atomic():
            if self.writer != null or (self.writer_preference and self._contended()):
                return False
            self.readers.add(me())
            acquired(self, mode="shared", blocking=False)
            return True

    def up_read(self) -> None:
        with atomic():
            demand(me() in self.readers, "no-unlock-by-non-owner", "the rwsem is not held for reading by this actor")
            self.readers.remove(me())
            released(self, mode="shared")

    def down_write(self) -> None:
        demand(
            self.writer != me() and me() not in self.readers,
            "no-self-deadlock",
            "the rwsem is already held by this actor",
        )
        if self.writer_preference:
            with atomic():
                if len(self.waiting) == 0:
                    self.queued.add(me())
                else:
                    self.later.add(me())
        with atomic():
            wait(self.writer == null and len(self.readers) == 0, handover=self.handover)
            self.writer = me()
            if self.writer_preference:
                self.queued.remove(me())
                self.later.remove(me())
            acquired(self)

    def down_write_trylock(self) -> bool:
        with atomic():
            if self.writer != null or len(self.readers) != 0 or self._contended():
                return False
            self.writer = me()
            acquired(self, blocking=False)
            return True

    def up_write(self) -> None:
        with atomic():
            demand(self.writer == me(), "no-unlock-by-non-owner", "the rwsem is not held for writing by this actor")
            self.writer = null
            released(self)

    def downgrade_write(self) -> None:
        with atomic():
            demand(self.writer == me(), "no-unlock-by-non-owner", "the rwsem is not held for writing by this actor")
            self.writer = null
            released(self)
            self.readers.add(me())
            acquired(self, mode="shared", blocking=False)

    @section
    def read(self) -> Iterator[None]:
        self.down_read()
        yield
        self.up_read()

    @section
    def write(self) -> Iterator[None]:
        self.down_write()
        yield
        self.up_write()

    @pure
    def _contended(self) -> bool:
        return len(self.queued) != 0 or len(self.waiting) != 0 or len(self.later) != 0

    @pure
    def held_by(self, who: Pid) -> bool:
        return self.writer == who or who in self.readers

    @pure
    def quiescent(self) -> bool:
        return self.writer == null and len(self.readers) == 0 and not self._contended()
