# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct mmu_interval_notifier`` with its subscription (mm/mmu_notifier.c): one subscription on one mm.

The kernel counts: ``invalidate_seq`` is odd while an overlapping invalidation runs, ``interval_sub->invalidate_seq``
is what the callback last stored. A reader compares numbers, so a bounded counter would invent ABA bugs when it wraps.
Here "has changed since I looked" is a bit for each reader, which is exact:

    seq is odd                      ``odd``
    sub.seq == seq (callback ran)   ``odd and called``
    sub.seq != the reader's         the reader is not in ``unchanged``

``active`` counts open start/end pairs; seq becomes even only when it is 0, whoever opened them: overlapping brackets
without a gap starve ``read_begin()`` and ``remove()``, as in the kernel. Insertion and removal while odd are deferred
to the end of the bracket.

For the lock order the bracket from start to end is a pseudo-lock that ``read_begin()`` and ``remove()`` wait for.
"""

from __future__ import annotations

from ..lang import Pid, Record, acquired, atomic, bitset, bounded, demand, flag, me, pure, released, wait

MOST_ACTIVE = 7  # open brackets at a time; more is a violation of ``bounds``


class IntervalNotifier(Record):
    inserted = flag(True)
    deferred_add = flag()
    deferred_remove = flag()
    odd = flag()
    called = flag()
    active = bounded(0, MOST_ACTIVE)
    unchanged = bitset(Pid)
    waiters = bitset(Pid)

    def start(self) -> bool:
        """mn_itree_inv_start_range(); true if the subscription is to be called, outside the spinlock."""
        with atomic():
            acquired(self, blocking=False)
            self.active += 1
            if self.inserted:
                self.odd = True
            return self.inserted

    def start_elsewhere(self) -> None:
        """As ``start()``, for a range that overlaps another subscription of the same mm, not this one."""
        with atomic():
            acquired(self, blocking=False)
            self.active += 1
            self.odd = True

    def end(self) -> None:
        """mn_itree_inv_end()."""
        with atomic():
            demand(self.active > 0, "no-unbalanced-notifier", "an invalidation ends that never began")
            self.active -= 1
            released(self)
            if self.active == 0 and self.odd:
                self.odd = False
                self.called = False
                self.waiters.clear()
                if self.deferred_add:
                    self.deferred_add = False
                    self.inserted = True
                if self.deferred_remove:
                    self.deferred_remove = False
                    self.inserted = False

    def set_seq(self) -> None:
        """mmu_interval_set_seq(), in the callback, under the driver's lock."""
        with atomic():
            self.called = True
            self.unchanged.clear()

    def read_begin(self) -> None:
        """mmu_interval_read_begin(): may sleep until a running invalidation that was already delivered ends."""
        self.might_wait()
        with atomic():
            self.unchanged.add(me())
            if self.odd and self.called:
                self.waiters.add(me())
        wait(me() not in self.waiters)

    @pure
    def read_retry(self) -> bool:
        """mmu_interval_read_retry(), under the driver's lock."""
        return me() not in self.unchanged

    def insert(self) -> None:
        """mmu_interval_notifier_insert(): deferred while odd; otherwise it may be seen by a running invalidation."""
        with atomic():
            self.unchanged.clear()
            if self.odd:
                self.deferred_add = True
                self.called = True
            else:
                self.inserted = True
                if self.active > 0:
                    self.odd = True
                    self.called = True

    def remove(self) -> None:
        """mmu_interval_notifier_remove(): sleeps until running invalidations end. Never from a callback."""
        self.might_wait()
        with atomic():
            if self.odd:
                if self.deferred_add:
                    self.deferred_add = False
                else:
                    self.deferred_remove = True
                    self.waiters.add(me())
            else:
                self.inserted = False
        wait(me() not in self.waiters)

    def might_wait(self) -> None:
        """No step: only a wait in the lock-order graph, for the end of whatever bracket is open."""
        acquired(self)
        released(self)

    @pure
    def quiescent(self) -> bool:
        return self.active == 0 and not self.inserted
