# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Drivers whose device pages lead to something virtual: what zone_device_data must not be.

    nouveau           it is the svmm, a GPU address space: own migrations skip the notifier and invalidate that svmm
    recorded-address  as nouveau, and the address to invalidate is the one that the page was migrated at
    amdkfd            it is the svm_bo, and the range is looked up by the fault's address in the svm_bo's process

nouveau_dmem_migrate_to_ram() (drivers/gpu/drm/nouveau/nouveau_dmem.c), svm_migrate_to_ram() (amdkfd/kfd_migrate.c).
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EBUSY, ENOENT
from typing import TYPE_CHECKING, ClassVar

from ..mm.exit import mmput
from ..mm.fault import VM_FAULT_SIGBUS
from ..mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from ..mm.page import zone_device_page_init
from ..mm.pagemap import DevPagemap
from ..object import Kobject
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.mutex import Mutex
from .copy import copy_pages
from .page_table import GpuPte
from .small_vm import SmallVm

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.fault import Vmf
    from ..mm.page import Folio
    from .core import Drm


@dataclass(frozen=True, slots=True, eq=False)
class SvmmData:
    """zone_device_data of nouveau: whose page it is, and where it was."""

    svmm: SmallVm
    recorded: int


class SvmRange(Kobject):
    """amdkfd's svm_range of one page. ``in_vram``: actual_loc."""

    def __init__(self, vpn: int) -> None:
        super().__init__()
        self.vpn = vpn
        self.in_vram = False
        self.migrate_mutex = Mutex("prange->migrate_mutex")


class SvmBo(Slab):
    """amdkfd's svm_range_bo: one reference for each page; ``mm``: of its eviction fence."""

    def __init__(self, mm: Mm) -> None:
        super().__init__()
        self.mm = mm
        self.refs = Refcount("svm_bo.kref", 1)

    def put(self) -> None:
        self.alive()
        if self.refs.put():
            self.kfree()


class VirtualPagemap(Kobject):
    """Device memory of such a driver; ``vm``: the GPU address space of the process that opened it.

    ``ranges``: amdkfd's tree, under ``svms_lock``.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm"})

    def __init__(self, drm: Drm, name: str, pages: int, mm: Mm) -> None:
        super().__init__()
        self.drm = drm
        self.kernel = drm.kernel
        self.driver = drm.config.driver
        self.pgmap = DevPagemap(drm.kernel, f"{name} vram", pages, self, self)
        self.vm = self.new_vm(name, mm)
        self.svms_lock = Mutex("svms->lock")
        self.ranges: dict[int, SvmRange] = {}

    def new_vm(self, name: str, mm: Mm) -> SmallVm:
        """A process opens the device."""
        return SmallVm(self.drm, name, mm, self, skips_own=self.driver != "amdkfd")

    # ---- to the device

    def migrate_to_devmem(self, mm: Mm, vpn: int) -> int:
        """One page, by the process that owns ``vm``; mmap_lock is taken here."""
        mm.mmap_lock.down_read()
        err = self._migrate(mm, vpn)
        mm.mmap_lock.up_read()
        return err

    def _migrate(self, mm: Mm, vpn: int) -> int:
        vma = mm.find_vma(vpn)
        if vma is None:
            return -ENOENT
        args = MigrateVma(vma, vpn, vpn + 1, self, select_system=True)
        if migrate_vma_setup(args) or not args.cpages:
            return -EBUSY
        source = args.src[0]
        page = next((folio for folio in self.pgmap.folios if folio.refcount == 0), None)
        if page is not None and source is not None and source.folio is not None:
            page.set_zone_device_data(self._data(vpn))
            zone_device_page_init(page)
            args.dst[0] = page
            copy_pages(self.drm, [(source.folio, page)])
        migrate_vma_pages(args)
        moved = args.src[0] is not None and args.src[0].migrate and page is not None
        if moved and page is not None and self.driver != "amdkfd":
            self.vm.map_ahead(vpn, GpuPte(page, args.src[0] is not None and args.src[0].write))
        migrate_vma_finalize(args)
        return 0 if moved else -EBUSY

    def _data(self, vpn: int) -> object:
        if self.driver == "amdkfd":
            self.ranges.setdefault(vpn, SvmRange(vpn)).in_vram = True
            return SvmBo(self.vm.mm)
        return SvmmData(self.vm, vpn)

    # ---- dev_pagemap_ops

    def migrate_to_ram(self, vmf: Vmf) -> int:
        page = vmf.page
        assert page is not None
        data = page.zone_device_data
        if isinstance(data, SvmBo):
            return self._svm_migrate_to_ram(vmf, page, data)
        return self._bring_back(vmf, page, data)[0]

    def folio_free(self, folio: Folio) -> None:
        self.pgmap.page_freed()
        data = folio.zone_device_data
        if isinstance(data, SvmBo):
            data.put()

    def _svm_migrate_to_ram(self, vmf: Vmf, page: Folio, svm_bo: SvmBo) -> int:
        """svm_migrate_to_ram(): the range of that address in the process of the svm_bo, whoever faulted."""
        svm_bo.alive()
        if not svm_bo.mm.mmget_not_zero():
            return VM_FAULT_SIGBUS
        ret = VM_FAULT_SIGBUS
        with self.svms_lock:
            self._deferred_list_work()
            prange = self.ranges.get(vmf.address)
            if prange is not None:
                with prange.migrate_mutex:
                    ret, moved = self._bring_back(vmf, page, None) if prange.in_vram else (0, False)
                    if moved:
                        prange.in_vram = False
        mmput(svm_bo.mm)
        return ret

    def _deferred_list_work(self) -> None:
        """svm_range_deferred_list_work(): ranges that were unmapped leave the tree; here the next fault does it."""
        for start, end in self.vm.unmapped:
            for vpn in [vpn for vpn in self.ranges if start <= vpn < end]:
                del self.ranges[vpn]
        self.vm.unmapped.clear()

    def _bring_back(self, vmf: Vmf, page: Folio, data: SvmmData | None) -> tuple[int, bool]:
        """What the fault returns, and whether the page moved."""
        args = MigrateVma(vmf.vma, vmf.address, vmf.address + 1, self, select_device_private=True, fault_page=page)
        if migrate_vma_setup(args):
            return VM_FAULT_SIGBUS, False
        if not args.cpages:
            return 0, False
        if data is not None:
            at = data.recorded if self.driver == "recorded-address" else args.start
            data.svmm.invalidate_window(at, at + 1)
        new = self.kernel.memory.alloc()
        if new is not None:
            new.lock.trylock_now()
            args.dst[0] = new
            copy_pages(self.drm, [(page, new)])
            migrate_vma_pages(args)
        moved = args.src[0] is not None and args.src[0].migrate and new is not None
        migrate_vma_finalize(args)
        return (0 if new is not None else VM_FAULT_SIGBUS), moved
