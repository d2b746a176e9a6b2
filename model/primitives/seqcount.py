# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``seqcount_t`` and ``seqlock_t`` (include/linux/seqlock.h): readers that never keep a writer waiting, and retry.

The kernel's readers compare numbers; a bounded number would come round and hide a writer. Here "has changed since I
began" is a bit for each reader, which is exact, and the count is odd while ``writer`` is set.

Nothing is promised to readers: one that keeps meeting a writer spins, or retries, for ever, as in the kernel.

For the lock order the write section is a pseudo-lock, as in lockdep: ``read_begin()`` waits for it to end.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Pid, Record, acquired, atomic, bitset, demand, me, null, pid, pure, released, section, wait
from .spinlock import SpinLock


class SeqCount(Record):
    """Its writers must exclude each other by other means: a lock, or being one."""

    writer = pid()
    reading = bitset(Pid)  # between read_begin() and read_retry()
    unchanged = bitset(Pid)  # those of them that no writer has passed

    def write_begin(self) -> None:
        with atomic():
            demand(self.writer == null, "no-overlapping-writers", "a write section of this seqcount is open already")
            self.writer = me()
            self.unchanged.clear()
            acquired(self, blocking=False)

    def write_begin_locked(self, lock: SpinLock) -> None:
        """``write_begin()`` of a seqcount_spinlock_t, which asserts the lock it was initialised with."""
        with atomic():
            demand(lock.held_by(me()), "no-overlapping-writers", "the lock of this seqcount is not held by this writer")
            self.write_begin()

    def write_end(self) -> None:
        with atomic():
            demand(self.writer == me(), "no-unbalanced-seqcount", "this actor has not begun to write")
            self.writer = null
            released(self)

    def write_invalidate(self) -> None:
        """write_seqcount_invalidate(): readers that have begun retry; it does not keep them waiting."""
        self.unchanged.clear()

    def read_begin(self) -> None:
        """read_seqcount_begin(): spins on the CPU while the count is odd."""
        with atomic():
            acquired(self)
            released(self)
            demand(self.writer != me(), "no-self-deadlock", "this actor writes, and would wait for itself to end")
            wait(self.writer == null, spin=True)
            self.reading.add(me())
            self.unchanged.add(me())

    def try_begin(self) -> bool:
        """raw_seqcount_try_begin(): false while the count is odd; then there is nothing to retry."""
        with atomic():
            if self.writer != null:
                return False
            self.reading.add(me())
            self.unchanged.add(me())
            return True

    @pure
    def changed(self) -> bool:
        """Whether ``read_retry()`` would be true: for a look on the way, which does not end the read section."""
        return me() not in self.unchanged

    def read_retry(self) -> bool:
        """read_seqcount_retry(): true if a writer began since ``read_begin()``. It ends the read section."""
        with atomic():
            demand(me() in self.reading, "no-unbalanced-seqcount", "this actor has not begun to read")
            again = me() not in self.unchanged
            self.reading.remove(me())
            self.unchanged.remove(me())
            return again

    @section
    def write(self) -> Iterator[None]:
        self.write_begin()
        yield
        self.write_end()

    @pure
    def held_by(self, who: Pid) -> bool:
        return self.writer == who

    @pure
    def quiescent(self) -> bool:
        return self.writer == null


class SeqLock(Record):
    """A seqcount with the spinlock of its writers."""

    spinlock = SpinLock()
    count = SeqCount()

    def write_lock(self) -> None:
        """write_seqlock()"""
        self.spinlock.lock()
        self.count.write_begin()

    def write_unlock(self) -> None:
        """write_sequnlock()"""
        self.count.write_end()
        self.spinlock.unlock()

    def read_begin(self) -> None:
        """read_seqbegin()"""
        self.count.read_begin()

    def read_retry(self) -> bool:
        """read_seqretry()"""
        return self.count.read_retry()

    def read_lock_excl(self) -> None:
        """read_seqlock_excl(): a reader that keeps writers out, and other such readers, and need not retry."""
        self.spinlock.lock()

    def read_unlock_excl(self) -> None:
        """read_sequnlock_excl()"""
        self.spinlock.unlock()

    @section
    def write(self) -> Iterator[None]:
        self.write_lock()
        yield
        self.write_unlock()
