# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A number that only goes up, of which readers keep what they saw, and ask later whether it is still the same.

As KVM's ``mmu_invalidate_seq``, or the reset counter of a device. A bounded number would come round, and a reader would
take the new one for the one it saw: a counterexample that needs billions of changes in the kernel. Here "is still what
I saw" is a bit for each reader, which is exact.

Reading it and writing it are steps like any other; what orders them with the data that they guard is up to the caller.
"""

from __future__ import annotations

from ..lang import Pid, Record, bitset, me, pure


class Generation(Record):
    current = bitset(Pid)  # whose snapshot is the number as it is

    def bump(self) -> None:
        """It goes up: all snapshots are old."""
        self.current.clear()

    def read(self) -> None:
        """This actor remembers the number as it is; its snapshot before is forgotten."""
        self.current.add(me())

    def forget(self) -> None:
        """This actor asks no more. Never needed; it keeps states fewer, if it is in the step of the last question."""
        self.current.remove(me())

    @pure
    def changed(self) -> bool:
        """Whether it went up since this actor's ``read()``; true for one that has none."""
        return me() not in self.current
