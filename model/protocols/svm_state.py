# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the GPU SVM protocols share: pages, page tables, the notifier bracket with the driver's callback, migration.

Functions modelled: mmu_notifier_invalidate_range_start()/_end() (mm/mmu_notifier.c), drm_gpusvm_notifier_invalidate()
(drivers/gpu/drm/drm_gpusvm.c) with xe_svm_invalidate() (drivers/gpu/drm/xe/xe_svm.c), migrate_vma_collect(),
migrate_device_unmap(), migrate_device_pages(), migrate_device_finalize() (mm/migrate_device.c), put_page() and
free_zone_device_folio() (mm/memremap.c); Linux 6.15 to 7.0, do_swap_page() as in 7.0.

One mm, a window of one or two virtual pages, one drm_gpusvm range over it. A section under the page-table lock is one
atomic step (cpu_fault.py has the lock itself, and the generations of do_swap_page()).

Departures: one wait queue for all folios (a spurious wake-up only makes a fault look again); copying is one step;
system pages are never swapped; allocation of system memory never fails.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Record,
    Size,
    World,
    alive,
    array,
    atomic,
    bounded,
    flag,
    ghost,
    invariant,
    null,
    pool,
    pure,
    ref,
    state,
)
from ..primitives import FolioLock, IntervalNotifier, Refcount, RwSem, WaitQueue


class Pte(Enum):
    NONE = auto()
    RAM = auto()
    DEVICE = auto()
    MIGRATION = auto()


class Event(Enum):
    """``enum mmu_notifier_event``, as far as the callback tells them apart."""

    CLEAR = auto()
    MIGRATE = auto()
    UNMAP = auto()


class Page(Record):
    """A struct page, of system memory or device-private. ``data``: its content, as a version."""

    lock = FolioLock()
    refs = Refcount()
    device = flag()
    data = bounded(0, 1)


class Entry(Record):
    """A page-table entry: what it is, and the page it maps or (as a migration entry) points at."""

    pte = state(Pte.NONE)
    page = ref(Page)


class Callback(Options):
    """The driver's notifier callback. The first policy of each is the baseline."""

    zap: Literal["under-lock", "after-unlock", "skipped"] = "under-lock"
    tlb_flush: Literal["waited-for", "skipped"] = "waited-for"
    dma_unmap: Literal["in-callback", "skipped"] = "in-callback"
    set_seq: Literal["under-lock", "after-unlock", "never"] = "under-lock"


class Svm(World):
    window = Size(1, least=1, most=2)
    ram_pages = Size(2, least=1, most=4)
    vram_pages = Size(1, most=3)

    mmap = RwSem()
    vma = array(window, flag(True))
    ptes = array(window, Entry())
    ram = pool(Page, ram_pages)
    vram = pool(Page, vram_pages)
    waiters = WaitQueue(strict=False)

    sub = IntervalNotifier()
    notifier_lock = RwSem(writer_preference=False)
    dma = array(window, ref(Page))  # the range's pages as the device may reach them: has_dma_mapping
    gpte = array(window, ref(Page))
    tlb = array(window, ref(Page))
    timeslice = flag()  # now < timeslice_expiration of the window's device memory
    unmapped = flag()
    partial_unmap = flag()
    on_gc_list = flag()

    latest = ghost(array(window, bounded(0, 1)))  # the last version stored through each virtual page


# ---- pages


def put_page(k: Svm, page: Page) -> None:
    """The last reference frees the page."""
    if page.refs.put():
        if page.device:
            k.vram.free(page)
        else:
            k.ram.free(page)


def unlock_page(k: Svm, page: Page) -> None:
    with atomic():
        page.lock.unlock()
        k.waiters.wake_all()


# ---- the notifier bracket and the driver's callback


def invalidate_start(k: Svm, opt: Callback, first: int, last: int, event: Event) -> None:
    """Virtual pages first..last are about to change; returns when no device can reach them any more."""
    if k.sub.start():
        gpusvm_invalidate(k, opt, first, last, event)


def gpusvm_invalidate(k: Svm, opt: Callback, first: int, last: int, event: Event) -> None:
    """drm_gpusvm_notifier_invalidate() with xe_svm_invalidate() in it."""
    k.notifier_lock.down_write()
    if opt.set_seq == "under-lock":
        k.sub.set_seq()
    if opt.zap == "after-unlock":
        k.notifier_lock.up_write()
        zap_gpu(k, opt, first, last)
        k.notifier_lock.down_write()
    elif opt.zap == "under-lock":
        zap_gpu(k, opt, first, last)
    with atomic():
        if opt.dma_unmap == "in-callback":
            for i in range(k.window):
                if first <= i and i <= last:
                    k.dma[i] = null
        if event == Event.UNMAP:
            k.unmapped = True
            k.on_gc_list = True
            if last - first + 1 < k.window:
                k.partial_unmap = True
    k.notifier_lock.up_write()
    if opt.set_seq == "after-unlock":
        k.sub.set_seq()


def zap_gpu(k: Svm, opt: Callback, first: int, last: int) -> None:
    """Zap the leaf PTEs; then flush the TLB and wait for the fence of the flush."""
    with atomic():
        for i in range(k.window):
            if first <= i and i <= last:
                k.gpte[i] = null
    if opt.tlb_flush == "waited-for":
        with atomic():
            for i in range(k.window):
                if first <= i and i <= last:
                    k.tlb[i] = null


# ---- migration of locked pages: from the pin check to the new entries


@pure
def extra_references(page: Page, fault_page: Page) -> int:
    """The references a migration knows of: its own, and the fault's."""
    return 2 if page == fault_page else 1


@pure
def mapcount(k: Svm, page: Page) -> int:
    return sum(e.page == page and e.pte == Pte.DEVICE for e in k.ptes)


def unmap_page(k: Svm, opt: Callback, page: Page) -> None:
    """try_to_migrate() by reverse map: wherever the page is mapped *now*, with a notifier bracket for each place."""
    for i in range(k.window):
        if k.ptes[i].page == page and (k.ptes[i].pte == Pte.DEVICE or k.ptes[i].pte == Pte.RAM):
            invalidate_start(k, opt, i, i, Event.CLEAR)
            with atomic():
                if k.ptes[i].page == page and (k.ptes[i].pte == Pte.DEVICE or k.ptes[i].pte == Pte.RAM):
                    k.ptes[i].pte = Pte.MIGRATION
                    page.refs.count -= 1
            k.sub.end()


def restore_page(k: Svm, page: Page) -> None:
    """remove_migration_ptes() back to the page itself: each entry holds a reference again."""
    with atomic():
        for e in k.ptes:
            if e.pte == Pte.MIGRATION and e.page == page:
                e.pte = Pte.DEVICE if page.device else Pte.RAM
                page.refs.count += 1


def replace_page(k: Svm, page: Page, new: Page) -> None:
    """remove_migration_ptes() to the new page, which gets a reference for each entry."""
    with atomic():
        for e in k.ptes:
            if e.pte == Pte.MIGRATION and e.page == page:
                e.pte = Pte.DEVICE if new.device else Pte.RAM
                e.page = new
                new.refs.count += 1


# ---- what must hold, whatever the scenario


@invariant
def no_gpu_mapping_of_a_freed_page(k: Svm) -> bool:
    return all(g == null or alive(g) for g in k.gpte) and all(t == null or alive(t) for t in k.tlb)


@invariant
def no_dma_mapping_of_a_freed_page(k: Svm) -> bool:
    return all(d == null or alive(d) for d in k.dma)


@invariant
def outside_a_bracket_the_gpu_maps_what_the_cpu_maps(k: Svm) -> bool:
    return k.sub.active > 0 or all(
        (k.gpte[i] == null or k.gpte[i] == k.ptes[i].page) and (k.tlb[i] == null or k.tlb[i] == k.ptes[i].page)
        for i in range(k.window)
    )


@invariant
def a_migration_entry_means_a_locked_page(k: Svm) -> bool:
    return all(e.pte != Pte.MIGRATION or (alive(e.page) and e.page.lock.locked()) for e in k.ptes)


@invariant
def an_entry_holds_a_reference(k: Svm) -> bool:
    return all(
        e.pte == Pte.NONE or e.pte == Pte.MIGRATION or (alive(e.page) and e.page.refs.count >= 1) for e in k.ptes
    )


@invariant
def the_cpu_reads_what_was_stored_last(k: Svm) -> bool:
    """No lost store: a present entry shows the last version stored through its address."""
    return all(k.ptes[i].pte != Pte.RAM or k.ptes[i].page.data == k.latest[i] for i in range(k.window))
