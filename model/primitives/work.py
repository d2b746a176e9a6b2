# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Work items (kernel/workqueue.c, as of 6.10): queued or not, running or not, disabled so many times.

A worker is an actor that loops over ``with work.run_once():``; several may do so, but one work item runs on one of
them at a time. Queueing a work item that runs queues it for another run, as in the kernel.

``flush()`` waits for the run it was queued for last, and for none that is asked for afterwards, not even by that run.
The kernel puts a barrier behind the item that it waits for; here it is the waiter in a set, ``behind_queued`` until
that run begins and ``behind_running`` until it ends. Both are empty while nobody waits. Taking an item off the queue
lets go of those who waited for it to run.

While the item is disabled, or somebody waits in ``cancel_sync()``, queueing fails: that is why ``cancel_sync()`` stops
work that queues itself again. A delayed work item is queued from the start of its timer; ``flush()`` is then
flush_delayed_work().

For the lock order a work item is a pseudo-lock, as in lockdep: its code holds it, whoever waits for the code takes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Pid, Record, acquired, atomic, bitset, bounded, demand, flag, me, pure, released, section, wait

MOST_DISABLED = 7  # disabled and not enabled again, and waits in cancel_sync(); more is a violation of ``bounds``


class Work(Record):
    queued = flag()
    running = flag()
    disabled = bounded(0, MOST_DISABLED)
    behind_queued = bitset(Pid)
    behind_running = bitset(Pid)

    def queue(self) -> bool:
        """queue_work(): false if it is queued already, or must not be."""
        with atomic():
            if self.queued or self.disabled > 0:
                return False
            self.queued = True
            return True

    def flush(self) -> bool:
        """flush_work(): true if there was something to wait for."""
        self.might_wait()
        with atomic():
            if self.queued:
                self.behind_queued.add(me())
            elif self.running:
                self.behind_running.add(me())
            else:
                return False
        wait(me() not in self.behind_queued and me() not in self.behind_running)
        return True

    def cancel(self) -> bool:
        """cancel_work(): true if it was queued. It may still run."""
        with atomic():
            return self._take_off()

    def cancel_sync(self) -> bool:
        """cancel_work_sync(): true if it was queued. It does not run, and was not queued again meanwhile."""
        self.might_wait()
        with atomic():
            was_queued = self._stop_and_wait()
        with atomic():
            wait(me() not in self.behind_running)
            self.disabled -= 1
        return was_queued

    def disable(self) -> bool:
        """disable_work(): cancel(), and queueing fails until it is enabled as often as it was disabled."""
        with atomic():
            self.disabled += 1
            return self._take_off()

    def disable_sync(self) -> bool:
        """disable_work_sync(): disable(), and it does not run."""
        self.might_wait()
        with atomic():
            was_queued = self._stop_and_wait()
            if not self.running:
                return was_queued
        wait(me() not in self.behind_running)
        return was_queued

    def enable(self) -> bool:
        """enable_work(): true if it may be queued from now on. Nothing is queued that failed to be."""
        with atomic():
            demand(self.disabled > 0, "no-unbalanced-enable", "a work item is enabled that is not disabled")
            self.disabled -= 1
            return self.disabled == 0

    def _take_off(self) -> bool:
        """No step: part of cancelling. Who waits for the run that does not come is let go."""
        was_queued = self.queued
        self.queued = False
        self.behind_queued.clear()
        return was_queued

    def _stop_and_wait(self) -> bool:
        """No step: part of cancelling. No run begins before the work item is enabled."""
        self.disabled += 1
        if self.running:
            self.behind_running.add(me())
        return self._take_off()

    def might_wait(self) -> None:
        """No step: only a wait in the lock-order graph, for the code of the work item."""
        acquired(self)
        released(self)

    @section
    def run_once(self) -> Iterator[None]:
        with atomic():
            wait(self.queued and not self.running, idle=True)
            self.queued = False
            self.running = True
            self.behind_running = self.behind_queued
            self.behind_queued.clear()
            acquired(self, blocking=False)
        yield
        with atomic():
            self.running = False
            self.behind_running.clear()
            released(self)

    @pure
    def busy(self) -> bool:
        return self.queued or self.running

    @pure
    def quiescent(self) -> bool:
        return not self.queued and not self.running
