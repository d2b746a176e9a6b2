# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU VM in fault mode that mirrors an address space (drivers/gpu/drm/xe/xe_svm.c): callback, bind, collector.

Each rule that the callback and the bind must keep can be broken by an option.
"""

from __future__ import annotations

from errno import EAGAIN
from typing import TYPE_CHECKING, ClassVar

from ..mm.mmu_notifier import Event, NotifierRange, mmu_interval_notifier_remove
from ..object import Kobject
from ..sched import Oops
from ..sync.fence import Fence
from ..sync.mutex import Mutex
from ..sync.spinlock import SpinLock
from . import range_pages
from .copy_engine import Engine
from .dma_resv import BOOKKEEP, DmaResv, DrmExec
from .gpusvm import GpuSvm, Notifier, Range
from .page_table import GpuPageTable, GpuPte

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from .core import Drm
    from .xe_device import XeDevice


class XeVm(Kobject):
    """xe_vm. ``svm_lock``: vm->lock, around every fault. ``garbage``: ranges whose VMA is gone, under ``gc_lock``.

    ``read_only``: the GPU may not write; otherwise every page it reads is made writable (ctx->read_only).
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm", "config"})

    def __init__(
        self, drm: Drm, device: XeDevice, mm: Mm, notifier_size: int = 4, chunk: int = 1, read_only: bool = False
    ) -> None:
        super().__init__()
        self.drm = drm
        self.config = drm.config
        self.device = device
        self.mm = mm
        self.read_only = read_only
        self.closed = False
        self.svm_lock = Mutex("vm->lock")
        self.range_lock = Mutex("range->lock")
        self.resv = DmaResv("vm_resv")
        self.gc_lock = SpinLock("garbage_collector.lock")
        self.garbage: list[Range] = []
        self.page_table = GpuPageTable(drm, f"{device.name} PT", mm)
        self.gpusvm = GpuSvm(drm, mm, self, notifier_size, chunk)
        if self.config.serialise == "vm-lock":
            self.gpusvm.driver_lock = self.svm_lock
        device.vms.append(self)
        drm.kernel.page_finishes.append(self._finish)
        self.bind_engine = Engine(f"{device.name} bind") if self.config.bind == "job" else None
        if self.config.tlb_flush == "not-waited-for":
            self.page_table.firmware = Engine(f"{device.name} firmware")

    # ---- the notifier callback

    def before_invalidate(self) -> None:
        """Locks that are forbidden in the callback."""
        if self.config.also_takes == "svm-lock":
            with self.svm_lock:
                pass
        elif self.config.also_takes == "mmap-lock":
            self.mm.mmap_lock.down_read()
            self.mm.mmap_lock.up_read()
        elif self.config.also_takes == "dma-resv":
            self.resv.lock.lock()
            self.resv.lock.unlock()

    def after_invalidate(self, notifier: Notifier) -> None:
        if self.config.also_takes == "interval-remove":
            mmu_interval_notifier_remove(notifier.subscription())

    def invalidate(self, notifier: Notifier, notified: NotifierRange) -> None:
        """xe_svm_invalidate(): wait for binds, zap, flush and wait; only then unmap for DMA."""
        hit = notifier.overlapping(notified.start, notified.end)
        if not hit:
            return
        if self.bind_engine is not None and self.config.bind_fence == "waited-for":
            self.resv.wait(BOOKKEEP)
        if self.config.dma_unmap == "first":
            self._unmap_for_dma(hit)
        self._zap(hit)
        if self.config.dma_unmap == "last":
            self._unmap_for_dma(hit)
        if notified.event is Event.UNMAP and self.config.collect == "queued":
            for found in hit:
                self._collect(found, notified)

    def _zap(self, hit: list[Range]) -> None:
        """The leaf PTEs, and then the TLB, or the other way round."""
        config = self.config
        present = [found for found in hit if found.tile_present]
        if config.zap == "flushed-first":
            self._flush(present)
        for found in present:
            if config.zap != "skipped":
                for vpn in range(found.start, found.end):
                    self.page_table.zap(vpn)
                found.set_tile(True, True)
        if config.zap != "flushed-first":
            self._flush(present)

    def _flush(self, present: list[Range]) -> None:
        if not present or self.config.tlb_flush == "skipped":
            return
        first, end = min(found.start for found in present), max(found.end for found in present)
        if self.config.tlb_flush == "not-waited-for":
            self.page_table.flush_later(first, end)
        else:
            self.page_table.flush(first, end)

    def _unmap_for_dma(self, hit: list[Range]) -> None:
        for found in hit:
            range_pages.unmap_pages(self.gpusvm, found)

    def _collect(self, found: Range, notified: NotifierRange) -> None:
        """drm_gpusvm_range_set_unmapped() and xe_svm_garbage_collector_add_range()."""
        found.unmapped = True
        if found.start < notified.start or found.end > notified.end:
            found.partial_unmap = True
        with self.gc_lock:
            if not found.collected:
                found.collected = True
                self.garbage.append(found)

    # ---- garbage collector

    def collect_garbage(self) -> None:
        """xe_svm_garbage_collector(), the driver's lock held: unbind the ranges whose VMA changed, and remove them."""
        while True:
            with self.gc_lock:
                if not self.garbage:
                    return
                found = self.garbage.pop(0)
            self._unbind(found)
            self.gpusvm.range_remove(found)

    def _unbind(self, found: Range) -> None:
        """Where the callback left nothing to unbind this is a look at the page table under the VM's reservation."""
        with DrmExec(self.drm.ww_class) as exec:
            exec.until_all_locked(lambda: (self.resv,))
            self.gpusvm.notifier_lock.down_read()
            if found.tile_present:
                zapped = [self.page_table.zap(vpn) for vpn in range(found.start, found.end)]
                if any(zapped):
                    self.page_table.flush(found.start, found.end)
            found.set_tile(False, found.tile_invalidated)
            self.gpusvm.notifier_lock.up_read()

    # ---- bind

    def bind(self, found: Range) -> int:
        """xe_vm_range_rebind() up to xe_pt_update_ops_run(): the commit under the notifier lock, if the pages of
        get_pages() are valid still; -EAGAIN if not. Returns when the PTEs are written."""
        fence: Fence | None = None
        config = self.config
        lock = self.gpusvm.notifier_lock
        with DrmExec(self.drm.ww_class) as exec:
            exec.until_all_locked(lambda: (self.resv,))
            if config.commit == "under-lock":
                lock.down_read()
            dma = found.dma
            if dma is None or (config.pages_valid == "checked" and not found.pages_valid()):
                if config.commit == "under-lock":
                    lock.up_read()
                return -EAGAIN
            fence = self._write_ptes(
                found,
                [(vpn, GpuPte(d.folio, d.write)) for vpn, d in zip(range(found.start, found.end), dma, strict=True)],
            )
            found.set_tile(True, False)
            if config.commit == "under-lock":
                lock.up_read()
        if fence is not None:
            fence.wait()
        return 0

    def _write_ptes(self, found: Range, entries: list[tuple[int, GpuPte]]) -> Fence | None:
        """By the CPU, or by a job whose fence goes to the VM's reservation."""

        def run() -> None:
            for vpn, entry in entries:
                self.page_table.write_pte(vpn, entry)

        if self.bind_engine is None:
            run()
            return None
        fence = self.bind_engine.submit(f"bind {found!r}", run)
        self.resv.add_fence(fence, BOOKKEEP)
        return fence

    # ---- the end

    def close(self) -> None:
        """xe_vm_close_and_put(): no fault is served from now on, and nothing is mapped any more."""
        with self.svm_lock:
            self.collect_garbage()
            self.gpusvm.notifier_lock.down_write()
            self.closed = True
            for notifier in self.gpusvm.notifiers:
                self._zap(notifier.ranges)
            self.gpusvm.notifier_lock.up_write()
            self.gpusvm.fini()
            self.garbage.clear()

    def _finish(self) -> None:
        """A range that outlives its VMA would be found by the next fault there, whatever is mapped by then."""
        for notifier in self.gpusvm.notifiers:
            for found in notifier.ranges:
                if not found.unmapped and any(self.mm.find_vma(vpn) is None for vpn in range(found.start, found.end)):
                    raise Oops("range-collected", f"{found!r} is left though its VMA is gone")
