# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A CPU fault on a device-private page: do_swap_page(), the driver's migrate_to_ram(), and migrate_vma_*().

Functions modelled: do_swap_page() (mm/memory.c), migrate_vma_collect_pmd(), migrate_device_unmap(),
migrate_vma_check_page(), folio_migrate_mapping(), migrate_vma_finalize() (mm/migrate_device.c, mm/migrate.c),
softleaf_entry_wait_on_locked() (mm/filemap.c), drm_pagemap_migrate_to_ram() (drivers/gpu/drm/drm_pagemap.c);
Linux 6.0 to 7.0. The generations of the do_swap_page() part:

    g0  before 6.1     nothing is held when the driver is called
    g1  6.1 to 6.14    every faulting thread takes a page reference under the page-table lock (PTL)
    g2  6.15           only the thread that gets the page lock (trylock) takes a reference; the others refault at once
    g3  7.0, 6.18.19   as g2, but the others sleep on the page lock, queued under the PTL, without a reference

Departures: one page; GPU mappings and MMU notifiers are left out (they are in gpu_fault); allocation never fails; the
copy is one step. Threads fault through ``mappings`` page-table entries of one or two mms, each with its own PTL, as
after fork(). ``lru_add_drain_all()`` is a work item on one CPU, waited for with the page lock held, in the migration
that a third party starts (``migrator``): the preconditions of b570f37a2ce4.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    initial,
    invariant,
    null,
    pending,
    pool,
    process,
    pure,
    ref,
    section,
    state,
    touch,
    urgent,
)
from ..primitives import CpuSlot, FolioLock, Mutex, Refcount, SpinLock, WaitQueue, Work


class Pte(Enum):
    DEVICE = auto()
    MIGRATION = auto()
    RAM = auto()


class Page(Record):
    """A device-private struct page. Each DEVICE entry that maps it holds one reference."""

    lock = FolioLock()
    refs = Refcount()


class Mapping(Record):
    """One page-table entry that maps the page, and the lock of its page table."""

    ptl = SpinLock()
    pte = state(Pte.DEVICE)


class Fault(Options):
    generation: Literal["g0", "g1", "g2", "g3"] = "g3"
    driver_lock: bool = False
    urgent_refault: bool = False
    fault_page: Literal["passed", "missing"] = "passed"
    entry_wait: Literal["queue", "reference"] = "queue"
    release: Literal["unlock-then-put", "put-then-unlock"] = "unlock-then-put"


class CpuFault(World):
    cpu_threads = Size(2, most=8)
    mappings = Size(1, least=1, most=2)
    hmm_threads = Size(0, most=1)
    migrators = Size(0, most=1)

    driver = Mutex()
    maps = array(mappings, Mapping())
    pages = pool(Page)
    device_page = ref(Page)
    waiters = WaitQueue(strict=False)
    cpu1 = CpuSlot()
    lru_drain = Work()


class Seen(Enum):
    """What do_swap_page() found under the PTL."""

    DONE = auto()
    AGAIN = auto()
    MINE = auto()


@initial
def mapped_in_vram(k: CpuFault) -> None:
    page = k.pages.alloc()
    k.device_page = page
    page.refs.count = k.mappings


# ---- references and locks


@pure
def mapcount(k: CpuFault) -> int:
    return sum(m.pte == Pte.DEVICE for m in k.maps)


def put_page(k: CpuFault, page: Page) -> None:
    """The last reference frees the page: free_zone_device_folio()."""
    if page.refs.put():
        k.pages.free(page)


def unlock_page(k: CpuFault, page: Page) -> None:
    """folio_unlock(): whoever is on the queue at that moment is woken; the queue is not in the page."""
    with atomic():
        page.lock.unlock()
        k.waiters.wake_all()


def wait_on_locked(k: CpuFault, m: Mapping, page: Page) -> None:
    """softleaf_entry_wait_on_locked(): queue on the folio with the PTL held, drop it, sleep without a reference."""
    with atomic():
        if page.lock.locked():
            k.waiters.register()
    m.ptl.unlock()
    k.waiters.sleep()


def wait_with_reference(k: CpuFault, m: Mapping, page: Page) -> None:
    """migration_entry_wait() before ffa65753c431: the sleeper holds a page reference."""
    page.refs.get()
    with atomic():
        if page.lock.locked():
            k.waiters.register()
    m.ptl.unlock()
    k.waiters.sleep()
    put_page(k, page)


# ---- do_swap_page()


def look_under_ptl(k: CpuFault, opt: Fault, m: Mapping) -> tuple[Seen, Page]:
    """do_swap_page() from taking the PTL to calling the driver."""
    m.ptl.lock()
    if m.pte == Pte.RAM:
        m.ptl.unlock()
        return Seen.DONE, null
    page = k.device_page
    if m.pte == Pte.MIGRATION:
        if opt.entry_wait == "reference":
            wait_with_reference(k, m, page)
        else:
            wait_on_locked(k, m, page)
        return Seen.AGAIN, null
    if opt.generation == "g1":
        page.refs.get()
    elif opt.generation == "g2" or opt.generation == "g3":
        if not page.lock.trylock():
            if opt.generation == "g3":
                wait_on_locked(k, m, page)
            else:
                m.ptl.unlock()
            return Seen.AGAIN, null
        page.refs.get()
    m.ptl.unlock()
    return Seen.MINE, page


def drop_fault(k: CpuFault, opt: Fault, page: Page) -> None:
    """do_swap_page() after the driver returned."""
    if opt.release == "put-then-unlock":
        put_page(k, page)
        unlock_page(k, page)
        return
    if opt.generation == "g2" or opt.generation == "g3":
        unlock_page(k, page)
    if opt.generation != "g0":
        put_page(k, page)


@section
def driver_section(k: CpuFault, opt: Fault) -> Iterator[None]:
    """The mistake the GPU SVM document warns of: a driver lock held exclusively in migrate_to_ram()."""
    if opt.driver_lock:
        k.driver.lock()
    yield
    if opt.driver_lock:
        k.driver.unlock()


def handle_fault(k: CpuFault, opt: Fault, m: Mapping) -> bool:
    """One fault from user mode or hmm_range_fault(); true when the entry is present."""
    with urgent(opt.urgent_refault):
        seen, page = look_under_ptl(k, opt, m)
    if seen == Seen.DONE:
        return True
    if seen == Seen.MINE:
        with driver_section(k, opt):
            migrate_to_ram(k, opt, m, page)
        with urgent(opt.urgent_refault):
            drop_fault(k, opt, page)
    return False


# ---- migrate_to_ram(): migrate_vma_setup(), _pages(), _finalize()


def migrate_to_ram(k: CpuFault, opt: Fault, m: Mapping, page: Page) -> None:
    """drm_pagemap_migrate_to_ram(). Returns 0 whether or not the page moved: the fault is simply taken again."""
    touch(page)  # zdd = page->zone_device_data
    holds_lock = opt.generation == "g2" or opt.generation == "g3"
    if not collect(k, m, page, holds_lock):
        return
    unmap_others(k)
    move(k, opt, page, holds_lock)


def collect(k: CpuFault, m: Mapping, page: Page, holds_lock: bool) -> bool:
    """migrate_vma_collect_pmd(): reference, lock, migration entry, drop the mapping's reference."""
    m.ptl.lock()
    if m.pte != Pte.DEVICE:
        m.ptl.unlock()
        return False
    page.refs.get()
    if not holds_lock and not page.lock.trylock():
        m.ptl.unlock()
        put_page(k, page)
        return False
    m.pte = Pte.MIGRATION
    put_page(k, page)
    m.ptl.unlock()
    return True


def unmap_others(k: CpuFault) -> None:
    """migrate_device_unmap() -> try_to_migrate(): the other mappings, by reverse map."""
    for m in k.maps:
        m.ptl.lock()
        if m.pte == Pte.DEVICE:
            m.pte = Pte.MIGRATION
            put_page(k, k.device_page)
        m.ptl.unlock()


def move(k: CpuFault, opt: Fault, page: Page, holds_lock: bool) -> None:
    """The pin check with its tolerance, the copy, the exact reference check, and the entries of the outcome."""
    known = 2 if opt.fault_page == "passed" and opt.generation != "g0" else 1
    refs = page.refs.read()  # migrate_vma_check_page(): one stray reference is tolerated
    with atomic():
        mapped = mapcount(k)  # folio_mapcount() is one counter
    if refs - (known + 1) > mapped:
        remove_migration_ptes(k, page, Pte.DEVICE)
    elif page.refs.read() != known:  # after the copy, folio_migrate_mapping() wants exactly these
        remove_migration_ptes(k, page, Pte.DEVICE)
    else:
        cover("migrated")
        remove_migration_ptes(k, page, Pte.RAM)
    if not holds_lock:
        unlock_page(k, page)
    put_page(k, page)


def remove_migration_ptes(k: CpuFault, page: Page, outcome: Pte) -> None:
    """A restored device entry holds a reference again."""
    for m in k.maps:
        m.ptl.lock()
        if m.pte == Pte.MIGRATION:
            if outcome == Pte.DEVICE:
                page.refs.get()
            m.pte = outcome
        m.ptl.unlock()


# ---- actors


@process(CpuFault.cpu_threads)
def cpu_fault(k: CpuFault, opt: Fault) -> None:
    """A thread that touches the page until its access succeeds."""
    with pending("fault-completes"):
        if k.mappings == 2:
            at = choose(0, 1)
            while not handle_fault(k, opt, k.maps[at]):
                pass
        else:
            while not handle_fault(k, opt, k.maps[0]):
                pass


@process(CpuFault.hmm_threads, on=CpuFault.cpu1, preemptible=False)
def hmm_range_fault(k: CpuFault, opt: Fault) -> None:
    """A driver's fault handler that walks the other mm: -EBUSY walks again, with no sleep and no reschedule."""
    with pending("fault-completes"):
        while not handle_fault(k, opt, k.maps[k.mappings - 1]):
            pass


@process(CpuFault.migrators)
def migrator(k: CpuFault, opt: Fault) -> None:
    """A migration that meets the page beside a system folio off the LRU: it drains every CPU with the page locked."""
    with pending("migration-returns"):
        m = k.maps[0]
        m.ptl.lock()
        if m.pte != Pte.DEVICE:
            m.ptl.unlock()
            return
        page = k.device_page
        page.refs.get()
        if not page.lock.trylock():
            m.ptl.unlock()
            put_page(k, page)
            return
        m.pte = Pte.MIGRATION
        put_page(k, page)
        m.ptl.unlock()
        k.lru_drain.queue()  # lru_add_drain_all()
        k.lru_drain.flush()
        unmap_others(k)
        known = 1
        if page.refs.read() != known:
            remove_migration_ptes(k, page, Pte.DEVICE)
        else:
            remove_migration_ptes(k, page, Pte.RAM)
        unlock_page(k, page)
        put_page(k, page)


@process(CpuFault.migrators, on=CpuFault.cpu1)
def lru_drain_work(k: CpuFault) -> None:
    """lru_add_drain_per_cpu() on the CPU of the hmm_range_fault() thread."""
    while True:
        with k.lru_drain.run_once():
            pass


# ---- what must hold (progress is the pending block of each actor)


@invariant
def a_device_entry_holds_a_reference(k: CpuFault) -> bool:
    return mapcount(k) == 0 or all(page.refs.count >= mapcount(k) for page in k.pages)


@invariant
def a_migration_entry_means_a_locked_page(k: CpuFault) -> bool:
    return all(m.pte != Pte.MIGRATION or any(page.lock.locked() for page in k.pages) for m in k.maps)

