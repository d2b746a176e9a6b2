# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""drm_pagemap_evict_to_ram() (drivers/gpu/drm/drm_pagemap.c): a device allocation goes to RAM by its physical pages.

It knows no address and takes no mmap_lock. The reverse map finds where the pages are mapped now, and CPU faults may
bring them back at the same time: all that counts is that the allocation is detached in the end.
"""

from __future__ import annotations

from errno import EBUSY, EFAULT, ENOMEM
from typing import TYPE_CHECKING

from ..mm.exit import mmput_async
from ..mm.migrate_device import (
    Destinations,
    Sources,
    migrate_device_finalize,
    migrate_device_pages,
    migrate_device_pfns,
)
from .copy import copy_by
from .evict_by_address import take_recorded

if TYPE_CHECKING:
    from ..mm.page import Folio
    from .devmem import Devmem
    from .pagemap import DrmPagemap


def evict_to_ram(dpagemap: DrmPagemap, devmem: Devmem) -> int:
    """0 once all pages of the allocation are free; -EFAULT: its mm is gone; -EBUSY: not in three passes.

    The caller holds the reservation of the buffer object.
    """
    if not devmem.mm.mmget_not_zero():
        return -EFAULT
    err = -EBUSY
    for _ in range(3):
        err = _pass(dpagemap, devmem)
        if devmem.detached.is_done():
            err = 0
            break
    mmput_async(devmem.mm)
    return err


def _pass(dpagemap: DrmPagemap, devmem: Devmem) -> int:
    blocks = devmem.bo.blocks
    src = migrate_device_pfns(blocks) if dpagemap.config.find == "reverse-map" else take_recorded(devmem)
    dst: Destinations = [None] * len(src)
    err = _populate(dpagemap, src, dst)
    if not err:
        _copy(dpagemap, src, dst)
        migrate_device_pages(src, dst)
    migrate_device_finalize(src, dst)
    return err or -EBUSY


def _populate(dpagemap: DrmPagemap, src: Sources, dst: Destinations) -> int:
    """A locked page of RAM for each page that was taken."""
    for i, source in enumerate(src):
        if source is not None and source.migrate:
            folio = dpagemap.kernel.memory.alloc()
            if folio is None:
                return -ENOMEM
            folio.lock.trylock_now()
            dst[i] = folio
    return 0


def _copy(dpagemap: DrmPagemap, src: Sources, dst: Destinations) -> None:
    pairs: list[tuple[Folio, Folio]] = []
    for source, destination in zip(src, dst, strict=True):
        if source is not None and source.folio is not None and destination is not None:
            pairs.append((source.folio, destination))
    copy_by(dpagemap.drm, dpagemap.copy_engine, pairs, dpagemap.config.copy_fence == "waited-for")
