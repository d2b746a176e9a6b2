# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""GPU shared virtual memory in one piece: CPU faults, GPU faults, eviction and munmap on the same pages.

Functions modelled: do_swap_page() and handle_mm_fault() (mm/memory.c), softleaf_entry_wait_on_locked() (mm/filemap.c),
migrate_vma_collect_pmd(), migrate_device_unmap(), migrate_vma_finalize() (mm/migrate_device.c), folio_migrate_mapping()
(mm/migrate.c), mmu_interval_read_begin(), mmu_interval_read_retry() (mm/mmu_notifier.c), hmm_range_fault() (mm/hmm.c),
drm_gpusvm_notifier_invalidate(), drm_gpusvm_get_pages() (drivers/gpu/drm/drm_gpusvm.c), drm_pagemap_migrate_to_ram(),
drm_pagemap_evict_to_ram() (drivers/gpu/drm/drm_pagemap.c), xe_svm_handle_pagefault() (drivers/gpu/drm/xe/xe_svm.c),
vms_complete_munmap_vmas() (mm/vma.c); Linux 7.0, where do_swap_page() sleeps on a locked page without a reference.

Every virtual page starts in VRAM; device page n backs virtual page n. One wide notifier covers them all, so that an
invalidation of one page makes the reader of another walk again, as in drm_gpusvm.

    cpu_fault   touches one page until it is present or its VMA is gone; migrates it to RAM
    gpu_fault   the handler with its big retry: read_begin, hmm_range_fault, get_pages, bind under the notifier lock
    evictor     takes one physical page, finds its mapping by reverse map, migrates it to RAM
    unmapper    munmap() of one page

Departures: what happens under a page-table lock is one step; a migration moves the faulting page alone; the GPU does
not migrate into VRAM; allocation and copy never fail; the bracket of a migration covers one page.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Record,
    Size,
    World,
    array,
    atomic,
    choose,
    cover,
    flag,
    invariant,
    pending,
    process,
    state,
)
from ..primitives import FolioLock, IntervalNotifier, Mutex, Refcount, RwSem, WaitQueue


class Pte(Enum):
    """A CPU page-table entry: nothing, the device page, a migration entry for it, or a system page."""

    NONE = auto()
    DEVICE = auto()
    MIGRATION = auto()
    RAM = auto()


class Page(Record):
    """A device-private struct page; free when nobody holds a reference."""

    lock = FolioLock()
    refs = Refcount()


class Address(Record):
    """One virtual page: its VMA, both page tables, and the driver's range. ``waiters`` hang in a hashed table."""

    vma = flag(True)
    pte = state(Pte.DEVICE)
    waiters = WaitQueue(strict=False)
    dma_mapped = flag()  # has_dma_mapping: what get_pages() found is still valid
    gpu_pte = state(Pte.NONE)


class Policy(Options):
    read_retry: Literal["checked", "skipped"] = "checked"
    pages_valid: Literal["checked", "skipped"] = "checked"
    zap: Literal["in-callback", "skipped"] = "in-callback"


class SvmCore(World):
    cpu_threads = Size(1, most=6)
    pages = Size(2, least=1, most=3)
    gpu_workers = Size(1, most=2)
    evictors = Size(1, most=2)
    unmappers = Size(1, most=2)

    mmap = RwSem()
    svm_lock = Mutex()  # the driver's, around the whole GPU fault handler
    notifier_lock = RwSem(writer_preference=False)
    notifier = IntervalNotifier()
    at = array(pages, Address())
    device = array(pages, Page())


class Seen(Enum):
    DONE = auto()
    AGAIN = auto()
    MINE = auto()


# ---- references, locks, invalidation


def put_page(page: Page) -> None:
    """free_zone_device_folio() has nothing to do here: a page without references is free."""
    page.refs.put()


def unlock_page(k: SvmCore, v: int) -> None:
    """folio_unlock(): whoever is on the queue at that moment is woken."""
    with atomic():
        k.device[v].lock.unlock()
        k.at[v].waiters.wake_all()


def invalidate_start(k: SvmCore, opt: Policy, v: int) -> None:
    """mmu_notifier_invalidate_range_start() with drm_gpusvm_notifier_invalidate() in it."""
    k.notifier.start()
    k.notifier_lock.down_write()
    k.notifier.set_seq()
    if opt.zap == "in-callback":
        k.at[v].gpu_pte = Pte.NONE  # zap the leaf, flush the TLB, wait for its fence
    k.at[v].dma_mapped = False
    k.notifier_lock.up_write()


# ---- CPU fault


def do_swap_page(k: SvmCore, v: int) -> Seen:
    """Up to calling the driver: look under the page-table lock; only who locks the page takes a reference."""
    with atomic():
        if not k.at[v].vma or k.at[v].pte == Pte.RAM:
            return Seen.DONE
        if k.at[v].pte == Pte.DEVICE and k.device[v].lock.trylock():
            k.device[v].refs.get()
            return Seen.MINE
        if k.device[v].lock.locked():  # softleaf_entry_wait_on_locked()
            k.at[v].waiters.register()
        return Seen.AGAIN


def migrate_to_ram(k: SvmCore, opt: Policy, v: int) -> None:
    """drm_pagemap_migrate_to_ram() of the faulting page. Returns 0 whether or not the page moved."""
    invalidate_start(k, opt, v)
    install_migration_entry(k, v, True)
    k.notifier.end()
    move(k, v, 2)
    put_page(k.device[v])


def install_migration_entry(k: SvmCore, v: int, collect: bool) -> None:
    """migrate_vma_collect_pmd() or try_to_migrate_one(): the mapping's reference goes, a collector's comes."""
    with atomic():
        if collect:
            k.device[v].refs.get()
        if k.at[v].pte == Pte.DEVICE:
            k.at[v].pte = Pte.MIGRATION
            k.device[v].refs.put()


def move(k: SvmCore, v: int, known: int) -> None:
    """The pin check tolerates one stray reference; after the copy folio_migrate_mapping() wants just the known ones."""
    if k.device[v].refs.read() > known + 1:  # migrate_vma_check_page()
        remove_migration_entry(k, v, Pte.DEVICE)
    elif k.device[v].refs.read() != known:
        cover("copied-in-vain")
        remove_migration_entry(k, v, Pte.DEVICE)
    else:
        cover("migrated")
        remove_migration_entry(k, v, Pte.RAM)


def remove_migration_entry(k: SvmCore, v: int, outcome: Pte) -> None:
    """migrate_vma_finalize(), unless munmap() was here; a restored device entry holds a reference again."""
    with atomic():
        if k.at[v].pte == Pte.MIGRATION:
            k.at[v].pte = outcome
            if outcome == Pte.DEVICE:
                k.device[v].refs.get()


@process(SvmCore.cpu_threads)
def cpu_fault(k: SvmCore, opt: Policy) -> None:
    """A thread that touches a page until its access succeeds, or gets SIGSEGV."""
    v = choose_page(k)
    with pending("cpu-fault-completes"):
        while True:
            k.mmap.down_read()
            seen = do_swap_page(k, v)
            if seen == Seen.MINE:
                migrate_to_ram(k, opt, v)
                unlock_page(k, v)
                put_page(k.device[v])
            elif seen == Seen.AGAIN:
                k.at[v].waiters.sleep()
            k.mmap.up_read()
            if seen == Seen.DONE:
                break


def choose_page(k: SvmCore) -> int:
    if k.pages == 1:
        return 0
    if k.pages == 2:
        return choose(0, 1)
    return choose(0, 1, 2)


# ---- GPU fault


class Walk(Enum):
    """What hmm_range_fault() says: a page found, walk again with a new sequence number, or -EFAULT."""

    DEVICE = auto()
    RAM = auto()
    BUSY = auto()
    FAULT = auto()


def hmm_range_fault(k: SvmCore, v: int) -> Walk:
    """The walk under mmap_lock: a device page of our own is reported as it is, a migration entry is slept on."""
    while True:
        if k.notifier.read_retry():
            return Walk.BUSY
        with atomic():
            if not k.at[v].vma:
                return Walk.FAULT
            if k.at[v].pte == Pte.DEVICE:
                return Walk.DEVICE
            if k.at[v].pte == Pte.RAM:
                return Walk.RAM
            if k.device[v].lock.locked():
                k.at[v].waiters.register()
        k.at[v].waiters.sleep()


def get_pages(k: SvmCore, opt: Policy, v: int) -> Walk:
    """drm_gpusvm_get_pages(): until a walk is still true under the notifier lock, then map it for DMA."""
    while True:
        k.notifier.read_begin()
        k.mmap.down_read()
        found = hmm_range_fault(k, v)
        k.mmap.up_read()
        if found == Walk.FAULT:
            return found
        if found != Walk.BUSY:
            k.notifier_lock.down_read()
            if opt.read_retry == "skipped" or not k.notifier.read_retry():
                k.at[v].dma_mapped = True
                k.notifier_lock.up_read()
                return found
            cover("read-retry")
            k.notifier_lock.up_read()


def bind(k: SvmCore, opt: Policy, v: int, found: Walk) -> bool:
    """The commit: write the GPU entry if the pages are still valid under the notifier lock."""
    k.notifier_lock.down_read()
    valid = opt.pages_valid == "skipped" or k.at[v].dma_mapped
    if valid:
        k.at[v].gpu_pte = Pte.DEVICE if found == Walk.DEVICE else Pte.RAM
    else:
        cover("pages-not-valid")
    k.notifier_lock.up_read()
    return valid


@process(SvmCore.gpu_workers)
def gpu_fault(k: SvmCore, opt: Policy) -> None:
    """The page-fault worker of one VM."""
    v = choose_page(k)
    with pending("gpu-fault-completes"):
        k.svm_lock.lock()
        while True:
            found = get_pages(k, opt, v)
            if found == Walk.FAULT:
                break
            if bind(k, opt, v, found):
                break
        k.svm_lock.unlock()


# ---- eviction and munmap


@process(SvmCore.evictors)
def evictor(k: SvmCore, opt: Policy) -> None:
    """One pass of drm_pagemap_evict_to_ram() over one physical page: no address, no mmap_lock."""
    p = choose_page(k)
    with pending("eviction-returns"):
        if k.device[p].refs.get_unless_zero():
            if k.device[p].lock.trylock():
                invalidate_start(k, opt, p)
                install_migration_entry(k, p, False)
                k.notifier.end()
                move(k, p, 1)
                unlock_page(k, p)
            put_page(k.device[p])


@process(SvmCore.unmappers)
def unmapper(k: SvmCore, opt: Policy) -> None:
    """munmap(): the VMA goes under the write lock, the entries under the read lock it is downgraded to."""
    v = choose_page(k)
    with pending("munmap-returns"):
        k.mmap.down_write()
        k.at[v].vma = False
        k.mmap.downgrade_write()
        invalidate_start(k, opt, v)
        with atomic():
            if k.at[v].pte == Pte.DEVICE:
                k.device[v].refs.put()
            k.at[v].pte = Pte.NONE
        k.notifier.end()
        k.mmap.up_read()


# ---- what must hold (progress is the pending block of each actor)


@invariant
def a_gpu_entry_maps_what_the_cpu_maps(k: SvmCore) -> bool:
    """Outside invalidation brackets."""
    return k.notifier.active > 0 or all(a.gpu_pte == Pte.NONE or a.gpu_pte == a.pte for a in k.at)


@invariant
def a_gpu_entry_never_maps_a_free_page(k: SvmCore) -> bool:
    return all(k.at[v].gpu_pte != Pte.DEVICE or k.device[v].refs.count > 0 for v in range(k.pages))


@invariant
def a_device_entry_holds_a_reference(k: SvmCore) -> bool:
    return all(k.at[v].pte != Pte.DEVICE or k.device[v].refs.count > 0 for v in range(k.pages))


@invariant
def a_migration_entry_means_a_locked_page(k: SvmCore) -> bool:
    return all(k.at[v].pte != Pte.MIGRATION or k.device[v].lock.locked() for v in range(k.pages))


@invariant
def a_free_page_is_not_locked(k: SvmCore) -> bool:
    return all(k.device[v].refs.count > 0 or not k.device[v].lock.locked() for v in range(k.pages))
