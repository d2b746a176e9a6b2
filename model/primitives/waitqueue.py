# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Wait queues (kernel/sched/wait.c), event-based: register, then sleep until a wake-up marks you.

Registering and testing the condition are two steps, as in the kernel: register under the lock that protects the
condition, or a wake-up in between is lost. ``wake_all`` marks whoever is registered at that moment, nobody later.

Who sleeps must have registered: sleeping alone would wait for nothing. Where code registers only if the condition is
not met yet, and then "sleeps" in any case, ``WaitQueue(strict=False)`` lets those who did not register through.
"""

from __future__ import annotations

from ..lang import Pid, Record, atomic, bitset, demand, me, pure, wait


class WaitQueue(Record):
    strict: bool = True
    waiting = bitset(Pid)
    registered = bitset(Pid)  # since they last slept; empty unless strict

    def register(self) -> None:
        if self.strict:
            with atomic():
                self.waiting.add(me())
                self.registered.add(me())
        else:
            self.waiting.add(me())

    def sleep(self) -> None:
        """Until the next wake-up after registering."""
        if self.strict:
            with atomic():
                demand(me() in self.registered, "no-sleep-unregistered", "this actor has not registered for a wake-up")
                wait(me() not in self.waiting)
                self.registered.remove(me())
        else:
            wait(me() not in self.waiting)

    def wake_all(self) -> None:
        self.waiting.clear()

    @pure
    def empty(self) -> bool:
        return len(self.waiting) == 0
