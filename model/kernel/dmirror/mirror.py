# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dmirror``: one open file of the device, which mirrors the address space of the process that opened it.

Its page table holds no references to pages: the notifier erases entries before the pages go. A device access finds the
entry and reaches the page in one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from errno import EBUSY, EFAULT, ENOENT
from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..mm.exit import mmput
from ..mm.hmm import REQ_FAULT, REQ_WRITE, HmmRange, hmm_range_fault
from ..mm.mmu_notifier import (
    Event,
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_read_begin,
    mmu_interval_read_retry,
    mmu_interval_set_seq,
)
from ..sched import READ, WRITE, Oops, Op, point
from ..slab import Slab
from ..sync.mutex import Mutex
from .check import MirrorCheck

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..mm.address_space import Mm
    from ..mm.page import Folio
    from .device import DmirrorDevice

MOST_PAGES = 1 << 20  # of the address space: the notifier covers all of it


class Tag(Enum):
    """What the device may do by an entry: DPT_XA_TAG_*."""

    READ = "read"
    WRITE = "write"
    ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the device's page table."""

    folio: Folio
    tag: Tag


@dataclass(slots=True)
class Result:
    """``struct hmm_dmirror_cmd`` on return. ``ret``: 0 or a negative error; ``data``: pages read, in order."""

    ret: int = 0
    cpages: int = 0
    faults: int = 0
    data: list[bytes] = field(default_factory=list[bytes])


class Dmirror(Slab):
    """``mutex`` protects the page table and is what the notifier callback takes."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"_entry_ops"})

    def __init__(self, mdevice: DmirrorDevice, mm: Mm) -> None:
        """dmirror_fops_open()."""
        super().__init__()
        self.mdevice = mdevice
        self.mm = mm
        self.mutex = Mutex("dmirror")
        self.pt: dict[int, Entry] = {}
        self.invalidations = Seq(0)  # by anybody but the own device; protected by the mutex
        self._entry_ops: dict[tuple[int, int], Op] = {}
        self.notifier = mmu_interval_notifier_insert(mm, 0, MOST_PAGES, self)
        mdevice.kernel.page_checks.append(MirrorCheck(self).check)

    def __repr__(self) -> str:
        return f"mirror of {self.mm.name} on {self.mdevice.name}"

    def release(self) -> None:
        """dmirror_fops_release(): pages that still point here are migrated first, as ``mirror_release`` says."""
        mmu_interval_notifier_remove(self.notifier)
        self.pt.clear()
        policy = self.mdevice.kernel.config.mirror_release
        if policy != "none":
            self.mdevice.evict_chunk()
        while policy == "until-empty" and self.mdevice.in_use():
            self.mdevice.evict_chunk()
        self.kfree()

    # ---- the device's page table

    def entry_op(self, vpn: int, mode: int) -> Op:
        op = self._entry_ops.get((vpn, mode))
        if op is None:
            verb = "device reads" if mode == READ else "device PTE"
            op = self._entry_ops[vpn, mode] = Op(f"{verb} {self.mdevice.name}:{vpn}", (self.oid, "pt", vpn), mode)
        return op

    def store(self, vpn: int, entry: Entry) -> None:
        """xa_store(), with the mutex held."""
        self.pt[vpn] = entry
        self._changed(vpn)

    def erase(self, vpn: int) -> None:
        """xa_erase(), without the mutex: a step."""
        self.alive()
        point(self.entry_op(vpn, WRITE))
        self.pt.pop(vpn, None)
        self._changed(vpn)

    def _changed(self, vpn: int) -> None:
        sched.also(self.entry_op(vpn, WRITE).key, WRITE)
        self.mdevice.kernel.dirty_ptes.append((self.mm, vpn))

    def do_update(self, start: int, end: int, keep: object = None) -> None:
        """dmirror_do_update(): entries of the range go, with the mutex held, but those for pages of ``keep`` stay."""
        for vpn, entry in list(self.pt.items()):
            if start <= vpn < end and (keep is None or entry.folio.pgmap is not keep):
                del self.pt[vpn]
                self._changed(vpn)

    # ---- the notifier

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """dmirror_interval_invalidate()."""
        if notified.event is Event.EXCLUSIVE and notified.owner is self.mdevice:
            return True  # or no attempt of ours would ever be valid
        own = notified.event is Event.MIGRATE and notified.owner is self.mdevice
        policy = self.mdevice.kernel.config.own_migrations
        if own and policy == "ignored":
            return True
        if notified.blockable:
            self.mutex.lock()
        elif not self.mutex.trylock():
            return False
        mmu_interval_set_seq(sub, seq)
        if not own:
            self.invalidations = Seq(self.invalidations + 1)
        keep = self.mdevice.pgmap if own and policy == "own-pages-kept" else None
        self.do_update(notified.start, notified.end, keep)
        self.mutex.unlock()
        return True

    def count_invalidations(self) -> Seq:
        """How often somebody else has invalidated something, at a time when nobody was about to."""
        while True:
            seq = mmu_interval_read_begin(self.notifier)
            self.mutex.lock()
            quiet = not mmu_interval_read_retry(self.notifier, seq)
            found = self.invalidations
            self.mutex.unlock()
            if quiet:
                return found

    # ---- device faults

    def fault(self, start: int, end: int, write: bool) -> int:
        """dmirror_fault(): every page of the range is mirrored, or an error. 0 too if the address space is gone."""
        if not self.mm.mmget_not_zero():
            return 0
        flags = REQ_FAULT | (REQ_WRITE if write else 0)
        found = HmmRange(self.notifier, Seq(0), start, end, flags, dev_private_owner=self.mdevice)
        ret = self.range_fault(found)
        if not ret:
            ret = self._do_fault(found)
            self.mutex.unlock()
        mmput(self.mm)
        return ret

    def range_fault(self, found: HmmRange) -> int:
        """dmirror_range_fault(): 0 with the mutex held and the answer valid; the 1000 ms may be over: -EBUSY."""
        while True:
            found.notifier_seq = mmu_interval_read_begin(found.notifier)
            self.mm.mmap_lock.down_read()
            ret = hmm_range_fault(found)
            self.mm.mmap_lock.up_read()
            if ret and ret != -EBUSY:
                return ret
            if not ret:
                self.mutex.lock()
                if not mmu_interval_read_retry(found.notifier, found.notifier_seq):
                    return 0
                self.mutex.unlock()
            if self.mdevice.timeouts and sched.choose(2, "1000 ms are over"):
                return -EBUSY

    def _do_fault(self, found: HmmRange) -> int:
        """dmirror_do_fault(): what hmm_range_fault() found becomes the device's page table."""
        for vpn, pfn in enumerate(found.hmm_pfns, found.start):
            if pfn.folio is None:
                raise Oops("hmm", f"hmm_range_fault() returned 0 without the page at {vpn} that was asked for")
            if found.default_flags & REQ_WRITE and not pfn.write:
                return -EFAULT  # a page of this device, shared after fork(): it is not faulted in
            self.store(vpn, Entry(pfn.folio, Tag.WRITE if pfn.write else Tag.READ))
        return 0

    # ---- device reads and writes

    def device_read(self, start: int, npages: int) -> Result:
        """HMM_DMIRROR_READ: the contents of the pages, through the device's page table."""
        result = Result()
        self._access(start, npages, False, result, self._load)
        return result

    def device_write(self, start: int, pages: list[bytes]) -> Result:
        """HMM_DMIRROR_WRITE: new contents for the pages from ``start``."""
        result = Result()

        def store(vpn: int, folio: Folio, into: Result) -> None:
            data = pages[vpn - start]
            sched.also(folio.data_key, WRITE)
            folio.data[: len(data)] = data
            self.mdevice.kernel.oracle.stored(self.mm, vpn, 0, data)
            into.cpages += 1

        self._access(start, len(pages), True, result, store)
        return result

    def _load(self, vpn: int, folio: Folio, into: Result) -> None:
        sched.also(folio.data_key, READ)
        data = bytes(folio.data)
        self.mdevice.kernel.oracle.loaded(self.mm, vpn, 0, data)
        into.data.append(data)
        into.cpages += 1

    def _access(
        self, start: int, npages: int, write: bool, result: Result, act: Callable[[int, Folio, Result], None]
    ) -> None:
        """dmirror_read(), dmirror_write(): go on after each fault where the last attempt stopped."""
        end = start + npages
        while True:
            self.mutex.lock()
            result.ret = self.do_access(start + result.cpages, end, write, result, act)
            self.mutex.unlock()
            if result.ret != -ENOENT:
                return
            result.ret = self.fault(start + result.cpages, end, write)
            if result.ret:
                return
            result.faults += 1

    def do_access(
        self, start: int, end: int, write: bool, result: Result, act: Callable[[int, Folio, Result], None]
    ) -> int:
        """dmirror_do_read(), dmirror_do_write(), with the mutex held. -ENOENT: the device has no (writable) entry."""
        for vpn in range(start, end):
            point(self.entry_op(vpn, READ))
            entry = self.pt.get(vpn)
            if entry is None or (write and entry.tag is not Tag.WRITE):
                return -ENOENT
            if entry.folio.refcount <= 0:
                raise Oops("use-after-free", f"{self!r} reaches {entry.folio!r} at {vpn}, which is free")
            act(vpn, entry.folio, result)
        return 0

    def read_back(self, start: int, npages: int) -> Result:
        """dmirror_do_read() alone: what the device has, without faulting."""
        result = Result()
        self.mutex.lock()
        result.ret = self.do_access(start, start + npages, False, result, self._load)
        self.mutex.unlock()
        return result
