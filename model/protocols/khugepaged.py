# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""khugepaged takes a page table away: whoever changes page-table entries has to tell the secondary MMUs.

Functions modelled: collapse_pte_mapped_thp() (mm/khugepaged.c), shrink_folio_list() with try_to_unmap() and
__remove_mapping() (mm/vmscan.c, mm/rmap.c), filemap_fault() (mm/filemap.c), and a driver that mirrors the page table
with hmm_range_fault() and an interval notifier (Documentation/mm/hmm.rst); Linux 5.4 to 6.1.

    silent            before f268f6cf875f: the page table goes without a notifier
    around-collapse   f268f6cf875f: mmu_notifier_invalidate_range_start() and _end() around pmdp_collapse_flush()

One entry stands for the page table, one page for the pages of the file. The device's mapping holds no reference: only
the notifier keeps it from outliving the page. The entry that khugepaged removes silently was what would have made
reclaim tell the device: now the page counts as not mapped, and reclaim has nobody to tell.

Departures: the huge page that is mapped instead is left out (the next fault maps small pages again); the CPU's TLB is
left out (cpu_tlb.py has it); the isolation from the LRU is the reference it takes.
"""

from __future__ import annotations

from typing import Literal

from ..lang import (
    Options,
    Record,
    Size,
    World,
    alive,
    atomic,
    cover,
    flag,
    initial,
    invariant,
    null,
    pending,
    pool,
    process,
    ref,
    rest,
)
from ..primitives import FolioLock, IntervalNotifier, Mutex, Refcount, RwSem


class Page(Record):
    """A page of the page cache, which holds one reference; the page-table entry holds another."""

    lock = FolioLock()
    refs = Refcount()
    mapped = flag()  # mapcount


class Policy(Options):
    notify: Literal["around-collapse", "silent"] = "around-collapse"


class Khugepaged(World):
    collapsers = Size(1, most=1)
    reclaimers = Size(1, most=2)
    mirrors = Size(1, most=2)

    mmap = RwSem()
    pages = pool(Page, 3)
    cache = ref(Page)  # the page cache of the file
    pte = ref(Page)

    sub = IntervalNotifier()
    update = Mutex()  # the driver's lock for its page table
    gpte = ref(Page)


# ---- the core


def put_page(k: Khugepaged, page: Page) -> None:
    if page.refs.put():
        k.pages.free(page)


def invalidate_range_start(k: Khugepaged) -> None:
    """Returns when the device can no longer reach what the range maps."""
    if k.sub.start():
        with k.update:
            k.sub.set_seq()
            k.gpte = null


def filemap_fault(k: Khugepaged) -> Page:
    """Map the page of the page cache, reading it in if it is not there. The mmap_lock is held for reading."""
    with atomic():
        if k.pte == null:
            if k.cache == null:
                k.cache = k.pages.alloc()
            k.pte = k.cache
            k.pte.mapped = True
            k.pte.refs.get()
        page = k.pte
    return page


def find_get_page(k: Khugepaged) -> Page:
    """The page of the page cache with a reference, or null."""
    with atomic():
        page = k.cache
        if page != null:
            page.refs.get()
    return page


@process(Khugepaged.collapsers)
def khugepaged(k: Khugepaged, opt: Policy) -> None:
    """collapse_pte_mapped_thp()."""
    with pending("collapse-returns"):
        with k.mmap.write():
            page = find_get_page(k)  # find_lock_page()
            if page == null:
                return
            page.lock.lock()
            with atomic():  # steps 1 and 2 under the page-table lock, and 3: check, page_remove_rmap(), page_ref_sub()
                ours = k.pte == page
                if ours:
                    page.mapped = False
                    page.refs.put()
            if ours:
                pmdp_collapse_flush(k, opt)
            page.lock.unlock()
            put_page(k, page)


def pmdp_collapse_flush(k: Khugepaged, opt: Policy) -> None:
    """Step 4: the page table goes."""
    if opt.notify == "around-collapse":
        invalidate_range_start(k)
    k.pte = null
    if opt.notify == "around-collapse":
        k.sub.end()


@process(Khugepaged.reclaimers)
def kswapd(k: Khugepaged) -> None:
    """shrink_folio_list() for the page: a page that is not mapped concerns nobody but the page cache."""
    with pending("reclaim-returns"):
        page = find_get_page(k)  # isolated from the LRU
        if page == null:
            return
        if page.lock.trylock():
            if page.mapped:
                try_to_unmap(k, page)
            with atomic():  # __remove_mapping(): the page cache and reclaim have the only references
                freed = page.refs.read() == 2
                if freed:
                    k.cache = null
                    page.refs.put()
            if freed:
                cover("reclaimed")
            page.lock.unlock()
        put_page(k, page)


def try_to_unmap(k: Khugepaged, page: Page) -> None:
    invalidate_range_start(k)
    with atomic():
        k.pte = null
        page.mapped = False
        page.refs.put()
    k.sub.end()


# ---- the device


@process(Khugepaged.mirrors)
def gpu_fault_worker(k: Khugepaged) -> None:
    """Mirror the entry, now and then, as hmm.rst has it."""
    while True:
        rest()
        with pending("gpu-fault-returns"):
            while True:
                k.sub.read_begin()
                with k.mmap.read():
                    page = filemap_fault(k)  # hmm_range_fault()
                k.update.lock()
                if not k.sub.read_retry():
                    break
                k.update.unlock()
            k.gpte = page
            k.update.unlock()


@initial
def mirrored_file(k: Khugepaged) -> None:
    """The device has already faulted on the page."""
    k.cache = k.pages.alloc()
    k.pte = k.cache
    k.pte.mapped = True
    k.pte.refs.count = 2
    k.gpte = k.cache


# ---- what must hold


@invariant
def no_gpu_mapping_of_a_freed_page(k: Khugepaged) -> bool:
    return k.gpte == null or alive(k.gpte)
