# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""CPU threads that store to the window: anonymous faults and faults on device-private pages, with partial migration.

Functions modelled: handle_mm_fault(), do_anonymous_page(), do_swap_page() (mm/memory.c), migrate_vma_setup() and
migrate_vma_collect_pmd() (mm/migrate_device.c), drm_pagemap_migrate_to_ram() (drivers/gpu/drm/drm_pagemap.c); 7.0.

The driver tries to bring the whole window back and promises the faulting page only: a page whose lock is taken is left
where it is. All races return 0 and the thread faults again.
"""

from __future__ import annotations

from typing import Literal

from ..lang import Options, Size, atomic, choose, cover, null, pending, process, touch
from .svm_state import (
    Callback,
    Event,
    Page,
    Pte,
    Svm,
    extra_references,
    invalidate_start,
    put_page,
    replace_page,
    restore_page,
    unlock_page,
    unmap_page,
)


class Touch(Options):
    accesses: Literal["one", "for-ever"] = "one"
    migrate_window: Literal["whole", "fault-page-only"] = "fault-page-only"


class CpuTouch(Svm):
    cpu_threads = Size(1, most=4)


def handle_mm_fault(k: Svm, opt: Touch, drv: Callback, i: int) -> bool:
    """One fault at virtual page i, mmap_lock held for reading. False: no VMA, SIGSEGV."""
    if not k.vma[i]:
        return False
    page = do_swap_page(k, i)
    if page != null:
        migrate_to_ram(k, opt, drv, i, page)
        unlock_page(k, page)
        put_page(k, page)
    return True


def do_swap_page(k: Svm, i: int) -> Page:
    """Under the PTL: fill an empty entry, or lock a device page and take a reference, or queue on it and sleep."""
    found: Page = null
    sleeps = False
    with atomic():
        if k.ptes[i].pte == Pte.NONE:
            fresh = k.ram.alloc()
            k.ptes[i].page = fresh
            k.ptes[i].pte = Pte.RAM
            k.latest[i] = 0
        elif k.ptes[i].pte == Pte.DEVICE and k.ptes[i].page.lock.trylock():
            found = k.ptes[i].page
            found.refs.get()
        elif k.ptes[i].pte != Pte.RAM:
            sleeps = True
            k.waiters.register()
    if sleeps:
        k.waiters.sleep()
    return found


def migrate_to_ram(k: Svm, opt: Touch, drv: Callback, i: int, fault_page: Page) -> None:
    """drm_pagemap_migrate_to_ram() for the window, or the part of it that can be locked."""
    touch(fault_page)  # zdd = page->zone_device_data
    if k.timeslice:
        return  # the slice is the device's: the CPU faults again until it ends
    first = 0 if opt.migrate_window == "whole" else i
    last = k.window - 1 if opt.migrate_window == "whole" else i
    invalidate_start(k, drv, first, last, Event.MIGRATE)
    collected = False
    other: Page = null
    with atomic():  # migrate_vma_collect_pmd(): the collection's reference takes the place of the mapping's
        if k.ptes[i].pte == Pte.DEVICE and k.ptes[i].page == fault_page:
            k.ptes[i].pte = Pte.MIGRATION
            collected = True
        for at in range(k.window):
            if opt.migrate_window == "whole" and at != i and k.ptes[at].pte == Pte.DEVICE:
                if k.ptes[at].page != fault_page and k.ptes[at].page.lock.trylock():
                    other = k.ptes[at].page
                    k.ptes[at].pte = Pte.MIGRATION
    k.sub.end()
    if collected:
        finish(k, drv, fault_page, fault_page)
    if other != null:
        finish(k, drv, other, fault_page)


def finish(k: Svm, drv: Callback, page: Page, fault_page: Page) -> None:
    """Other mappings, pin check, copy, exact check, entries; then the collection's reference and lock."""
    unmap_page(k, drv, page)
    if page.refs.read() > extra_references(page, fault_page) + 1:  # migrate_vma_check_page()
        restore_page(k, page)
    else:
        new = k.ram.alloc()
        new.data = page.data
        if page.refs.read() != extra_references(page, fault_page):  # folio_migrate_mapping()
            restore_page(k, page)
        else:
            cover("migrated-to-ram")
            replace_page(k, page, new)
        put_page(k, new)
    if page != fault_page:
        unlock_page(k, page)
    put_page(k, page)


def store(k: Svm, i: int) -> bool:
    """The access itself, through a present entry."""
    with atomic():
        if k.ptes[i].pte == Pte.RAM:
            k.ptes[i].page.data = 1
            k.latest[i] = 1
            return True
        return False


@process(CpuTouch.cpu_threads)
def cpu_thread(k: CpuTouch, opt: Touch, drv: Callback) -> None:
    while True:
        with pending("cpu-access-completes"):
            access(k, opt, drv)
        if opt.accesses == "one":
            break


def access(k: CpuTouch, opt: Touch, drv: Callback) -> None:
    at = 0
    if k.window == 2:
        at = choose(0, 1)
    while not store(k, at):
        k.mmap.down_read()
        mapped = handle_mm_fault(k, opt, drv, at)
        k.mmap.up_read()
        if not mapped:
            break
