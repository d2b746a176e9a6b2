# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``drm_pagemap`` (drivers/gpu/drm/drm_pagemap.c): migration of system memory to a device, and back by CPU faults.

No lock of the driver is held in migrate_to_ram(): migration entries, page references and the page lock are all there
is. What it cannot move stays, and the CPU faults again.
"""

from __future__ import annotations

from errno import EBUSY, EINVAL, ENOENT
from typing import TYPE_CHECKING, ClassVar

from ..mm.fault import VM_FAULT_SIGBUS
from ..mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from ..mm.page import zone_device_page_init
from ..mm.pagemap import DevPagemap
from ..sched import point
from ..sync.mutex import Mutex
from .cache import PagemapLife, PagemapShrinker
from .copy import copy_by
from .devmem import Devmem, Zdd, zdd_of

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.fault import Vmf
    from ..mm.page import Folio
    from ..sync.work import WorkQueue
    from .copy_engine import Engine
    from .core import Drm
    from .device import DrmDevice


class DrmPagemap(PagemapLife):
    """drm_pagemap, and its functions as ``dev_pagemap_ops``. ``owner``: whose hmm_range_fault() sees the pages."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm", "kernel"})

    def __init__(
        self,
        drm: Drm,
        device: DrmDevice,
        pages: int,
        owner: object,
        shrinker: PagemapShrinker,
        holds: WorkQueue | None,
    ) -> None:
        super().__init__(drm.config, device, shrinker, holds)
        self.drm = drm
        self.kernel = drm.kernel
        self.owner = owner
        self.pgmap = DevPagemap(drm.kernel, f"{device.name} vram", pages, owner, self)
        self.on_destroy = self.pgmap.memunmap
        self.copy_engine: Engine | None = None
        self.driver_mutex = Mutex("driver_mutex")  # what the design forbids

    # ---- to the device

    def migrate_to_devmem(self, devmem: Devmem, mm: Mm, start: int, end: int) -> int:
        """drm_pagemap_migrate_to_devmem(): all pages or none; mmap_lock and the reservation of the BO are held.

        The allocation is released when its last page is free, which may be before this returns.
        """
        devmem.start = start
        zdd = Zdd(devmem, self)
        err = self._migrate(zdd, mm, start, end)
        zdd.put()
        return err

    def _migrate(self, zdd: Zdd, mm: Mm, start: int, end: int) -> int:
        vma = mm.find_vma(start)
        if vma is None or vma.end < end:
            return -ENOENT
        if not vma.anonymous:
            return -EINVAL
        args = MigrateVma(vma, start, end, self.owner, select_system=True, select_device_private=True)
        err = migrate_vma_setup(args)
        if err:
            return err
        ours = sum(s is not None and s.folio is not None and s.folio.pgmap is self.pgmap for s in args.src)
        if args.cpages != end - start or ours:
            migrate_vma_finalize(args)
            return 0 if args.cpages == end - start == ours else -EBUSY
        return self._move_to_devmem(args, zdd)

    def _move_to_devmem(self, args: MigrateVma, zdd: Zdd) -> int:
        """Everything is collected, locked and unmapped: hand out device pages, copy, switch."""
        config = self.config
        devmem = zdd.devmem
        for i, folio in enumerate(devmem.bo.blocks[: args.npages]):
            if config.data_written != "after-mapped":
                folio.set_zone_device_data(zdd.get() if config.data_reference == "per-page" else zdd)
            zone_device_page_init(folio)
            args.dst[i] = folio
        self._copy(args)
        if config.timeslice == "until-bound":
            devmem.timeslice.running = True
        migrate_vma_pages(args)
        moved = [d for s, d in zip(args.src, args.dst, strict=True) if s is not None and s.migrate and d is not None]
        migrate_vma_finalize(args)
        if config.data_written == "after-mapped":
            for folio in moved:
                folio.set_zone_device_data(zdd.get())
        return 0 if len(moved) == args.npages else -EBUSY

    def _copy(self, args: MigrateVma) -> None:
        """Anonymous memory that nobody has touched yet has no source page, and stays zero."""
        pairs: list[tuple[Folio, Folio]] = []
        for source, destination in zip(args.src, args.dst, strict=True):
            if source is not None and destination is not None:
                if source.folio is not None:
                    pairs.append((source.folio, destination))
                else:
                    destination.data[:] = bytes(len(destination.data))
        copy_by(self.drm, self.copy_engine, pairs, self.config.copy_fence == "waited-for")

    # ---- dev_pagemap_ops

    def migrate_to_ram(self, vmf: Vmf) -> int:
        """drm_pagemap_migrate_to_ram(). 0 whether or not a page moved, except for hard errors."""
        if self.config.driver_lock:
            with self.driver_mutex:
                return self._migrate_to_ram(vmf)
        return self._migrate_to_ram(vmf)

    def _migrate_to_ram(self, vmf: Vmf) -> int:
        page = vmf.page
        assert page is not None
        if self.config.generation == "g0":  # nothing keeps the page; with a reference nobody can tell when it is read
            point(page.count_op)
        zdd = zdd_of(page)
        devmem = zdd.devmem
        if self.config.timeslice != "none" and devmem.timeslice.read_running():
            return 0
        start, end = self._window(vmf, devmem.pages)
        told = page if self.config.fault_page == "passed" and self.config.generation != "g0" else None
        args = MigrateVma(vmf.vma, start, end, self.owner, select_device_private=True, fault_page=told)
        if migrate_vma_setup(args):
            return VM_FAULT_SIGBUS
        if not args.cpages:
            return 0
        enough = populate_ram(self.drm, args, zdd)
        if enough:
            self._copy(args)
            migrate_vma_pages(args)
        migrate_vma_finalize(args)
        if self.config.data_put == "page-free-and-fault":
            zdd.put()
        return 0 if enough else VM_FAULT_SIGBUS

    def _window(self, vmf: Vmf, pages: int) -> tuple[int, int]:
        """The faulting page and its neighbours of the same allocation, as far as they may still lie there."""
        if self.config.migrate_window == "fault-page-only":
            return vmf.address, vmf.address + 1
        start = vmf.address - vmf.address % pages
        return max(start, vmf.vma.start), min(start + pages, vmf.vma.end)

    def folio_free(self, folio: Folio) -> None:
        """drm_pagemap_folio_free()."""
        self.pgmap.page_freed()
        if self.config.data_reference == "per-page":
            zdd_of_free(folio).put()


def zdd_of_free(folio: Folio) -> Zdd:
    """zone_device_data of a page whose last reference has just gone."""
    zdd = folio.zone_device_data
    assert isinstance(zdd, Zdd)
    return zdd


def populate_ram(drm: Drm, args: MigrateVma, zdd: Zdd) -> bool:
    """drm_pagemap_migrate_populate_ram_pfn(): RAM for the pages of the same allocation; false: not enough memory."""
    for i, source in enumerate(args.src):
        if source is None or not source.migrate or source.folio is None or source.folio.zone_device_data is not zdd:
            continue
        folio = drm.kernel.memory.alloc()
        if folio is None:
            return False
        folio.lock.trylock_now()
        args.dst[i] = folio
    return True
