# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``drm_gpusvm`` (drivers/gpu/drm/drm_gpusvm.c): ranges of an address space that a GPU mirrors, under wide notifiers.

The notifier lock protects the trees, the flags of the ranges and the GPU's PTEs: written in the notifier callback, read
by whoever inserts, removes, maps or binds. The driver's lock keeps find, insert and remove apart. No page of a range is
referenced: that the callback comes before any page goes is all that keeps a mapping from outliving it.
"""

from __future__ import annotations

from errno import EFAULT, EIO, ENOENT, EPERM
from typing import TYPE_CHECKING, ClassVar, Protocol

from .. import sched
from ..mm.exit import mmput
from ..mm.mmu_notifier import (
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_set_seq,
)
from ..object import Kobject
from ..sched import Oops, point
from ..slab import Slab
from ..sync import lockdep
from ..sync.rwsem import RwSem
from . import range_pages

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.page import Folio
    from ..mm.vma import Vma
    from .core import Drm


class Range(Slab):
    """drm_gpusvm_range: pages ``start`` .. ``end``-1, all of one VMA when it was made.

    Flags: ``unmapped``, ``partial_unmap``, ``has_devmem_pages``, ``has_dma_mapping``. ``dma``: what get_pages() found,
    by page; None: no array. ``mapped``: the pages that are mapped for the device now. The driver's own:
    ``tile_present`` and ``tile_invalidated``, ``collected`` (on the list of the garbage collector).
    """

    def __init__(self, notifier: Notifier, start: int, end: int, migrate_devmem: bool) -> None:
        super().__init__()
        self.notifier = notifier
        self.start = start
        self.end = end
        self.migrate_devmem = migrate_devmem
        self.unmapped = False
        self.partial_unmap = False
        self.has_devmem_pages = False
        self.has_dma_mapping = False
        self.dma: list[range_pages.Found] | None = None
        self.mapped: list[Folio] = []
        self.tile_present = False
        self.tile_invalidated = False
        self.collected = False
        self.tile_op = self.op("tile_present", 0)  # a look at both flags without a lock

    def __repr__(self) -> str:
        return f"range [{self.start}:{self.end}]"

    def set_tile(self, present: bool, invalidated: bool) -> None:
        """WRITE_ONCE() of the driver's flags, which others read without a lock: in the step of the caller."""
        sched.also(self.tile_op.key, sched.WRITE)
        self.tile_present, self.tile_invalidated = present, invalidated

    def pages_valid(self) -> bool:
        """drm_gpusvm_range_pages_valid(), notifier lock held: nothing was invalidated since get_pages()."""
        return self.has_devmem_pages or self.has_dma_mapping


class Notifier(Slab):
    """drm_gpusvm_notifier: a subscription to many addresses, with the ranges inside."""

    def __init__(self, gpusvm: GpuSvm, start: int, end: int) -> None:
        super().__init__()
        self.gpusvm = gpusvm
        self.start = start
        self.end = end
        self.ranges: list[Range] = []
        self.sub: IntervalNotifier | None = None

    def subscription(self) -> IntervalNotifier:
        assert self.sub is not None
        return self.sub

    def find(self, vpn: int) -> Range | None:
        """drm_gpusvm_range_find()."""
        for found in self.ranges:
            if found.start <= vpn < found.end:
                found.alive()
                return found
        return None

    def overlapping(self, start: int, end: int) -> list[Range]:
        return [found for found in self.ranges if found.start < end and found.end > start]

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """drm_gpusvm_notifier_invalidate()."""
        if not notified.blockable:
            return False
        gpusvm = self.gpusvm
        config = gpusvm.config
        gpusvm.ops.before_invalidate()
        gpusvm.notifier_lock.down_write()
        self.alive()
        if config.set_seq == "under-lock":
            mmu_interval_set_seq(sub, seq)
        if config.driver_part == "under-lock":
            gpusvm.ops.invalidate(self, notified)
        gpusvm.notifier_lock.up_write()
        if config.driver_part == "after-unlock":
            gpusvm.ops.invalidate(self, notified)
        if config.set_seq == "after-unlock":
            point(gpusvm.late_seq_op)
            mmu_interval_set_seq(sub, seq)
        gpusvm.ops.after_invalidate(self)
        return True


class GpuSvmOps(Protocol):
    """drm_gpusvm_ops."""

    def invalidate(self, notifier: Notifier, notified: NotifierRange) -> None:
        """Addresses of the notifier are about to change; the notifier lock is held for write."""
        ...

    def before_invalidate(self) -> None:
        """What a broken driver does before it takes the notifier lock in its callback."""
        ...

    def after_invalidate(self, notifier: Notifier) -> None:
        """What a broken driver does at the end of its callback."""
        ...


class GpuSvm(Kobject):
    """drm_gpusvm. ``driver_lock``: the driver's, registered by drm_gpusvm_driver_set_lock(); None: not checked.

    ``notifier_size`` and ``chunk``: pages under one notifier, and in one range at most.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm", "config"})

    def __init__(self, drm: Drm, mm: Mm, ops: GpuSvmOps, notifier_size: int, chunk: int) -> None:
        super().__init__()
        self.drm = drm
        self.config = drm.config
        self.mm = mm
        self.ops = ops
        self.notifier_size = notifier_size
        self.chunk = chunk
        self.notifier_lock = RwSem("notifier_lock")
        self.driver_lock: object | None = None
        self.notifiers: list[Notifier] = []
        self.late_seq_op = self.op("late set_seq", 0)

    def _driver_lock_held(self) -> None:
        if self.driver_lock is not None:
            lockdep.assert_held(self.driver_lock, "drm_gpusvm changes its ranges without the driver's lock")

    def notifier_find(self, vpn: int) -> Notifier | None:
        for found in self.notifiers:
            if found.start <= vpn < found.end:
                found.alive()
                return found
        return None

    # ---- find or insert

    def range_find_or_insert(self, vpn: int, write: bool) -> Range | int:
        """drm_gpusvm_range_find_or_insert(): -EFAULT: the mm is gone; -ENOENT: no VMA; -EIO: one without pages."""
        self._driver_lock_held()
        if not self.mm.mmget_not_zero():
            return -EFAULT
        notifier = self.notifier_find(vpn)
        fresh = notifier is None
        if notifier is None:
            start = vpn - vpn % self.notifier_size
            notifier = Notifier(self, start, start + self.notifier_size)
            notifier.sub = mmu_interval_notifier_insert(self.mm, notifier.start, notifier.end, notifier)
        self.mm.mmap_lock.down_read()
        found = self._find_or_insert(notifier, vpn, write)
        if fresh and isinstance(found, Range):
            if self.notifier_find(vpn) is not None:
                raise Oops("range-unique", f"a second notifier is inserted for page {vpn}")
            self.notifiers.append(notifier)
        self.mm.mmap_lock.up_read()
        if fresh and not isinstance(found, Range):
            self._notifier_free(notifier)
        mmput(self.mm)
        return found

    def _find_or_insert(self, notifier: Notifier, vpn: int, write: bool) -> Range | int:
        vma = self.mm.find_vma(vpn)
        if vma is None:
            return -ENOENT
        if vma.io:
            return -EIO
        if write and not vma.writable:
            return -EPERM
        found = notifier.find(vpn)
        if found is not None:
            return found
        start, end = self._chunk(notifier, vma, vpn)
        found = Range(notifier, start, end, vma.anonymous)
        self.notifier_lock.down_read()
        if notifier.overlapping(start, end):
            raise Oops("range-unique", f"{found!r} is inserted where there is a range already")
        notifier.ranges.append(found)
        self.notifier_lock.up_read()
        return found

    def _chunk(self, notifier: Notifier, vma: Vma, vpn: int) -> tuple[int, int]:
        """drm_gpusvm_range_chunk_size(): the largest that fits the VMA and the notifier, beside other ranges."""
        size = self.chunk
        while size > 1:
            start = vpn - vpn % size
            end = start + size
            inside = max(vma.start, notifier.start) <= start and end <= min(vma.end, notifier.end)
            if inside and not notifier.overlapping(start, end):
                return start, end
            size //= 2
        return vpn, vpn + 1

    # ---- removal

    def range_remove(self, dead: Range) -> None:
        """drm_gpusvm_range_remove(): the last range takes its notifier along."""
        self._driver_lock_held()
        dead.alive()
        notifier = dead.notifier
        self.notifier_lock.down_read()
        range_pages.unmap_pages(self, dead)
        dead.dma = None
        if dead not in notifier.ranges:
            raise Oops("double-free", f"{dead!r} is removed twice")
        notifier.ranges.remove(dead)
        self.notifier_lock.up_read()
        dead.kfree()
        if not notifier.ranges:
            self.notifiers.remove(notifier)
            self._notifier_free(notifier)

    def _notifier_free(self, notifier: Notifier) -> None:
        """Waits for callbacks that run, which is why nothing that they take may be held here."""
        mmu_interval_notifier_remove(notifier.subscription())
        notifier.kfree()

    def fini(self) -> None:
        """drm_gpusvm_fini(): the driver has invalidated everything before."""
        for notifier in list(self.notifiers):
            for found in list(notifier.ranges):
                self.range_remove(found)
