# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What locks with one owner have in common: who it is, and that the lock is quiet while nobody is."""

from __future__ import annotations

from ..lang import Lock, Pid, null, pid, pure


class Owned(Lock):
    owner = pid()

    @pure
    def locked(self) -> bool:
        return self.owner != null

    @pure
    def held_by(self, who: Pid) -> bool:
        return self.owner == who

    @pure
    def quiescent(self) -> bool:
        return self.owner == null
