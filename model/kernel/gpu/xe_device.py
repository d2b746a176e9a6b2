# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A device of a driver like xe: a drm_device with VRAM, its pagemap, and a copy engine."""

from __future__ import annotations

from errno import EINVAL, ENODEV, ENOENT
from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..mm.exit import mmput
from ..object import Kobject
from ..sched import READ, Oops
from .cache import PagemapShrinker
from .copy_engine import Engine
from .device import DrmDevice
from .devmem import Devmem, Timeslice
from .dma_resv import DrmExec
from .pagemap import DrmPagemap
from .ttm import bo_create_locked, bo_evict
from .vram import Bo, VramManager

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from .core import Drm
    from .xe_svm import XeVm


class XeDevice(Kobject):
    """``pages`` of VRAM. ``owner``: the group of devices it belongs to, if not to itself."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm", "config"})

    def __init__(self, drm: Drm, name: str, pages: int, owner: object = None) -> None:
        super().__init__()
        self.drm = drm
        self.config = drm.config
        self.name = name
        self.device = DrmDevice(name)
        self.shrinker = PagemapShrinker(drm.config)
        self.dpagemap = DrmPagemap(drm, self.device, pages, self if owner is None else owner, self.shrinker, None)
        self.vms: list[XeVm] = []
        self.vram = VramManager(drm.config, f"{name} vram", self.dpagemap.pgmap.folios)
        drm.kernel.page_finishes.append(self._finish)
        if drm.config.copy == "engine":
            self.dpagemap.copy_engine = Engine(f"{name} copy engine")

    def __repr__(self) -> str:
        return self.name

    # ---- drm_pagemap_ops.populate_mm

    def populate_mm(self, mm: Mm, start: int, end: int, slices: list[Timeslice] | None = None) -> int:
        """drm_pagemap_populate_mm() with xe_drm_pagemap_populate_mm(): the range of ``mm`` moves to VRAM.

        The reservation of the new object is taken under mmap_lock, and others may be evicted under both.
        The time slice that begins is added to ``slices``.
        """
        if not mm.mmget_not_zero():
            return -EINVAL
        mm.mmap_lock.down_read()
        err = self._populate(mm, start, end, slices)
        mm.mmap_lock.up_read()
        mmput(mm)
        return err

    def _populate(self, mm: Mm, start: int, end: int, slices: list[Timeslice] | None) -> int:
        vma = mm.find_vma(start)
        if vma is None or vma.end < end:
            return -ENOENT
        if not self.device.enter():
            return -ENODEV
        err = self._populate_entered(mm, start, end, slices)
        self.device.exit()
        return err

    def _populate_entered(self, mm: Mm, start: int, end: int, slices: list[Timeslice] | None) -> int:
        with DrmExec(self.drm.ww_class) as exec:
            bo = bo_create_locked(self.dpagemap, self.vram, f"{self.name} bo", end - start, exec)
            if isinstance(bo, int):
                return bo
            bo.refs.value += 1  # for the allocation; nobody else knows the object yet
            devmem = Devmem(bo, mm)
            err = self.dpagemap.migrate_to_devmem(devmem, mm, start, end)
            if slices is not None and self.config.timeslice != "none":
                slices.append(devmem.timeslice)
        bo.put()
        return err

    # ---- eviction

    def bos(self) -> list[Bo]:
        sched.also(self.vram.lru_key, READ)
        return list(self.vram.lru)

    def evict_bo(self, bo: Bo) -> int:
        """ttm_bo_evict() on behalf of suspend or another object: the reservation is waited for. -EBUSY: not all of it
        could be moved; the caller takes another, or gives up."""
        if not bo.refs.get_unless_zero():
            return 0
        with DrmExec(self.drm.ww_class) as exec:
            exec.until_all_locked(lambda: (bo.resv,))
            err = bo_evict(self.dpagemap, bo) if bo.blocks else 0
        bo.put()
        return err

    def _finish(self) -> None:
        """At the end of a run: memory that is allocated is used, for who would free it otherwise."""
        for bo in self.vram.lru:
            if not any(folio.refcount for folio in bo.blocks):
                raise Oops("leak", f"{bo!r} is left with {len(bo.blocks)} pages, none of which is in use")
        if self.device.sections:
            raise Oops("leak", f"{self.device.sections} drm_dev_enter() sections of {self!r} are left open")

    # ---- unplug

    def unplug(self) -> None:
        """The device goes: nobody enters any more, VMs are closed, VRAM is evicted, struct pages are released.

        memunmap_pages() waits until every page is free; CPU faults and eviction free them.
        """
        self.device.unplug()
        for vm in self.vms:
            vm.close()
        if self.config.unplug == "evicts":
            for bo in self.bos():
                while self.evict_bo(bo):
                    pass
        self.dpagemap.pgmap.memunmap()
