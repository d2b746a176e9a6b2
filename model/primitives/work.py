# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Work items (kernel/workqueue.c): idle or queued, running or not, disabled or not.

A worker is an actor that loops over ``with work.run_once():``. Queueing a work item that runs queues it again, as in
the kernel; ``flush`` waits for what is queued or runs now; ``cancel_sync`` takes it off the queue and waits.

For the lock order a work item is a pseudo-lock, as in lockdep: its code holds it, whoever waits for the code takes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Record, acquired, atomic, flag, pure, released, section, wait


class Work(Record):
    queued = flag()
    running = flag()
    disabled = flag()

    def queue(self) -> None:
        with atomic():
            if not self.disabled:
                self.queued = True

    def flush(self) -> None:
        self.might_wait()
        wait(not self.queued and not self.running)

    def cancel_sync(self) -> None:
        self.might_wait()
        self.queued = False
        wait(not self.running)

    def disable_sync(self) -> None:
        self.might_wait()
        with atomic():
            self.disabled = True
            self.queued = False
        wait(not self.running)

    def might_wait(self) -> None:
        """No step: only a wait in the lock-order graph, for the code of the work item."""
        acquired(self)
        released(self)

    def enable(self) -> None:
        self.disabled = False

    @section
    def run_once(self) -> Iterator[None]:
        with atomic():
            wait(self.queued, idle=True)
            self.queued = False
            self.running = True
            acquired(self, blocking=False)
        yield
        self.running = False
        released(self)

    @pure
    def busy(self) -> bool:
        return self.queued or self.running

    @pure
    def quiescent(self) -> bool:
        return not self.queued and not self.running
