# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Interval notifiers (mm/mmu_notifier.c): drivers that mirror a page table hear of every change before it happens.

The sequence is odd while an invalidation that concerns somebody runs; then the tree of subscriptions is frozen. Only
equality and parity of a sequence number mean anything: it grows for ever, so that it is kept as a ``Seq``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from errno import EAGAIN
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops
from ..sync import lockdep
from ..sync.spinlock import SpinLock
from ..sync.waitqueue import wait_event

if TYPE_CHECKING:
    from .address_space import Mm


class Event(Enum):
    """``enum mmu_notifier_event``: why entries change."""

    UNMAP = "unmap"
    CLEAR = "clear"
    PROTECTION_VMA = "protection-vma"
    PROTECTION_PAGE = "protection-page"
    RELEASE = "release"
    MIGRATE = "migrate"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class NotifierRange:
    """``struct mmu_notifier_range``. ``owner``: whose own pages move, for MIGRATE and EXCLUSIVE."""

    event: Event
    mm: Mm
    start: int
    end: int
    owner: object = None
    blockable: bool = True


class Seq(int):
    """A value of the sequence. State hashes see which of them are equal, and their parity."""

    __slots__ = ()


class NotifierOps(Protocol):
    """``struct mmu_interval_notifier_ops``."""

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """Entries of the range are about to change. False only where it may not block and would have to."""
        ...


class _StartMap:
    """__mmu_notifier_invalidate_range_start_map: the pseudo-lock that orders callbacks among the locks."""

    lock_class = "mmu_notifier_invalidate_range_start"

    def __repr__(self) -> str:
        return self.lock_class


_start_map: Final = _StartMap()


def _might_wait_for_callbacks() -> None:
    lockdep.might_sleep("wait for the end of an invalidation")
    lockdep.acquired(_start_map, _start_map.lock_class)
    lockdep.released(_start_map)


class Subscriptions(Kobject):
    """``struct mmu_notifier_subscriptions`` of one mm. ``active``: brackets that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = SpinLock("notifier_subscriptions")
        self.invalidate_seq = Seq(2)
        self.active_invalidate_ranges = 0
        self.brackets: list[NotifierRange] = []  # the open ones, for the checks
        self.tree: list[IntervalNotifier] = []
        self.deferred: list[IntervalNotifier] = []
        self.seq_key = (self.oid, "invalidate_seq")

    def is_invalidating(self) -> bool:
        return bool(self.invalidate_seq & 1)

    def overlapping(self, start: int, end: int) -> list[IntervalNotifier]:
        return [sub for sub in self.tree if sub.start < end and sub.end > start]

    def close(self, notified: NotifierRange) -> None:
        """A bracket ends: what it covered is checked again."""
        self.brackets.remove(notified)
        mm = notified.mm
        mm.kernel.dirty_ptes.extend((mm, vpn) for vpn in range(notified.start, notified.end))

    def set_invalidate_seq(self, value: int) -> None:
        self.invalidate_seq = Seq(value)
        sched.also(self.seq_key, WRITE)


class IntervalNotifier(Kobject):
    """``struct mmu_interval_notifier``: one subscription to pages ``start`` .. ``end``-1 of ``mm``."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"mm"})

    def __init__(self, mm: Mm, start: int, end: int, ops: NotifierOps) -> None:
        super().__init__()
        self.mm = mm
        self.start = start
        self.end = end
        self.ops = ops
        self.invalidate_seq = Seq(1)
        self.seq_key = (self.oid, "invalidate_seq")
        self.seq_op = self.op("invalidate_seq", READ)

    def subscriptions(self) -> Subscriptions:
        found = self.mm.subscriptions
        assert found is not None
        return found


# ---- the side that changes entries


def mmu_notifier_invalidate_range_start(notified: NotifierRange) -> int:
    """Before entries of the range change: every driver concerned has dropped what it mirrors. 0, or -EAGAIN where it
    may not block; then the caller gives up and does not call the end.

    mn_itree_inv_start_range(), mn_itree_invalidate().
    """
    subs = notified.mm.subscriptions
    if subs is None:
        return 0
    if notified.blockable:
        lockdep.might_sleep("mmu_notifier_invalidate_range_start")
    with subs.lock:
        subs.active_invalidate_ranges += 1
        subs.brackets.append(notified)
        found = subs.overlapping(notified.start, notified.end)
        if found:
            subs.set_invalidate_seq(subs.invalidate_seq | 1)
        seq = subs.invalidate_seq
    lockdep.acquired(_start_map, _start_map.lock_class)
    refused = False
    for sub in found:
        if not sub.ops.invalidate(sub, notified, seq):
            if notified.blockable:
                raise Oops("notifier", "a callback that may block refused to invalidate")
            refused = True
            break
    lockdep.released(_start_map)
    if refused:
        mmu_notifier_invalidate_range_end(notified)
        return -EAGAIN
    return 0


def mmu_notifier_invalidate_range_end(notified: NotifierRange) -> None:
    """The entries have changed: the last of the brackets that overlap in time lets readers go on."""
    subs = notified.mm.subscriptions
    if subs is None:
        return
    with subs.lock:
        if notified not in subs.brackets:
            raise Oops("notifier", f"{sched.current().name} ends an invalidation that is not open")
        subs.active_invalidate_ranges -= 1
        subs.close(notified)
        if subs.active_invalidate_ranges or not subs.is_invalidating():
            return
        subs.set_invalidate_seq(subs.invalidate_seq + 1)
        for sub in subs.deferred:
            if sub in subs.tree:
                subs.tree.remove(sub)
            else:
                subs.tree.append(sub)
        subs.deferred.clear()


# ---- the side that mirrors


def mmu_interval_read_begin(sub: IntervalNotifier) -> Seq:
    """Begins a read side; sleeps while an invalidation runs whose callback for ``sub`` has been called already."""
    subs = sub.subscriptions()
    with subs.lock:
        sched.also(sub.seq_key, READ)
        seq = sub.invalidate_seq
        busy = seq == subs.invalidate_seq
    _might_wait_for_callbacks()
    if busy:
        wait_event("the end of the invalidation", subs.seq_key, lambda: subs.invalidate_seq != seq)
    return seq


def mmu_interval_set_seq(sub: IntervalNotifier, seq: Seq) -> None:
    """In the callback, under the driver's lock: readers that hold an older sequence have to try again."""
    sub.invalidate_seq = seq
    sched.also(sub.seq_key, WRITE)


def mmu_interval_read_retry(sub: IntervalNotifier, seq: Seq) -> bool:
    """Under the driver's lock, in the step of the caller: what was read since ``seq`` is void."""
    sched.also(sub.seq_key, READ)
    return sub.invalidate_seq != seq


def mmu_interval_check_retry(sub: IntervalNotifier, seq: Seq) -> bool:
    """The same as a hint, without the lock and as a step: only true means anything."""
    sched.point(sub.seq_op)
    return sub.invalidate_seq != seq


def mmu_interval_notifier_insert(mm: Mm, start: int, end: int, ops: NotifierOps) -> IntervalNotifier:
    """Subscribe. The first subscription of an mm takes its mmap_lock for write, so that nothing is being changed."""
    sched.also((mm.oid, "subscriptions"), READ)
    if mm.subscriptions is None:
        mmu_notifier_register(mm)
    sub = IntervalNotifier(mm, start, end, ops)
    subs = sub.subscriptions()
    with subs.lock:
        if subs.active_invalidate_ranges:
            if subs.is_invalidating():
                subs.deferred.append(sub)
            else:
                subs.set_invalidate_seq(subs.invalidate_seq | 1)
                subs.tree.append(sub)
            sub.invalidate_seq = subs.invalidate_seq
        else:
            subs.tree.append(sub)
            sub.invalidate_seq = Seq(subs.invalidate_seq - 1)
    return sub


def mmu_notifier_register(mm: Mm) -> None:
    """mm_take_all_locks(): the mmap_lock and every anon_vma lock keep brackets from being open meanwhile."""
    mm.mmap_lock.down_write()
    locks = list(dict.fromkeys(vma.anon_vma.rwsem for vma in mm.vmas if vma.anon_vma is not None))
    for lock in locks:
        lock.down_write(nested=True)
    if mm.subscriptions is None:
        sched.also((mm.oid, "subscriptions"), WRITE)
        mm.subscriptions = Subscriptions()
    for lock in reversed(locks):
        lock.up_write()
    mm.mmap_lock.up_write()


def mmu_interval_notifier_remove(sub: IntervalNotifier) -> None:
    """Unsubscribe; when it returns no callback runs or will run. May sleep until running invalidations end: never
    from a callback or under a lock that one takes."""
    subs = sub.subscriptions()
    waits_for: Seq | None = None
    with subs.lock:
        if subs.is_invalidating():
            if sub in subs.tree:
                subs.deferred.append(sub)
                waits_for = subs.invalidate_seq
            else:
                subs.deferred.remove(sub)
        else:
            subs.tree.remove(sub)
    _might_wait_for_callbacks()
    if waits_for is not None:
        wait_event("the end of the invalidation", subs.seq_key, lambda: subs.invalidate_seq != waits_for)
