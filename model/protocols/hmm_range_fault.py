# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() and its callers: two passes, a prefetch window, owner match, -EBUSY with a deadline, snapshots.

Functions modelled: hmm_range_fault(), hmm_vma_walk_pmd(), hmm_vma_handle_pte(), hmm_vma_walk_hole(),
hmm_vma_walk_test(), hmm_vma_fault() (mm/hmm.c), drm_gpusvm_get_pages(), drm_gpusvm_scan_mm()
(drivers/gpu/drm/drm_gpusvm.c); Linux 6.15 to 7.0.

A window of two virtual pages; the GPU faulted on the first. Pass one asks for the first page alone and takes the
second as it happens to be: a page that is there is mirrored too, for nothing. Pass two, if the policy wants it, faults
the second page in. Whatever the passes found counts only if the sequence has not moved when the notifier lock is held.

    gpu_fault    pass one, perhaps pass two, read_retry under the notifier lock, and the mapping
    scanner      drm_gpusvm_scan_mm(): snapshot mode, which asks for nothing
    mm_operation munmap() or reclaim of one page, or its migration to system memory, this device or another one
    invalidator  invalidates beside the window, for ever

The first states have every mixture of empty, system, own and foreign pages, and a neighbour without a VMA or in a VMA
that has no pages (VM_IO).

Departures: the callback is zap and set_seq (notifier.py has all of it); a page lock is having installed the migration
entry (cpu_fault.py has the lock); every VMA is writable, so that there is no -EPERM and no copy on write; nobody
populates a page but the walk; the deadline may be over at any test but the first, and is over eventually.
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
    NONE = auto()
    RAM = auto()
    DEVICE = auto()
    MIGRATION = auto()


class Owner(Enum):
    """``pgmap->owner`` of a page, seen from the device that faults."""

    SYSTEM = auto()
    OWN = auto()
    FOREIGN = auto()


class Page(Record):
    owner = state(Owner.SYSTEM)


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
    first_state: Literal["any-mixture", "foreign-and-system"] = "any-mixture"
    pass_one: Literal["fault-page-only", "whole-window"] = "fault-page-only"
    neighbours: Literal["as-they-are", "fault-in"] = "as-they-are"
    pass_two: Literal["whole-window", "neighbour-with-new-sequence"] = "whole-window"
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


@initial
def window(k: HmmRangeFault, opt: Walk) -> None:
    if opt.first_state == "foreign-and-system":
        for a in k.window:
            a.page = k.pages.alloc()
        k.window[0].pte = Pte.DEVICE
        k.window[0].page.owner = Owner.FOREIGN
        k.window[1].pte = Pte.RAM
        return
    k.window[0].vma = choose(Vma.NORMAL, Vma.IO)
    k.window[1].vma = choose(Vma.NORMAL, Vma.IO, Vma.ABSENT)
    for a in k.window:
        if a.vma == Vma.NORMAL:
            a.pte = choose(Pte.NONE, Pte.RAM, Pte.DEVICE)
            if a.pte != Pte.NONE:
                a.page = k.pages.alloc()
            if a.pte == Pte.DEVICE:
                a.page.owner = choose(Owner.OWN, Owner.FOREIGN)


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


def migrate(k: HmmRangeFault, a: Address, to: Owner) -> None:
    """Migration entry inside a bracket, copy, new entry; nobody can map the page on a device in between."""
    old: Page = null
    invalidate_start(k, a)
    with atomic():
        if a.pte == Pte.RAM or a.pte == Pte.DEVICE:
            old = a.page
            a.pte = Pte.MIGRATION
    k.sub.end()
    if old == null:
        return
    new = k.pages.alloc()
    new.owner = to
    with atomic():  # remove_migration_ptes(), unless the address was unmapped meanwhile
        if a.pte == Pte.MIGRATION and a.page == old:
            a.pte = Pte.RAM if to == Owner.SYSTEM else Pte.DEVICE
            a.page = new
        else:
            k.pages.free(new)
        k.pages.free(old)


def zap(k: HmmRangeFault, a: Address) -> None:
    """zap_pte_range(). The page of a migration entry belongs to the migration."""
    invalidate_start(k, a)
    with atomic():
        if a.pte == Pte.RAM or a.pte == Pte.DEVICE:
            k.pages.free(a.page)
        a.pte = Pte.NONE
        a.page = null
    k.sub.end()


@process(HmmRangeFault.mm_operations)
def mm_operation(k: HmmRangeFault) -> None:
    """munmap(), or by reverse map and without mmap_lock: reclaim, eviction, migration to either device."""
    with pending("mm-operation-returns"):
        at = choose(0, 1)
        what = choose(Operation.MUNMAP, Operation.RECLAIM, Operation.TO_SYSTEM, Operation.TO_OWN, Operation.TO_FOREIGN)
        if what == Operation.MUNMAP:
            with k.mmap.write():
                k.window[at].vma = Vma.ABSENT
                zap(k, k.window[at])
        elif what == Operation.RECLAIM:
            zap(k, k.window[at])
        elif what == Operation.TO_SYSTEM:
            migrate(k, k.window[at], Owner.SYSTEM)
        elif what == Operation.TO_OWN:
            migrate(k, k.window[at], Owner.OWN)
        else:
            migrate(k, k.window[at], Owner.FOREIGN)


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


def handle_mm_fault(k: HmmRangeFault, a: Address) -> None:
    """Populates an empty entry, and brings the page of another device back: do_swap_page(), migrate_to_ram()."""
    foreign = False
    with atomic():
        if a.pte == Pte.NONE:
            a.page = k.pages.alloc()
            a.pte = Pte.RAM
        elif a.pte == Pte.DEVICE:
            foreign = True
    if foreign:
        migrate(k, a, Owner.SYSTEM)


def look(opt: Walk, a: Address, asked: bool) -> tuple[Need, Page]:
    """hmm_vma_walk_test(), hmm_vma_walk_hole() and hmm_vma_handle_pte() for one entry, under the PTL."""
    with atomic():
        if a.vma != Vma.NORMAL:
            if asked:
                return Need.FAIL, null
            return Need.NOTHING, null
        if a.pte == Pte.RAM:
            return Need.NOTHING, a.page
        if a.pte == Pte.DEVICE and (a.page.owner == Owner.OWN or opt.owner_match == "any"):
            return Need.NOTHING, a.page
        if not asked:
            return Need.NOTHING, null
        if a.pte == Pte.MIGRATION:
            return Need.WAIT, null
        return Need.FAULT, null


def walk_entry(k: HmmRangeFault, opt: Walk, a: Address, asked: bool, wanted: bool) -> tuple[Err, Page]:
    """One entry of the loop of hmm_range_fault(), which has no deadline: after a fault it looks again."""
    while True:
        need, page = look(opt, a, asked)
        if need == Need.NOTHING:
            return Err.OK, page
        if need == Need.FAIL:
            return Err.EFAULT, null
        if need == Need.WAIT:
            wait(a.pte != Pte.MIGRATION)  # migration_entry_wait()
        else:
            if not wanted:
                k.faulted_unasked = True
            handle_mm_fault(k, a)
        if k.sub.read_retry():  # mmu_interval_check_retry(), each time the walk starts again
            return Err.EBUSY, null


def hmm_range_fault(
    k: HmmRangeFault, opt: Walk, ask_first: bool, ask_second: bool, want_first: bool, want_second: bool
) -> tuple[Err, Page, Page]:
    """``ask``: HMM_PFN_REQ_FAULT for the entry. ``want``: the caller needs the page (for the property alone)."""
    if k.sub.read_retry():
        return Err.EBUSY, null, null
    err, first = walk_entry(k, opt, k.window[0], ask_first, want_first)
    if err != Err.OK:
        return err, null, null
    err, second = walk_entry(k, opt, k.window[1], ask_second, want_second)
    if err != Err.OK:
        return err, null, null
    return Err.OK, first, second


# ---- the callers


def pass_one(k: HmmRangeFault, opt: Walk) -> tuple[Err, Page, Page]:
    """The faulting page, and its neighbour if it is there."""
    with k.mmap.read():
        err, first, second = hmm_range_fault(k, opt, True, opt.pass_one == "whole-window", True, False)
        if err == Err.EFAULT:
            assert k.window[0].vma != Vma.NORMAL, "a fault fails only where its own address is bad"
    return err, first, second


def pass_two(k: HmmRangeFault, opt: Walk, found: Page) -> tuple[Err, Page, Page]:
    """Both pages. A neighbour that cannot be had (-EFAULT) is left out, if the first page still can."""
    if opt.pass_two == "neighbour-with-new-sequence":
        k.sub.read_begin()
    with k.mmap.read():
        err, first, second = hmm_range_fault(k, opt, opt.pass_two == "whole-window", True, True, True)
    if opt.pass_two == "neighbour-with-new-sequence":
        first = found
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
    return k.sub.active > 0 or all(a.gpte == null or a.gpte == a.page for a in k.window)


@invariant
def no_gpu_mapping_of_a_freed_page(k: HmmRangeFault) -> bool:
    return all(a.gpte == null or alive(a.gpte) for a in k.window)


@invariant
def no_gpu_mapping_of_a_foreign_page(k: HmmRangeFault) -> bool:
    return all(a.gpte == null or not alive(a.gpte) or a.gpte.owner != Owner.FOREIGN for a in k.window)


@invariant
def prefetch_and_snapshot_never_fault(k: HmmRangeFault) -> bool:
    return not k.faulted_unasked
