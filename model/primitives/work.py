# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Work items (kernel/workqueue.c): idle or queued, running or not, disabled or not.

A worker is an actor that loops over ``with work.run_once():``. Queueing a work item that runs queues it again, as in
the kernel; ``flush`` waits for what is queued or runs now; ``cancel_sync`` takes it off the queue and waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Record, atomic, flag, pure, section, wait


class Work(Record):
    queued = flag()
    running = flag()
    disabled = flag()

    def queue(self) -> None:
        with atomic():
            if not self.disabled:
                self.queued = True

    def flush(self) -> None:
        wait(not self.queued and not self.running)

    def cancel_sync(self) -> None:
        self.queued = False
        wait(not self.running)

    def disable_sync(self) -> None:
        with atomic():
            self.disabled = True
            self.queued = False
        wait(not self.running)

    def enable(self) -> None:
        self.disabled = False

    @section
    def run_once(self) -> Iterator[None]:
        with atomic():
            wait(self.queued, idle=True)
            self.queued = False
            self.running = True
        yield
        self.running = False

    @pure
    def busy(self) -> bool:
        return self.queued or self.running

    @pure
    def quiescent(self) -> bool:
        return not self.queued and not self.running
