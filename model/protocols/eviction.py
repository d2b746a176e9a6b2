# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Eviction of device memory by physical pages, while the CPU faults, remaps and unmaps.

Functions modelled: drm_pagemap_evict_to_ram() (drivers/gpu/drm/drm_pagemap.c), migrate_device_pfns(),
migrate_device_unmap(), migrate_device_pages() and _finalize() (mm/migrate_device.c), xe_svm_bo_evict(), move_vma()
(mm/mremap.c); Linux 6.15 to 7.0.

The buffer object has all device pages of the window. Up to three passes; the criterion of success is ``detached``: that
all its pages were freed, by us or by CPU faults. The evictor knows no address: it finds the mappings by reverse map at
the moment it changes them.

Departure: a pass takes the pages one after the other, each from its reference to its new entry; the kernel makes each
step of a pass for all of them before the next.

Mutants: ``find="recorded-address"`` trusts the address the page had when it was migrated to the device,
``find="address-lookup"`` takes mmap_lock to look it up, under the buffer's reservation.
"""

from __future__ import annotations

from typing import Literal

from ..lang import Options, Size, alive, array, atomic, bounded, counter, cover, initial, null, pending, process, pure
from ..primitives import Mutex
from .cpu_touch import CpuTouch
from .mm_ops import Remapper, Unmapper
from .svm_state import (
    Callback,
    Event,
    Page,
    Pte,
    Svm,
    invalidate_start,
    put_page,
    replace_page,
    restore_page,
    unlock_page,
    unmap_page,
)


class Evict(Options):
    find: Literal["reverse-map", "recorded-address", "address-lookup"] = "reverse-map"


class Evictor(Svm):
    evictors = Size(1, most=2)
    resv = Mutex()  # dma-resv of the buffer object: whoever holds it decides what becomes of its memory
    recorded = array(Svm.vram_pages, bounded(0, 1))  # the address each device page had when it was migrated there


@pure
def detached(k: Evictor) -> bool:
    """completion_done(devmem->detached)."""
    return all(not page.device for page in k.vram)


def get_device_page(k: Evictor, slot: int) -> Page:
    """migrate_device_pfns(): a reference, unless the page is free. It is the transient one that others may see."""
    with atomic():
        if alive(k.vram[slot]) and k.vram[slot].refs.get_unless_zero():
            return k.vram[slot]
        return null


def evict_page(k: Evictor, opt: Evict, drv: Callback, slot: int) -> None:
    """One device page of the buffer: reference unless free, trylock, unmap, check, copy, check, finalize."""
    page = get_device_page(k, slot)
    if page == null:
        return
    if not page.lock.trylock():
        put_page(k, page)
        return
    if opt.find == "reverse-map":
        unmap_page(k, drv, page)
    else:
        unmap_recorded(k, opt, drv, k.recorded[slot])
    if page.refs.read() > 2:  # migrate_vma_check_page()
        restore_page(k, page)
    else:
        new = k.ram.alloc()
        new.data = page.data
        if page.refs.read() != 1:  # folio_migrate_mapping()
            restore_page(k, page)
        else:
            cover("evicted")
            replace_page(k, page, new)
        put_page(k, new)
    unlock_page(k, page)
    put_page(k, page)


def unmap_recorded(k: Evictor, opt: Evict, drv: Callback, at: int) -> None:
    """The mutants: the page is taken to be mapped where it once was."""
    if opt.find == "address-lookup":
        k.mmap.down_read()
    invalidate_start(k, drv, at, at, Event.CLEAR)
    with atomic():
        if k.ptes[at].pte == Pte.DEVICE:
            k.ptes[at].pte = Pte.MIGRATION
            k.ptes[at].page.refs.count -= 1
    k.sub.end()
    if opt.find == "address-lookup":
        k.mmap.up_read()


@process(Evictor.evictors)
def evictor(k: Evictor, opt: Evict, drv: Callback) -> None:
    """drm_pagemap_evict_to_ram() on behalf of TTM, which holds the reservation."""
    with pending("eviction-returns"):
        k.resv.lock()
        tries = counter(2, 0, 2)
        while True:
            for slot in range(k.vram_pages):
                evict_page(k, opt, drv, slot)
            if detached(k):
                cover("detached")
                break
            if tries == 0:
                break  # -EBUSY: TTM picks another victim or gives up
            tries -= 1
        k.resv.unlock()


class Eviction(CpuTouch, Unmapper, Remapper, Evictor):
    """The scenario: the window starts in device memory."""


@initial
def window_in_vram(k: Eviction) -> None:
    for i in range(k.window):
        page = k.vram.alloc()
        page.device = True
        k.ptes[i].page = page
        k.ptes[i].pte = Pte.DEVICE
        k.recorded[i] = i
