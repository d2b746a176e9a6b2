# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct srcu_struct`` (kernel/rcu/srcutree.c): readers that may sleep, and waiting until those there now are gone.

One grace period runs at a time, as in the kernel. It waits for the readers that were there when it began (``before``)
and for nobody who came later. Who asks while one runs is served by the next, which begins in the step in which the
running one ends, and serves all who asked.

The kernel begins a grace period some time after it was asked to. Nobody can tell: who asked is blocked until the end,
so asking later does the same.

Read sections of one actor nest, as those of drm_dev_enter() do. The kernel lets them overlap in any way; here an inner
one must end first, or the outer would be thought to go on.

For the lock order the read section is a pseudo-lock, as in lockdep: ``synchronize()`` waits for it to end.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Pid, Record, acquired, array, atomic, bitset, demand, me, pure, released, section, wait


class Srcu(Record):
    readers = bitset(Pid)
    nested = array(2, bitset(Pid))  # readers in two sections, in three; a fourth is a violation of ``bounds``
    before = bitset(Pid)
    served = bitset(Pid)
    next_served = bitset(Pid)

    def read_lock(self) -> None:
        """srcu_read_lock(): waits for nobody."""
        with atomic():
            acquired(self, blocking=False)
            if me() not in self.readers:
                self.readers.add(me())
            elif me() not in self.nested[0]:
                self.nested[0].add(me())
            else:
                demand(me() not in self.nested[1], "bounds", "more than 3 read sections inside each other")
                self.nested[1].add(me())

    def read_unlock(self) -> None:
        """srcu_read_unlock(): the last reader that a grace period waited for ends it."""
        with atomic():
            demand(me() in self.readers, "no-unlock-by-non-owner", "this actor is in no read section of this SRCU")
            released(self)
            if me() in self.nested[1]:
                self.nested[1].remove(me())
            elif me() in self.nested[0]:
                self.nested[0].remove(me())
            else:
                self.readers.remove(me())
                self.before.remove(me())
                if len(self.before) == 0:
                    self.end_grace_period()

    def end_grace_period(self) -> None:
        """No step: part of the one that ends it. The next begins if somebody asked, and may end at once."""
        if len(self.next_served) != 0 and len(self.readers) != 0:
            self.served = self.next_served
            self.before = self.readers
        else:
            self.served.clear()
        self.next_served.clear()

    def synchronize(self) -> None:
        """synchronize_srcu(): until every reader that is there now has left."""
        with atomic():
            demand(me() not in self.readers, "no-self-deadlock", "this actor is in a read section, which it waits for")
            acquired(self)
            released(self)
            if len(self.before) != 0:
                self.next_served.add(me())
            elif len(self.readers) != 0:
                self.served.add(me())
                self.before = self.readers
        wait(me() not in self.served and me() not in self.next_served)

    @section
    def read(self) -> Iterator[None]:
        self.read_lock()
        yield
        self.read_unlock()

    @pure
    def read_held(self) -> bool:
        """srcu_read_lock_held()"""
        return me() in self.readers

    @pure
    def held_by(self, who: Pid) -> bool:
        return who in self.readers

    @pure
    def quiescent(self) -> bool:
        """What cleanup_srcu_struct() asks for."""
        return len(self.readers) == 0 and len(self.served) == 0 and len(self.next_served) == 0
