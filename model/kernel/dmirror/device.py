# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dmirror_device``: memory of the device, CPU faults on it, and its eviction.

In the kernel a page of RAM stands for the memory of each device page, and points at the mirror that put data there.
Here ``Backing`` is that page, and the data is in the device page itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..mm.fault import VM_FAULT_SIGBUS
from ..mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from ..mm.migrate_device import (
    Destinations,
    migrate_device_finalize,
    migrate_device_pages,
    migrate_device_pfns,
)
from ..mm.page import zone_device_page_init
from ..mm.pagemap import DevPagemap
from ..object import Kobject
from ..sched import WRITE, Oops, point
from ..sync.mutex import Mutex
from ..sync.spinlock import SpinLock

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..mm.fault import Vmf
    from ..mm.page import Folio
    from .mirror import Dmirror


class Backing(Kobject):
    """The page that stands for the memory of one device page: its zone_device_data is the mirror."""

    def __init__(self, dmirror: Dmirror) -> None:
        super().__init__()
        self.dmirror = dmirror


class DmirrorDevice(Kobject):
    """One device with ``pages`` pages. It is the owner of its pagemap.

    ``timeouts``: the 1000 ms of a device fault may be over whenever it has to begin again.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"kernel"})

    def __init__(self, kernel: Kernel, name: str, pages: int, timeouts: bool = True) -> None:
        super().__init__()
        self.kernel = kernel
        self.name = name
        self.timeouts = timeouts
        self.lock = SpinLock("mdevice")
        self.pgmap = DevPagemap(kernel, name, pages, self, self)
        self.free_pages: list[Folio] = list(self.pgmap.folios)
        self.removed = False  # its memory goes away: pages that become free are not handed out again
        self.driver_mutex = Mutex("driver_mutex")  # held in migrate_to_ram() if driver_lock, which is wrong
        kernel.devices.append(self)

    def __repr__(self) -> str:
        return self.name

    def alloc_page(self, dmirror: Dmirror) -> Folio | None:
        """dmirror_devmem_alloc_page(): a free page, locked and with one reference; None: none is left."""
        with self.lock:
            folio = self.free_pages.pop() if self.free_pages else None
        if folio is not None:
            folio.set_zone_device_data(Backing(dmirror))
            zone_device_page_init(folio)
        return folio

    # ---- dev_pagemap_ops

    def folio_free(self, folio: Folio) -> None:
        """dmirror_devmem_free()."""
        self.pgmap.page_freed()
        folio.zone_device_data = None
        with self.lock:
            if not self.removed:
                self.free_pages.append(folio)

    def migrate_to_ram(self, vmf: Vmf) -> int:
        """dmirror_devmem_fault(). 0 whether or not the page moved."""
        if self.kernel.config.driver_lock:
            with self.driver_mutex:
                return self._devmem_fault(vmf)
        return self._devmem_fault(vmf)

    def _devmem_fault(self, vmf: Vmf) -> int:
        page, config = vmf.page, self.kernel.config
        assert page is not None
        dmirror = mirror_of(page)
        told = page if config.fault_page == "passed" and config.generation != "g0" else None
        args = MigrateVma(vmf.vma, vmf.address, vmf.address + 1, self, select_device_private=True, fault_page=told)
        if migrate_vma_setup(args):
            return VM_FAULT_SIGBUS
        self.alloc_and_copy_to_ram(args, dmirror)
        migrate_vma_pages(args)
        migrate_vma_finalize(args)
        return 0

    def alloc_and_copy_to_ram(self, args: MigrateVma, dmirror: Dmirror) -> None:
        """dmirror_devmem_fault_alloc_and_copy(): what has no page of RAM to go to stays."""
        for i, source in enumerate(args.src):
            if source is None or not source.migrate or source.folio is None:
                continue
            folio = self.kernel.memory.alloc()
            if folio is None:
                continue
            folio.lock.trylock_now()
            dmirror.erase(args.start + i)
            copy_page(folio, source.folio)
            args.dst[i] = folio

    def evict_chunk(self) -> None:
        """dmirror_device_evict_chunk(): whatever page of the device can be locked goes to RAM."""
        src = migrate_device_pfns(self.pgmap.folios)
        dst: Destinations = [None] * len(src)
        for i, source in enumerate(src):
            if source is None or not source.migrate or source.folio is None:
                continue
            folio = self.kernel.memory.alloc()
            if folio is None:
                continue
            folio.lock.trylock_now()
            copy_page(folio, source.folio)
            dst[i] = folio
        migrate_device_pages(src, dst)
        migrate_device_finalize(src, dst)

    def remove_chunks(self) -> None:
        """dmirror_device_remove_chunks(), HMM_DMIRROR_RELEASE: the device gives up its memory."""
        with self.lock:
            self.removed = True
            self.free_pages.clear()
        self.evict_chunk()

    def in_use(self) -> bool:
        """A page of the device is allocated: a step."""
        point(self.pgmap.op("folios", sched.READ))
        sched.also(self.pgmap.key, sched.READ)
        return any(folio.refcount for folio in self.pgmap.folios)


def copy_page(new: Folio, old: Folio) -> None:
    """copy_highpage(): a step."""
    point(old.load_op)
    sched.also(new.data_key, WRITE)
    new.data[:] = old.data


def mirror_of(page: Folio) -> Dmirror:
    """page->zone_device_data->zone_device_data, which a page in use has."""
    backing = page.zone_device_data
    if not isinstance(backing, Backing):
        raise Oops("use-after-free", f"{sched.current().name} uses zone_device_data of {page!r}, which is free")
    backing.dmirror.alive()
    return backing.dmirror
