# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Migration collects a page while madvise() zaps it: who flushes the TLB, and when.

Functions modelled: migrate_vma_collect_pmd(), migrate_vma_finalize() (mm/migrate_device.c), zap_pte_range() with
tlb_gather_mmu() and tlb_finish_mmu() (mm/memory.c, mm/mmu_gather.c), do_anonymous_page() (mm/memory.c), and the page
walk of the hardware; Linux 5.0 to 6.1.

    after-unlock   before 60bae7370896: the entry is changed under the page-table lock (PTL), the TLB is flushed when
                   the lock is gone; in between nobody else knows that a flush is owed
    under-ptl      60bae7370896: the flush comes before the PTL is dropped

One virtual page. A CPU loads its TLB from a present entry by itself, and keeps what it loaded until it is flushed.
Two madvise() at a time know of each other by ``mm->tlb_flush_pending``; the migration takes no part in that.

Departures: a flush of all CPUs is one step; nothing but the reference of the entry keeps a migration from succeeding,
and the copy is one step with the change of the entry; page locks, MMU notifiers and the mmap_lock (read by all three)
are left out; a thread polls a migration entry.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Pid,
    Record,
    Size,
    World,
    alive,
    atomic,
    bitset,
    bounded,
    cover,
    ghost,
    initial,
    invariant,
    me,
    null,
    pending,
    pool,
    process,
    pure,
    ref,
    rest,
    state,
)
from ..primitives import Refcount, SpinLock


class Pte(Enum):
    NONE = auto()
    PRESENT = auto()
    MIGRATION = auto()


class TlbEntries(Record):
    """The CPUs whose TLB reaches a page. While there are any, the page must not be freed."""

    cpus = bitset(Pid)

    @pure
    def quiescent(self) -> bool:
        return len(self.cpus) == 0


class Page(Record):
    """An anonymous page. Its present entry holds a reference."""

    refs = Refcount()
    tlb = TlbEntries()


class Policy(Options):
    flush: Literal["under-ptl", "after-unlock"] = "under-ptl"


class CpuTlb(World):
    threads = Size(1, least=1, most=2)
    zappers = Size(1, most=2)
    migrators = Size(1, most=1)

    ptl = SpinLock()
    pte = state(Pte.PRESENT)
    mapped = ref(Page)  # what the entry maps, or as a migration entry points at
    pages = pool(Page, 4)
    tlb_flush_pending = bounded(0, 2)

    dropped = ghost(ref(Page))  # what was mapped when the last madvise() came by that has returned


@initial
def mapped_by_an_earlier_access(k: CpuTlb) -> None:
    k.mapped = k.pages.alloc()


def flush_tlb_range(k: CpuTlb) -> None:
    """On every CPU that runs this mm, waited for."""
    with atomic():
        for page in k.pages:
            page.tlb.cpus.clear()


def put_page(k: CpuTlb, page: Page) -> None:
    if page.refs.put():
        k.pages.free(page)


# ---- migration


def migrate_vma_collect_pmd(k: CpuTlb, opt: Policy) -> Page:
    """Take the page out of the page table: null if it is not there."""
    k.ptl.lock()
    if k.pte != Pte.PRESENT:
        k.ptl.unlock()
        return null
    page = k.mapped
    page.refs.get()
    k.pte = Pte.MIGRATION  # ptep_get_and_clear() and set_pte_at(): no flush
    put_page(k, page)  # the reference of the entry
    if opt.flush == "under-ptl":
        flush_tlb_range(k)
    k.ptl.unlock()
    if opt.flush == "after-unlock":
        flush_tlb_range(k)
    return page


def migrate_vma_finalize(k: CpuTlb, page: Page) -> None:
    """The copy, and the new page in place of the migration entry, if that is still there."""
    new = k.pages.alloc()
    k.ptl.lock()
    if k.pte == Pte.MIGRATION:
        with atomic():
            k.pte = Pte.PRESENT
            k.mapped = new
        cover("migrated")
        k.ptl.unlock()
    else:
        k.ptl.unlock()
        put_page(k, new)
    put_page(k, page)


@process(CpuTlb.migrators)
def migrator(k: CpuTlb, opt: Policy) -> None:
    with pending("migration-returns"):
        page = migrate_vma_collect_pmd(k, opt)
        if page != null:
            migrate_vma_finalize(k, page)


# ---- madvise()


@process(CpuTlb.zappers)
def madvise_dontneed(k: CpuTlb) -> None:
    """zap_pte_range() between tlb_gather_mmu() and tlb_finish_mmu(), which flushes before it frees."""
    with pending("madvise-returns"):
        with atomic():
            k.tlb_flush_pending += 1
        k.ptl.lock()
        with atomic():
            was = k.pte
            page = k.mapped
            k.pte = Pte.NONE  # for a migration entry, whose page is not mapped, there is nothing to flush
        k.ptl.unlock()
        if was == Pte.MIGRATION:
            cover("zapped a migration entry")
        if was == Pte.PRESENT:
            flush_tlb_range(k)
            put_page(k, page)
        elif k.tlb_flush_pending > 1:  # mm_tlb_flush_nested(): another one may have cleared the entry and not flushed
            flush_tlb_range(k)
        with atomic():
            k.tlb_flush_pending -= 1
            k.dropped = page


# ---- the CPU


@pure
def in_tlb(k: CpuTlb, cpu: Pid) -> bool:
    return any(cpu in page.tlb.cpus for page in k.pages)


def do_anonymous_page(k: CpuTlb) -> None:
    k.ptl.lock()
    if k.pte == Pte.NONE:
        with atomic():
            k.mapped = k.pages.alloc()
            k.pte = Pte.PRESENT
    k.ptl.unlock()


@process(CpuTlb.threads)
def thread(k: CpuTlb) -> None:
    """A thread on a CPU of its own touches the page now and then."""
    while True:
        rest()
        with atomic():  # the access, with a page walk if the TLB misses
            if not in_tlb(k, me()) and k.pte == Pte.PRESENT:
                k.mapped.tlb.cpus.add(me())
            hit = in_tlb(k, me())
        if not hit:
            do_anonymous_page(k)


# ---- what must hold (beside it no-free-of-busy-object: no page is freed that a TLB reaches)


@invariant
def no_access_after_madvise(k: CpuTlb) -> bool:
    """When madvise() has returned, no TLB reaches the page it dropped."""
    return not alive(k.dropped) or len(k.dropped.tlb.cpus) == 0
