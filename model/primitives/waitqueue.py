# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Wait queues (kernel/sched/wait.c), event-based: register, then sleep until a wake-up marks you.

Registering and testing the condition are two steps, as in the kernel: register under the lock that protects the
condition, or a wake-up in between is lost. ``wake_all`` marks whoever is registered at that moment, nobody later.
"""

from __future__ import annotations

from ..lang import Pid, Record, bitset, me, pure, wait


class WaitQueue(Record):
    waiting = bitset(Pid)

    def register(self) -> None:
        self.waiting.add(me())

    def sleep(self) -> None:
        """Until the next wake-up after registering."""
        wait(me() not in self.waiting)

    def wake_all(self) -> None:
        self.waiting.clear()

    @pure
    def empty(self) -> bool:
        return len(self.waiting) == 0
