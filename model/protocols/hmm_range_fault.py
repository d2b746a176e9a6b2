# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() and its callers: two passes, a prefetch window, owner match, -EBUSY with a deadline, snapshots.

Functions modelled: hmm_range_fault(), hmm_vma_walk_pmd(), hmm_vma_handle_pte(), hmm_vma_walk_hole(),
hmm_vma_walk_test(), hmm_vma_fault() (mm/hmm.c), drm_gpusvm_get_pages(), drm_gpusvm_scan_mm()
(drivers/gpu/drm/drm_gpusvm.c); Linux 6.15 to 7.0.

A window of two virtual pages; the GPU faulted on the first. Pass one asks for the first page alone and takes the
second as it happens to be: a page that is there is mirrored too, for nothing. Pass two, if the policy wants it, faults
the second page in. Whatever the passes found counts only if the sequence has not moved when the notifier lock is held.

Once an entry has to be faulted in, hmm_vma_fault() faults it and every one after it in the VMA and the range that is
walked, asked for or not, pages of the caller's own device included. So pass one is two walks, one of the first page and
a snapshot of the rest under the same sequence, and pass two walks the neighbour alone.

    gpu_fault    pass one, perhaps pass two, read_retry under the notifier lock, and the mapping
    scanner      drm_gpusvm_scan_mm(): snapshot mode, which asks for nothing
    mm_operation munmap() or reclaim of one page, or its migration to system memory, this device or another one
    invalidator  invalidates beside the window, for ever

The first states have every mixture of empty, system, own and foreign pages, and a neighbour without a VMA or in a VMA
that has no pages (VM_IO). Two normal pages are in one VMA.

Departures: the callback is zap and set_seq (notifier.py has all of it); a page lock is having installed the migration
entry (cpu_fault.py has the lock), and a migration may fail for reasons that are not modelled, but not for ever; every
VMA is writable, so that there is no -EPERM and no copy on write; empty entries are filled by the walk and by migration
to a device alone; the page-table page is there, so that a hole is one entry; the deadline may be over at any test but
the first, and is over eventually.
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
    choose,
    cover,
    flag,
    ghost,
    initial,
    invariant,
    null,
    pending,
    pool,
    process,
    ref,
    state,
    wait,
)
from ..primitives import IntervalNotifier, RwSem


class Vma(Enum):
    NORMAL = auto()
    IO = auto()  # VM_IO, VM_PFNMAP: has no struct pages
    ABSENT = auto()


class Pte(Enum):
    """OWN, FOREIGN: a device-private entry, by ``pgmap->owner`` of its page as seen from the device that faults."""

    NONE = auto()
    RAM = auto()
    OWN = auto()
    FOREIGN = auto()
    MIGRATION = auto()


class Page(Record):
    foreign = flag()


class Address(Record):
    """A virtual page: its VMA, its CPU PTE, and what the device maps there."""

    vma = state(Vma.NORMAL)
    pte = state(Pte.NONE)
    page = ref(Page)
    gpte = ref(Page)


class Operation(Enum):
    MUNMAP = auto()
    RECLAIM = auto()
    TO_SYSTEM = auto()
    TO_OWN = auto()
    TO_FOREIGN = auto()


class First(Enum):
    """An address in a first state."""

    NOTHING = auto()
    SYSTEM = auto()
    OWN = auto()
    FOREIGN = auto()
    NO_PAGES = auto()
    NO_VMA = auto()


class Err(Enum):
    OK = auto()
    EAGAIN = auto()
    EBUSY = auto()
    EFAULT = auto()


class Need(Enum):
    """What the walk does about one entry: hmm_pte_need_fault()."""

    NOTHING = auto()
    FAULT = auto()
    WAIT = auto()
    FAIL = auto()


class Walk(Options):
    first_page: Literal["any", "nothing", "system", "own", "foreign", "no-pages"] = "any"
    second_page: Literal["any", "nothing", "system", "own", "foreign", "no-pages", "no-vma"] = "any"
    fault_reach: Literal["to-the-end", "page-alone"] = "to-the-end"
    pass_one: Literal["page-then-snapshot", "one-walk", "whole-window"] = "page-then-snapshot"
    neighbours: Literal["as-they-are", "fault-in"] = "as-they-are"
    pass_two: Literal["neighbour-alone", "whole-window", "neighbour-with-new-sequence"] = "neighbour-alone"
    retry_check: Literal["under-lock", "skipped"] = "under-lock"
    owner_match: Literal["own", "any"] = "own"
    permanent_error: Literal["returned", "retried"] = "returned"
    deadline: Literal["1000-ms", "none"] = "1000-ms"
    scan_asks: Literal["nothing", "fault"] = "nothing"
    scan_error: Literal["free", "unlock-and-free"] = "free"
    scan_retry: Literal["no-deadline", "deadline"] = "no-deadline"


class HmmRangeFault(World):
    gpu_faults = Size(1, most=1)
    scanners = Size(0, most=1)
    mm_operations = Size(1, most=2)
    invalidators = Size(0, most=1)

    mmap = RwSem()
    window = array(2, Address())
    pages = pool(Page, 5)
    sub = IntervalNotifier()
    notifier_lock = RwSem(writer_preference=False)
    faulted_unasked = ghost(flag())
    own_page_faulted = ghost(flag())


def begin_with(k: HmmRangeFault, a: Address, what: First) -> None:
    if what == First.NO_PAGES:
        a.vma = Vma.IO
    elif what == First.NO_VMA:
        a.vma = Vma.ABSENT
    elif what != First.NOTHING:
        a.page = k.pages.alloc()
        a.page.foreign = what == First.FOREIGN
        a.pte = Pte.RAM if what == First.SYSTEM else Pte.OWN if what == First.OWN else Pte.FOREIGN


@initial
def window(k: HmmRangeFault, opt: Walk) -> None:
    first = First.NOTHING
    if opt.first_page == "any":
        first = choose(First.NOTHING, First.SYSTEM, First.OWN, First.FOREIGN, First.NO_PAGES)
    elif opt.first_page == "system":
        first = First.SYSTEM
    elif opt.first_page == "own":
        first = First.OWN
    elif opt.first_page == "foreign":
        first = First.FOREIGN
    elif opt.first_page == "no-pages":
        first = First.NO_PAGES
    second = First.NOTHING
    if opt.second_page == "any":
        second = choose(First.NOTHING, First.SYSTEM, First.OWN, First.FOREIGN, First.NO_PAGES, First.NO_VMA)
    elif opt.second_page == "system":
        second = First.SYSTEM
    elif opt.second_page == "own":
        second = First.OWN
    elif opt.second_page == "foreign":
        second = First.FOREIGN
    elif opt.second_page == "no-pages":
        second = First.NO_PAGES
    elif opt.second_page == "no-vma":
        second = First.NO_VMA
    begin_with(k, k.window[0], first)
    begin_with(k, k.window[1], second)


# ---- who changes entries


def gpusvm_invalidate(k: HmmRangeFault, a: Address) -> None:
    """drm_gpusvm_notifier_invalidate()."""
    k.notifier_lock.down_write()
    k.sub.set_seq()
    a.gpte = null
    k.notifier_lock.up_write()


def invalidate_start(k: HmmRangeFault, a: Address) -> None:
    if k.sub.start():
        gpusvm_invalidate(k, a)


def migrate(k: HmmRangeFault, a: Address, to: Pte, by_fault: bool) -> None:
    """Migration entry inside a bracket, copy, new entry; nobody can map the page on a device in between.

    To a device: of the pages of devices only its own are collected, which stay; an empty entry gets a page too.
    """
    old: Page = null
    invalidate_start(k, a)
    with atomic():
        was = a.pte
        if was == to or (was == Pte.RAM and not by_fault) or (to == Pte.RAM and (was == Pte.OWN or was == Pte.FOREIGN)):
            if was != Pte.NONE:
                old = a.page
                a.pte = Pte.MIGRATION
    k.sub.end()
    if old != null:
        finish_migration(k, a, old, was, to)
    elif was == Pte.NONE and to != Pte.RAM:
        insert_page(k, a, to)


def finish_migration(k: HmmRangeFault, a: Address, old: Page, was: Pte, to: Pte) -> None:
    """migrate_vma_pages(), remove_migration_ptes(): the new page, or the old one again; unless it was unmapped."""
    moved = choose(True, False, eventually=True)
    if moved:
        new = k.pages.alloc()
        new.foreign = to == Pte.FOREIGN
        with atomic():
            if a.pte == Pte.MIGRATION and a.page == old:
                a.pte = to
                a.page = new
            else:
                k.pages.free(new)
            k.pages.free(old)
    else:
        with atomic():
            if a.pte == Pte.MIGRATION and a.page == old:
                a.pte = was
            else:
                k.pages.free(old)


def insert_page(k: HmmRangeFault, a: Address, to: Pte) -> None:
    """migrate_vma_insert_page(): memory of the device where there was nothing."""
    invalidate_start(k, a)
    with atomic():
        if a.pte == Pte.NONE:
            a.page = k.pages.alloc()
            a.page.foreign = to == Pte.FOREIGN
            a.pte = to
    k.sub.end()


def zap(k: HmmRangeFault, a: Address) -> None:
    """zap_pte_range(). The page of a migration entry belongs to the migration."""
    invalidate_start(k, a)
    with atomic():
        if a.pte != Pte.NONE and a.pte != Pte.MIGRATION:
            k.pages.free(a.page)
        a.pte = Pte.NONE
        a.page = null
    k.sub.end()


def migrate_to_device(k: HmmRangeFault, a: Address, to: Pte) -> None:
    """migrate_vma_setup() demands the mmap_lock and a normal VMA."""
    with k.mmap.read():
        if a.vma == Vma.NORMAL:
            migrate(k, a, to, False)


@process(HmmRangeFault.mm_operations)
def mm_operation(k: HmmRangeFault) -> None:
    """munmap(), or migration to either device; or by reverse map and without mmap_lock: reclaim, migration to RAM."""
    with pending("mm-operation-returns"):
        at = choose(0, 1)
        what = choose(Operation.MUNMAP, Operation.RECLAIM, Operation.TO_SYSTEM, Operation.TO_OWN, Operation.TO_FOREIGN)
        if what == Operation.MUNMAP:
            k.mmap.down_write()
            k.window[at].vma = Vma.ABSENT
            k.mmap.downgrade_write()
            zap(k, k.window[at])
            k.mmap.up_read()
        elif what == Operation.RECLAIM:
            zap(k, k.window[at])
        elif what == Operation.TO_SYSTEM:
            migrate(k, k.window[at], Pte.RAM, False)
        elif what == Operation.TO_OWN:
            migrate_to_device(k, k.window[at], Pte.OWN)
        else:
            migrate_to_device(k, k.window[at], Pte.FOREIGN)


@process(HmmRangeFault.invalidators)
def invalidator(k: HmmRangeFault) -> None:
    """Brackets on other pages of the same notifier: only the sequence moves."""
    while True:
        if k.sub.start():
            k.notifier_lock.down_write()
            k.sub.set_seq()
            k.notifier_lock.up_write()
        k.sub.end()


# ---- the walk


def handle_mm_fault(k: HmmRangeFault, a: Address, wanted: bool) -> None:
    """Populates an empty entry, brings the page of a device back, waits for a migration: do_anonymous_page(),
    do_swap_page(), migrate_to_ram()."""
    with atomic():
        seen = a.pte
        page = a.page
        if seen == Pte.NONE:
            a.page = k.pages.alloc()
            a.pte = Pte.RAM
        if not wanted and seen != Pte.RAM and seen != Pte.MIGRATION:
            k.faulted_unasked = True
    if seen == Pte.MIGRATION:
        wait(a.pte != Pte.MIGRATION or a.page != page)  # migration_entry_wait()
    elif seen == Pte.OWN or seen == Pte.FOREIGN:
        migrate(k, a, Pte.RAM, True)


def hmm_vma_fault(k: HmmRangeFault, opt: Walk, a: Address, wanted: bool, neighbour: bool, want_neighbour: bool) -> None:
    """This entry and, asked for or not, those after it. ``neighbour``: the range does not end with this entry."""
    handle_mm_fault(k, a, wanted)
    if neighbour and opt.fault_reach == "to-the-end" and k.window[1].vma == Vma.NORMAL:
        if k.window[1].pte == Pte.OWN:
            k.own_page_faulted = True
        handle_mm_fault(k, k.window[1], want_neighbour)


def look(opt: Walk, a: Address, asked: bool) -> tuple[Need, Page]:
    """hmm_vma_walk_test(), hmm_vma_walk_hole() and hmm_vma_handle_pte() for one entry, under the PTL."""
    with atomic():
        if a.vma != Vma.NORMAL:
            if asked:
                return Need.FAIL, null
            return Need.NOTHING, null
        if a.pte == Pte.RAM or a.pte == Pte.OWN or (a.pte == Pte.FOREIGN and opt.owner_match == "any"):
            return Need.NOTHING, a.page
        if not asked:
            return Need.NOTHING, null
        if a.pte == Pte.MIGRATION:
            return Need.WAIT, a.page
        return Need.FAULT, null


def walk_entry(
    k: HmmRangeFault, opt: Walk, a: Address, asked: bool, wanted: bool, neighbour: bool, want_neighbour: bool
) -> tuple[Err, Page]:
    """One entry of the loop of hmm_range_fault(), which has no deadline: after a fault it looks again."""
    while True:
        need, page = look(opt, a, asked)
        if need == Need.NOTHING:
            return Err.OK, page
        if need == Need.FAIL:
            return Err.EFAULT, null
        if need == Need.WAIT:
            wait(a.pte != Pte.MIGRATION or a.page != page)  # migration_entry_wait()
        else:
            hmm_vma_fault(k, opt, a, wanted, neighbour, want_neighbour)
        if k.sub.read_retry():  # mmu_interval_check_retry(), each time the walk starts again
            return Err.EBUSY, null


def hmm_range_fault_one(k: HmmRangeFault, opt: Walk, a: Address, asked: bool, wanted: bool) -> tuple[Err, Page]:
    """A range of one page."""
    if k.sub.read_retry():
        return Err.EBUSY, null
    return walk_entry(k, opt, a, asked, wanted, False, False)


def hmm_range_fault(
    k: HmmRangeFault, opt: Walk, ask_first: bool, ask_second: bool, want_first: bool, want_second: bool
) -> tuple[Err, Page, Page]:
    """The window. ``ask``: HMM_PFN_REQ_FAULT for the entry. ``want``: the caller needs the page (for the property
    alone)."""
    if k.sub.read_retry():
        return Err.EBUSY, null, null
    err, first = walk_entry(k, opt, k.window[0], ask_first, want_first, True, want_second)
    if err != Err.OK:
        return err, null, null
    err, second = walk_entry(k, opt, k.window[1], ask_second, want_second, False, False)
    if err != Err.OK:
        return err, null, null
    return Err.OK, first, second


# ---- the callers


def pass_one(k: HmmRangeFault, opt: Walk) -> tuple[Err, Page, Page]:
    """The faulting page, and its neighbour if it is there."""
    second: Page = null
    with k.mmap.read():
        if opt.pass_one == "page-then-snapshot":
            err, first = hmm_range_fault_one(k, opt, k.window[0], True, True)
            if err == Err.OK:
                err, second = hmm_range_fault_one(k, opt, k.window[1], False, False)
        else:
            err, first, second = hmm_range_fault(k, opt, True, opt.pass_one == "whole-window", True, False)
        if err == Err.EFAULT:
            assert k.window[0].vma != Vma.NORMAL, "a fault fails only where its own address is bad"
    return err, first, second


def pass_two(k: HmmRangeFault, opt: Walk, found: Page) -> tuple[Err, Page, Page]:
    """The neighbour too. One that cannot be had (-EFAULT) is left out."""
    if opt.pass_two == "neighbour-with-new-sequence":
        k.sub.read_begin()
    first = found
    with k.mmap.read():
        if opt.pass_two == "whole-window":
            err, first, second = hmm_range_fault(k, opt, True, True, True, True)
        else:
            err, second = hmm_range_fault_one(k, opt, k.window[1], True, True)
    if err == Err.EFAULT:
        return Err.OK, found, null
    return err, first, second


def commit(k: HmmRangeFault, opt: Walk, first: Page, second: Page) -> Err:
    """The end of drm_gpusvm_get_pages() and the bind, in one section of the notifier lock."""
    k.notifier_lock.down_read()
    if opt.retry_check == "under-lock" and k.sub.read_retry():
        k.notifier_lock.up_read()
        return Err.EAGAIN
    assert first == k.window[0].page, "a validated page is the one that is mapped"
    assert second == null or second == k.window[1].page, "a validated page is the one that is mapped"
    k.window[0].gpte = first
    if second != null:
        cover("prefetched")
        k.window[1].gpte = second
    k.notifier_lock.up_read()
    return Err.OK


@process(HmmRangeFault.gpu_faults)
def gpu_fault(k: HmmRangeFault, opt: Walk) -> None:
    with pending("gpu-fault-returns"):
        while True:
            k.sub.read_begin()
            err, first, second = pass_one(k, opt)
            if err == Err.OK and opt.neighbours == "fault-in":
                err, first, second = pass_two(k, opt, first)
            if err == Err.EFAULT:
                if opt.permanent_error == "returned":
                    break
            else:
                if err == Err.OK and commit(k, opt, first, second) == Err.OK:
                    cover("mapped")
                    break
                if opt.deadline == "1000-ms":
                    expired = choose(False, True, eventually=True)  # time_after(jiffies, timeout): -EBUSY
                    if expired:
                        break


@process(HmmRangeFault.scanners)
def scanner(k: HmmRangeFault, opt: Walk) -> None:
    """drm_gpusvm_scan_mm(): where the pages of the range are. Waits for the next sequence with mmap_lock held."""
    with pending("scan-returns"):
        asks = opt.scan_asks == "fault"
        while True:
            k.sub.read_begin()
            err = Err.OK
            first: Page = null
            second: Page = null
            with k.mmap.read():
                while True:
                    err, first, second = hmm_range_fault(k, opt, asks, asks, False, False)
                    if err != Err.EBUSY:
                        break
                    expired = choose(False, True, eventually=True)
                    if expired:
                        break
                    k.sub.read_begin()
            if err != Err.OK:
                if opt.scan_error == "unlock-and-free":
                    k.notifier_lock.up_read()
                break
            k.notifier_lock.down_read()
            if not k.sub.read_retry():
                assert first == null or first == k.window[0].page, "a validated page is the one that is mapped"
                assert second == null or second == k.window[1].page, "a validated page is the one that is mapped"
                cover("scanned")
                k.notifier_lock.up_read()
                break
            k.notifier_lock.up_read()
            if opt.scan_retry == "deadline":
                expired = choose(False, True, eventually=True)
                if expired:
                    break


# ---- what must hold


@invariant
def the_gpu_maps_what_the_cpu_maps(k: HmmRangeFault) -> bool:
    return k.sub.active > 0 or all(a.gpte == null or (a.gpte == a.page and a.pte != Pte.MIGRATION) for a in k.window)


@invariant
def no_gpu_mapping_of_a_freed_page(k: HmmRangeFault) -> bool:
    return all(a.gpte == null or alive(a.gpte) for a in k.window)


@invariant
def no_gpu_mapping_of_a_foreign_page(k: HmmRangeFault) -> bool:
    return all(a.gpte == null or not alive(a.gpte) or not a.gpte.foreign for a in k.window)


@invariant
def prefetch_and_snapshot_never_fault(k: HmmRangeFault) -> bool:
    return not k.faulted_unasked


@invariant
def no_walk_faults_a_page_of_its_own_device_for_its_neighbour(k: HmmRangeFault) -> bool:
    return not k.own_page_faulted
