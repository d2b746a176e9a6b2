# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct rw_semaphore`` (kernel/locking/rwsem.c): many readers or one writer.

With ``writer_preference`` (the kernel's behaviour once a writer waits) a queued writer keeps new readers out, which is
what turns a reader that waits for another reader into a deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..lang import Pid, Record, acquired, atomic, bitset, demand, me, null, pid, pure, released, section, wait


class RwSem(Record):
    handover: Literal["strong", "weak"] = "strong"
    writer_preference: bool = True
    writer = pid()
    readers = bitset(Pid)
    queued = bitset(Pid)

    def down_read(self) -> None:
        with atomic():
            demand(
                self.writer != me() and me() not in self.readers,
                "no-self-deadlock",
                "the rwsem is already held by this actor",
            )
            if self.writer_preference:
                wait(self.writer == null and len(self.queued) == 0, handover=self.handover)
                acquired(self, mode="shared")
            else:
                wait(self.writer == null, handover=self.handover)
                acquired(self, mode="shared", recursive=True)
            self.readers.add(me())

    def down_read_trylock(self) -> bool:
        with atomic():
            if self.writer != null or (self.writer_preference and len(self.queued) != 0):
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
            self.queued.add(me())
        with atomic():
            wait(self.writer == null and len(self.readers) == 0, handover=self.handover)
            self.writer = me()
            if self.writer_preference:
                self.queued.remove(me())
            acquired(self)

    def down_write_trylock(self) -> bool:
        with atomic():
            if self.writer != null or len(self.readers) != 0:
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
    def held_by(self, who: Pid) -> bool:
        return self.writer == who or who in self.readers

    @pure
    def quiescent(self) -> bool:
        return self.writer == null and len(self.readers) == 0 and len(self.queued) == 0
