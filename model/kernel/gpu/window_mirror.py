# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU that mirrors a window around the page it faulted on, in one or two passes of hmm_range_fault().

Pass one gets the page and takes its neighbours as they are, pass two faults them in if the policy wants that; then
drm_gpusvm_get_pages() goes on as ever. drm_gpusvm_scan_mm() looks where the pages are, and faults nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from errno import EAGAIN, EBUSY, EFAULT
from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..mm import hmm
from ..mm.mmu_notifier import (
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_notifier_insert,
    mmu_interval_read_begin,
    mmu_interval_read_retry,
    mmu_interval_set_seq,
)
from ..object import Kobject
from ..sched import READ, Oops
from ..sync.rwsem import RwSem
from .page_table import GpuPageTable, GpuPte

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.page import Folio
    from ..mm.pte import Pte
    from .core import Drm

REQUEST = hmm.REQ_FAULT | hmm.REQ_WRITE
COVERED = 1 << 10  # addresses under the notifier

Pfns = dict[int, hmm.HmmPfn]
"""What a pass found, by page."""


class WindowMirror(Kobject):
    """Pages 0 .. ``pages``-1 of ``mm``; a GPU fault is always on the first. ``owner``: the device's group."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"config"})

    def __init__(self, drm: Drm, mm: Mm, owner: object, pages: int) -> None:
        super().__init__()
        self.config = drm.config
        self.mm = mm
        self.owner = owner
        self.pages = pages
        self.notifier_lock = RwSem("notifier_lock")
        self.page_table = GpuPageTable(drm, "gpu PT", mm)
        self.page_table.dma = False
        self.sub = mmu_interval_notifier_insert(mm, 0, COVERED, self)

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """drm_gpusvm_notifier_invalidate(). No engine uses the page table, so that there is no TLB to flush."""
        if not notified.blockable:
            return False
        self.notifier_lock.down_write()
        mmu_interval_set_seq(sub, seq)
        for vpn in range(notified.start, min(notified.end, self.pages)):
            self.page_table.zap(vpn)
        self.notifier_lock.up_write()
        return True

    def _walk(self, seq: Seq, window: range, asked: Collection[int], wanted: Collection[int]) -> Pfns | int:
        """hmm_range_fault(), mmap_lock held. ``asked``: pages with a request. ``wanted``: those it may fault in."""

        def faulting(vpn: int, entry: Pte, after_another: bool) -> None:
            if after_another and hmm.reported(walk, entry):
                raise Oops("prefetch", f"hmm_range_fault() faults page {vpn} back from the device that asks")
            if vpn not in wanted:
                raise Oops("prefetch", f"hmm_range_fault() faults page {vpn} in, which is nobody's to fault")

        walk = hmm.HmmRange(
            self.sub,
            seq,
            window.start,
            window.stop,
            pfn_flags_mask=REQUEST,
            dev_private_owner=self.owner,
            requests=[REQUEST if vpn in asked else 0 for vpn in window],
            faulting=faulting,
        )
        err = hmm.hmm_range_fault(walk)
        return err or dict(zip(window, walk.hmm_pfns, strict=True))

    # ---- a GPU fault

    def fault(self) -> int:
        """0; -EBUSY: out of time; -EFAULT: the page cannot be had."""
        while True:
            seq = mmu_interval_read_begin(self.sub)
            found = self._pass_one(seq)
            if not isinstance(found, int) and self.config.neighbours == "fault-in":
                seq, found = self._pass_two(seq, found)
            if isinstance(found, int) and found != -EBUSY:
                if self.config.permanent_error == "returned":
                    return found
                continue
            if not isinstance(found, int) and not self._commit(seq, found):
                return 0
            if self.config.deadline == "1000-ms" and sched.choose(2, "1000 ms are over"):
                return -EBUSY

    def _pass_one(self, seq: Seq) -> Pfns | int:
        window, how = range(self.pages), self.config.pass_one
        self.mm.mmap_lock.down_read()
        if how == "page-then-snapshot":
            found = self._walk(seq, window[:1], {0}, {0})
            rest = found if isinstance(found, int) else self._walk(seq, window[1:], (), ())
            found = found if isinstance(found, int) else rest if isinstance(rest, int) else {**found, **rest}
        else:
            found = self._walk(seq, window, {0} if how == "one-walk" else window, {0})
        if found == -EFAULT:
            vma = self.mm.find_vma(0)
            if vma is not None and not vma.io:
                raise Oops("gpu-fault", "a GPU fault fails for its neighbour: its own page could be had")
        self.mm.mmap_lock.up_read()
        return found

    def _pass_two(self, seq: Seq, found: Pfns) -> tuple[Seq, Pfns | int]:
        """With the sequence that the result is checked against. Neighbours that cannot be had are left out."""
        window, how = range(self.pages), self.config.pass_two
        if how == "neighbour-with-new-sequence":
            seq = mmu_interval_read_begin(self.sub)
        self.mm.mmap_lock.down_read()
        walked = window if how == "whole-window" else window[1:]
        more = self._walk(seq, walked, walked, walked)
        self.mm.mmap_lock.up_read()
        if more == -EFAULT:
            return seq, {0: found[0]}
        return seq, more if isinstance(more, int) else {**found, **more}

    def _commit(self, seq: Seq, found: Pfns) -> int:
        """Map what was found, if nothing was invalidated since; else -EAGAIN."""
        self.notifier_lock.down_read()
        stale = self.config.read_retry == "under-lock" and mmu_interval_read_retry(self.sub, seq)
        if not stale:
            for vpn, pfn in found.items():
                if pfn.folio is not None:
                    self._check_reachable(pfn.folio)
                    self.page_table.write_pte(vpn, GpuPte(pfn.folio, pfn.write))
        self.notifier_lock.up_read()
        return -EAGAIN if stale else 0

    def _check_reachable(self, folio: Folio) -> None:
        if folio.pgmap is not None and folio.pgmap.owner is not self.owner:
            raise Oops("gpu-mapping", f"{folio!r} is mapped, which only another device reaches")

    # ---- a scan

    def scan(self) -> Pfns | int:
        """drm_gpusvm_scan_mm(): what is where. The next sequence is waited for with the mmap_lock held."""
        while True:
            seq = mmu_interval_read_begin(self.sub)
            self.mm.mmap_lock.down_read()
            seq, found = self._scan_until_quiet(seq)
            self.mm.mmap_lock.up_read()
            if isinstance(found, int):
                if self.config.scan_error == "unlock-and-free":
                    self.notifier_lock.up_read()
                return found
            self.notifier_lock.down_read()
            valid = not mmu_interval_read_retry(self.sub, seq)
            if valid:
                self._check_scan(found.items())
            self.notifier_lock.up_read()
            if valid:
                return found
            if self.config.scan_retry == "deadline" and sched.choose(2, "1000 ms are over"):
                return -EBUSY

    def _scan_until_quiet(self, seq: Seq) -> tuple[Seq, Pfns | int]:
        window = range(self.pages)
        asked = window if self.config.scan_asks == "fault" else ()
        while True:
            found = self._walk(seq, window, asked, ())
            if found != -EBUSY or sched.choose(2, "1000 ms are over"):
                return seq, found
            seq = mmu_interval_read_begin(self.sub)

    def _check_scan(self, found: Iterable[tuple[int, hmm.HmmPfn]]) -> None:
        """In the step that read the sequence: a valid answer is what the CPU maps now."""
        for vpn, pfn in found:
            sched.also(self.mm.pte_op(vpn).key, READ)
            if pfn.folio is not None and self.mm.pte(vpn).folio is not pfn.folio:
                raise Oops("hmm", f"hmm_range_fault() says {pfn.folio!r} is at {vpn}, where it is not")
