# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct mutex`` (kernel/locking/mutex.c): sleeping, owned, hand-over strongly fair unless declared otherwise.

The kernel's hand-off bit makes a waiter get the lock eventually; ``handover="weak"`` asks what happens without it.
"""

from __future__ import annotations

from typing import Literal

from ..lang import acquired, atomic, demand, me, null, released, wait
from .owned import Owned


class Mutex(Owned):
    handover: Literal["strong", "weak"] = "strong"

    def lock(self) -> None:
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the mutex is already held by this actor")
            wait(self.owner == null, handover=self.handover)
            self.owner = me()
            acquired(self)

    def lock_nested(self) -> None:
        """As ``lock()``, by an actor that holds another lock of this kind, in an order all actors keep."""
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the mutex is already held by this actor")
            wait(self.owner == null, handover=self.handover)
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
            demand(self.owner == me(), "no-unlock-by-non-owner", "the mutex is not held by this actor")
            self.owner = null
            released(self)
