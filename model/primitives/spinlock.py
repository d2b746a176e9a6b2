# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``spinlock_t`` (kernel/locking/qspinlock.c): the waiter spins on its CPU; queued, so hand-over is strongly fair."""

from __future__ import annotations

from typing import Literal

from ..lang import acquired, atomic, demand, me, null, released, wait
from .owned import Owned


class SpinLock(Owned):
    handover: Literal["strong", "weak"] = "strong"

    def lock(self) -> None:
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the spinlock is already held by this actor")
            wait(self.owner == null, handover=self.handover, spin=True)
            self.owner = me()
            acquired(self)

    def lock_nested(self) -> None:
        """As ``lock()``, by an actor that holds another lock of this kind, in an order all actors keep."""
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the spinlock is already held by this actor")
            wait(self.owner == null, handover=self.handover, spin=True)
            self.owner = me()
            acquired(self, nested=True)

    def trylock(self) -> bool:
        with atomic():
            if self.owner != null:
                return False
            self.owner = me()
            acquired(self, blocking=False)
            return True

    def unlock(self) -> None:
        with atomic():
            demand(self.owner == me(), "no-unlock-by-non-owner", "the spinlock is not held by this actor")
            self.owner = null
            released(self)
