# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The GPU page fault: one big retry loop, no lock held across it but the driver's, commit under the notifier lock.

Functions modelled: xe_svm_handle_pagefault(), xe_svm_garbage_collector() (drivers/gpu/drm/xe/xe_svm.c),
drm_gpusvm_range_find_or_insert(), drm_gpusvm_get_pages() (drivers/gpu/drm/drm_gpusvm.c), drm_pagemap_populate_mm(),
drm_pagemap_migrate_to_devmem() (drivers/gpu/drm/drm_pagemap.c), hmm_range_fault() (mm/hmm.c); Linux 6.15 to 7.0.

One range over the window. Migration to the device is all or nothing. get_pages() faults what is not there; device pages
of our own are taken as they are, migration entries are waited for. A range of both kinds of page is refused
(-EOPNOTSUPP) and brought to system memory by CPU faults.

Departures: the interval notifier is inserted from the start; the garbage collector runs in the fault handler only; the
time slice is a flag that the GPU's access clears, or a tick at any time; copying is one step; one buffer object.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Size,
    atomic,
    counter,
    cover,
    initial,
    null,
    pending,
    process,
    pure,
    rest,
    touch,
)
from ..primitives import Mutex
from .cpu_touch import CpuTouch, Touch, handle_mm_fault
from .eviction import Evictor
from .mm_ops import Unmapper
from .svm_state import Callback, Event, Page, Pte, invalidate_start, put_page, replace_page, restore_page, unlock_page


class Err(Enum):
    """What the kernel functions return."""

    OK = auto()
    EAGAIN = auto()
    EBUSY = auto()
    EFAULT = auto()
    ENOENT = auto()
    EOPNOTSUPP = auto()


class Gpu(Options):
    placement: Literal["system", "prefer-vram", "vram-only"] = "prefer-vram"
    try_limit: Literal["three", "none"] = "three"
    timeslice: Literal["none", "until-bound"] = "none"
    serialise: Literal["vm-lock", "range-lock", "none"] = "vm-lock"
    read_retry: Literal["under-lock", "outside-lock", "skipped"] = "under-lock"
    pages_valid: Literal["checked", "skipped"] = "checked"
    commit: Literal["under-lock", "outside-lock"] = "under-lock"


class GpuFault(Evictor):
    gpu_workers = Size(1, most=2)
    gpu_engines = Size(0, most=1)

    svm_lock = Mutex()  # the driver's: xe's vm->lock, held for the whole handler
    range_lock = Mutex()  # the future design: one per range, with concurrent faults



# ---- migration to the device


def migrate_to_devmem(k: GpuFault, opt: Gpu, drv: Callback) -> Err:
    """drm_pagemap_migrate_to_devmem(): all pages of the range, or none. The range is one page or two."""
    invalidate_start(k, drv, 0, k.window - 1, Event.MIGRATE)
    first = collect_system_page(k, 0)
    last: Page = null
    if k.window == 2:
        last = collect_system_page(k, 1)
    k.sub.end()
    if first != null and (k.window == 1 or last != null):
        moved = move_to_devmem(k, opt, first)
        if k.window == 2 and not move_to_devmem(k, opt, last):
            moved = False
        return Err.OK if moved else Err.EBUSY
    if first != null:
        undo_collection(k, first)
    if last != null:
        undo_collection(k, last)
    return Err.OK if device_entries(k) == k.window else Err.EBUSY  # 0 if all of it is there already


def collect_system_page(k: GpuFault, i: int) -> Page:
    """migrate_vma_collect_pmd(): trylock; the collection's reference takes the place of the mapping's."""
    with atomic():
        if k.ptes[i].pte == Pte.RAM and k.ptes[i].page.lock.trylock():
            k.ptes[i].pte = Pte.MIGRATION
            return k.ptes[i].page
        return null


def undo_collection(k: GpuFault, page: Page) -> None:
    restore_page(k, page)
    unlock_page(k, page)
    put_page(k, page)


def move_to_devmem(k: GpuFault, opt: Gpu, page: Page) -> bool:
    """Pin check, copy, exact check, entries; then the collection's lock and reference of the system page."""
    done = False
    if page.refs.read() > 1:
        restore_page(k, page)
    else:
        new = k.vram.try_alloc()
        if new == null:
            restore_page(k, page)
        else:
            with atomic():  # zone_device_page_init()
                new.device = True
                new.data = page.data
            if page.refs.read() != 1:
                restore_page(k, page)
            else:
                cover("migrated-to-device")
                replace_page(k, page, new)
                done = True
                if opt.timeslice == "until-bound":
                    k.timeslice = True
            put_page(k, new)
    unlock_page(k, page)
    put_page(k, page)
    return done


def populate_mm(k: GpuFault, opt: Gpu, drv: Callback) -> Err:
    """drm_pagemap_populate_mm(): the buffer's reservation is taken under mmap_lock, as when it is first allocated."""
    k.mmap.down_read()
    result = Err.ENOENT
    if all(present for present in k.vma):
        k.resv.lock()
        result = migrate_to_devmem(k, opt, drv)
        k.resv.unlock()
    k.mmap.up_read()
    return result


# ---- get_pages and the commit


@pure
def device_entries(k: GpuFault) -> int:
    return sum(e.pte == Pte.DEVICE for e in k.ptes)


def hmm_range_fault(k: GpuFault, touching: Touch, drv: Callback) -> Err:
    """Walk until every entry is a page: fault what is missing, wait for migration entries. mmap_lock is held."""
    for i in range(k.window):
        while True:
            seen = k.ptes[i].pte
            if seen == Pte.RAM or seen == Pte.DEVICE:
                break
            if seen == Pte.MIGRATION:
                migration_entry_wait(k, i)
            elif not handle_mm_fault(k, touching, drv, i):
                return Err.EFAULT
            if k.sub.read_retry():  # mmu_interval_check_retry(), before each walk
                return Err.EBUSY
    return Err.OK


def migration_entry_wait(k: GpuFault, i: int) -> None:
    """Queue on the folio with the PTL held, sleep without a reference."""
    with atomic():
        if k.ptes[i].pte == Pte.MIGRATION:
            k.waiters.register()
    k.waiters.sleep()


def get_pages(k: GpuFault, opt: Gpu, touching: Touch, drv: Callback) -> tuple[Err, Page, Page]:
    """drm_gpusvm_get_pages(): what hmm found counts only if nothing was invalidated since read_begin()."""
    while True:
        k.sub.read_begin()
        k.mmap.down_read()
        walked = hmm_range_fault(k, touching, drv)
        found_first = k.ptes[0].page
        found_last = k.ptes[k.window - 1].page
        mixed = 0 < device_entries(k) and device_entries(k) < k.window
        system = device_entries(k) == 0
        k.mmap.up_read()
        if walked == Err.EFAULT:
            return Err.EFAULT, null, null
        if walked == Err.EBUSY:
            continue
        if opt.read_retry == "outside-lock":
            if k.sub.read_retry():
                continue
        k.notifier_lock.down_read()
        if k.unmapped:
            k.notifier_lock.up_read()
            return Err.EFAULT, null, null
        if opt.read_retry == "under-lock":
            if k.sub.read_retry():
                k.notifier_lock.up_read()
                continue
        if mixed:
            k.notifier_lock.up_read()
            return Err.EOPNOTSUPP, null, null
        if system and opt.placement == "vram-only":
            k.notifier_lock.up_read()
            return Err.EFAULT, null, null
        touch(found_first)
        with atomic():
            k.dma[0] = found_first
            k.dma[k.window - 1] = found_last
        k.notifier_lock.up_read()
        return Err.OK, found_first, found_last


def bind(k: GpuFault, opt: Gpu, first: Page, last: Page) -> Err:
    """xe_vm_range_rebind(): commit under the notifier lock, if the pages of get_pages() are still valid."""
    if opt.commit == "under-lock":
        k.notifier_lock.down_read()
    if opt.pages_valid == "checked":
        if any(d == null for d in k.dma):
            if opt.commit == "under-lock":
                k.notifier_lock.up_read()
            return Err.EAGAIN
    k.gpte[0] = first
    if k.window == 2:
        k.gpte[1] = last
    if opt.commit == "under-lock":
        k.notifier_lock.up_read()
    return Err.OK


def collect_garbage(k: GpuFault) -> None:
    """xe_svm_garbage_collector(): the range is unbound and removed; the next look-up makes a new one."""
    if k.on_gc_list:
        k.notifier_lock.down_read()
        with atomic():
            k.on_gc_list = False
            k.unmapped = False
            k.partial_unmap = False
        k.notifier_lock.up_read()


def evict_range(k: GpuFault, touching: Touch, drv: Callback) -> None:
    """drm_gpusvm_range_evict(): hmm_range_fault() with no owner, so that every device page is faulted back."""
    k.mmap.down_read()
    for i in range(k.window):
        if k.ptes[i].pte == Pte.DEVICE:
            handle_mm_fault(k, touching, drv, i)
    k.mmap.up_read()


def handle_fault(k: GpuFault, opt: Gpu, touching: Touch, drv: Callback) -> Err:
    """The retry loop of xe_svm_handle_pagefault()."""
    tries = counter(3 if opt.placement == "vram-only" else 1, 0, 3)  # migrate_try_count
    while True:
        collect_garbage(k)
        if not all(present for present in k.vma):
            return Err.ENOENT
        if opt.placement != "system" and tries > 0:
            if opt.try_limit == "three":
                tries -= 1
            result = populate_mm(k, opt, drv)
            if result != Err.OK and opt.placement == "vram-only":
                if tries == 0:
                    return result
                continue
        result, first, last = get_pages(k, opt, touching, drv)
        if result == Err.OK:
            if bind(k, opt, first, last) == Err.OK:
                return Err.OK
            continue
        if result == Err.EOPNOTSUPP:
            evict_range(k, touching, drv)
        if opt.placement == "vram-only" and tries == 0:
            return result


@process(GpuFault.gpu_workers)
def gpu_fault_worker(k: GpuFault, opt: Gpu, touching: Touch, drv: Callback) -> None:
    with pending("gpu-fault-returns"):
        if opt.serialise == "vm-lock":
            k.svm_lock.lock()
        if opt.serialise == "range-lock":
            k.range_lock.lock()
        result = handle_fault(k, opt, touching, drv)
        if result == Err.OK:
            cover("gpu-bound")
        if opt.timeslice == "until-bound":
            k.timeslice = False  # the GPU had its access, or its error
        if opt.serialise == "range-lock":
            k.range_lock.unlock()
        if opt.serialise == "vm-lock":
            k.svm_lock.unlock()


@process(GpuFault.gpu_engines)
def gpu_engine(k: GpuFault) -> None:
    """Reads through the TLB, which keeps what it loaded from the GPU PTE until it is flushed."""
    while True:
        rest()
        k.tlb[0] = k.gpte[0]
        rest()
        with atomic():
            if k.tlb[0] != null:
                touch(k.tlb[0])
                assert k.tlb[0].data == k.latest[0], "the GPU reads what was stored last"


class GpuSvm(CpuTouch, Unmapper, GpuFault):
    """CPU threads, an unmapper, an evictor and the GPU's fault worker on one window of system memory."""


@initial
def window_in_ram(k: GpuSvm) -> None:
    for i in range(k.window):
        page = k.ram.alloc()
        k.ptes[i].page = page
        k.ptes[i].pte = Pte.RAM
