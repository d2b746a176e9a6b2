# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""CPU faults on a device-exclusive entry: whoever locks the page must hold a reference.

Functions modelled: do_swap_page() down to remove_device_exclusive_entry() and restore_exclusive_pte() (mm/memory.c),
migrate_pages() for one folio: try_to_migrate(), folio_migrate_mapping(), remove_migration_ptes() (mm/migrate.c),
munmap() (mm/mmap.c), and the checks of free_pages_prepare() (mm/page_alloc.c); Linux 5.15 to 6.3.

    none     before 7c7b962938dd: the page is locked without a reference, relying on that of the entry; but the
             page-table lock (PTL) is not held, so another fault may have removed the entry meanwhile
    taken    7c7b962938dd: folio_try_get() first; if the page is free, so is the entry gone

One page, which the device has made exclusive. A struct page is never freed: a count of 0 means that the page is free,
and then the allocator may hand it to anybody. In contrast to ``cpu_fault`` nobody fails for good because of a
reference that a waiter holds: the migration gives up, and is not owed.

Departures: MMU notifiers and the waiting for the device are left out; one fault under one mmap_lock section; the fault
does not drop the mmap_lock while it waits for the page (FAULT_FLAG_ALLOW_RETRY); the page a migration or a new owner
gets is not modelled.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Size,
    World,
    atomic,
    cover,
    invariant,
    pending,
    process,
    rest,
    state,
    wait,
)
from ..primitives import FolioLock, Refcount, RwSem, SpinLock


class Pte(Enum):
    """What the virtual page maps: the page in one of these ways, another page, or nothing."""

    EXCLUSIVE = auto()
    PRESENT = auto()
    MIGRATION = auto()
    ELSEWHERE = auto()
    NONE = auto()


class Policy(Options):
    reference: Literal["taken", "none"] = "taken"


class DeviceExclusive(World):
    threads = Size(2, least=1, most=3)
    migrators = Size(1, most=1)
    unmappers = Size(0, most=1)
    allocators = Size(1, most=1)

    mmap = RwSem()
    ptl = SpinLock()
    pte = state(Pte.EXCLUSIVE)
    lock = FolioLock()
    refs = Refcount()  # of the page; at first that of the entry


def put_page(k: DeviceExclusive) -> None:
    """The last reference frees the page; PAGE_FLAGS_CHECK_AT_FREE: it must not be locked."""
    with atomic():
        if k.refs.put():
            assert not k.lock.locked(), "no free of a locked page"


# ---- the fault


def remove_device_exclusive_entry(k: DeviceExclusive, opt: Policy) -> None:
    """Called without the PTL, for an entry that was read without it."""
    if opt.reference == "taken":
        if not k.refs.get_unless_zero():
            cover("the page was free")
            return
    k.lock.lock()
    k.ptl.lock()
    if k.pte == Pte.EXCLUSIVE:
        k.pte = Pte.PRESENT  # restore_exclusive_pte(): the reference of the entry stays
    k.ptl.unlock()
    k.lock.unlock()
    if opt.reference == "taken":
        put_page(k)


@process(DeviceExclusive.threads)
def cpu_fault(k: DeviceExclusive, opt: Policy) -> None:
    """handle_pte_fault(), again and again until the access succeeds or there is nothing mapped (a signal)."""
    with pending("fault-completes"):
        while True:
            with k.mmap.read():
                seen = k.pte
                if seen == Pte.EXCLUSIVE:
                    remove_device_exclusive_entry(k, opt)
                elif seen == Pte.MIGRATION:
                    wait(k.pte != Pte.MIGRATION)  # migration_entry_wait(): no reference
            if seen == Pte.PRESENT or seen == Pte.ELSEWHERE or seen == Pte.NONE:
                break


# ---- who else wants the page


def unmap_and_move(k: DeviceExclusive) -> None:
    """migrate_pages(), with a reference from the isolation of the page. An exclusive entry is no mapping to move."""
    k.ptl.lock()
    if k.pte == Pte.PRESENT:
        with atomic():
            k.pte = Pte.MIGRATION
            k.refs.put()
    k.ptl.unlock()
    moved = k.refs.read() == 1  # folio_migrate_mapping(): nobody but the migration has a reference
    k.ptl.lock()
    if k.pte == Pte.MIGRATION:
        with atomic():
            if moved:
                k.pte = Pte.ELSEWHERE
            else:
                cover("migration gave up")
                k.pte = Pte.PRESENT
                k.refs.get()
    k.ptl.unlock()


@process(DeviceExclusive.migrators)
def migrator(k: DeviceExclusive) -> None:
    """Compaction, now and then."""
    while True:
        rest()
        if k.refs.get_unless_zero():
            if k.lock.trylock():
                unmap_and_move(k)
                k.lock.unlock()
            put_page(k)


@process(DeviceExclusive.unmappers)
def unmapper(k: DeviceExclusive) -> None:
    """munmap(): takes the mmap_lock for writing, which no fault is inside of."""
    with pending("munmap-returns"):
        with k.mmap.write():
            k.ptl.lock()
            was = k.pte
            k.pte = Pte.NONE
            k.ptl.unlock()
            if was == Pte.EXCLUSIVE or was == Pte.PRESENT:
                put_page(k)


@process(DeviceExclusive.allocators)
def allocator(k: DeviceExclusive) -> None:
    """Somebody else gets the page when it is free, and uses it for a while."""
    while True:
        with atomic():
            wait(k.refs.count == 0, idle=True)
            k.refs.count = 1
        put_page(k)


# ---- what must hold


@invariant
def a_locked_page_is_not_free(k: DeviceExclusive) -> bool:
    """Nobody locks, or waits to lock, a page with a count of zero."""
    return k.refs.count > 0 or not k.lock.locked()
