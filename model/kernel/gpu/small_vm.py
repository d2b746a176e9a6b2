# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU VM of an older driver: one interval notifier, one mutex, no ranges (drivers/gpu/drm/nouveau/nouveau_svm.c).

``skips_own``: as in nouveau, the callback zaps nothing for migrations that carry the driver as their owner. The driver
then invalidates by itself, and maps migrated pages itself between migrate_vma_pages() and _finalize().
"""

from __future__ import annotations

from errno import EBUSY, EFAULT
from typing import TYPE_CHECKING, ClassVar

from ..mm import hmm
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
from ..sched import pending
from ..slab import Slab
from ..sync.mutex import Mutex
from .page_table import GpuPageTable, GpuPte

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from .core import Drm

ADDRESSES = 1 << 10  # what the notifier covers


class SmallVm(Slab):
    """nouveau_svmm. Freed with the process that made it."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm"})

    def __init__(self, drm: Drm, name: str, mm: Mm, owner: object, skips_own: bool) -> None:
        super().__init__()
        self.drm = drm
        self.mm = mm
        self.owner = owner
        self.skips_own = skips_own
        self.mutex = Mutex("svmm->mutex")
        self.page_table = GpuPageTable(drm, f"{name} PT", mm)
        self.page_table.dma = False
        self.page_table.own_migrations = skips_own
        self.unmapped: list[tuple[int, int]] = []  # ranges of which the notifier heard that their VMA is gone
        self.sub = mmu_interval_notifier_insert(mm, 0, ADDRESSES, self)

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """nouveau_svmm_invalidate_range_start() and nouveau_svm_range_invalidate()."""
        if not notified.blockable:
            return False
        with self.mutex:
            mmu_interval_set_seq(sub, seq)
            if self.skips_own and notified.event is Event.MIGRATE and notified.owner is self.owner:
                return True
            self._zap(notified.start, notified.end)
            if notified.event is Event.UNMAP:
                self.unmapped.append((notified.start, notified.end))
        return True

    def _zap(self, start: int, end: int) -> None:
        zapped = [self.page_table.zap(vpn) for vpn in sorted(self.page_table.ptes) if start <= vpn < end]
        if any(zapped):
            self.page_table.flush(start, min(end, max(self.page_table.tlb, default=start) + 1))

    def invalidate_window(self, start: int, end: int) -> None:
        """nouveau_svmm_invalidate(): the driver's own migration makes up for the notifier that it skips."""
        self.alive()
        with self.mutex:
            self._zap(start, end)

    def map_ahead(self, vpn: int, entry: GpuPte) -> None:
        """nouveau_pfns_map(): the new page, while the CPU has a migration entry still."""
        self.alive()
        with self.mutex:
            self.page_table.write_pte(vpn, entry)

    def fault(self, vpn: int) -> int:
        """nouveau_range_fault(): 0, or -EFAULT."""
        with pending("gpu-fault-returns"):
            while True:
                err = self._try(vpn)
                if err != -EBUSY:
                    return err

    def _try(self, vpn: int) -> int:
        seq = mmu_interval_read_begin(self.sub)
        walk = hmm.HmmRange(self.sub, seq, vpn, vpn + 1, default_flags=hmm.REQ_FAULT, dev_private_owner=self.owner)
        self.mm.mmap_lock.down_read()
        err = hmm.hmm_range_fault(walk)
        self.mm.mmap_lock.up_read()
        if err:
            return err
        folio = walk.hmm_pfns[0].folio
        if folio is None:
            return -EFAULT
        with self.mutex:
            if mmu_interval_read_retry(self.sub, seq):
                return -EBUSY
            self.page_table.write_pte(vpn, GpuPte(folio, walk.hmm_pfns[0].write))
        return 0

    def load(self, vpn: int) -> bytes | int:
        """A GPU's load, with faults until it succeeds or cannot."""
        while True:
            got = self.page_table.load(vpn)
            if got is not None:
                return got
            err = self.fault(vpn)
            if err:
                return err

    def fini(self) -> None:
        """nouveau_svmm_fini(), when the process exits."""
        mmu_interval_notifier_remove(self.sub)
        with self.mutex:
            self._zap(0, ADDRESSES)
        self.kfree()
