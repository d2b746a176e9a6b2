# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The folio lock, PG_locked (mm/filemap.c): trylock, lock, unlock, and waiting without a reference.

lockdep does not track it. Hand-over of ``lock`` is strongly fair (the kernel passes the bit to a waiter that was
overtaken too often); trylock has no fairness at all, which is where starvation lives.

``unlock`` wakes the queue: it is event-based, and lies outside the folio (a hashed table), because a correct waiter
may hold no reference. A protocol keeps it as a ``WaitQueue`` of its world.
"""

from __future__ import annotations

from typing import Literal

from ..lang import acquired, atomic, demand, me, null, released, wait
from .owned import Owned


class FolioLock(Owned):
    handover: Literal["strong", "weak"] = "strong"

    def lock(self) -> None:
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the folio is already locked by this actor")
            wait(self.owner == null, handover=self.handover)
            self.owner = me()
            acquired(self)

    def trylock(self) -> bool:
        with atomic():
            if self.owner != null:
                return False
            self.owner = me()
            acquired(self, blocking=False)
            return True

    def unlock(self) -> None:
        with atomic():
            demand(self.owner == me(), "no-unlock-by-non-owner", "the folio is not locked by this actor")
            self.owner = null
            released(self)
