# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A device file is closed while its device-private pages are still in the process: pages that outlive their owner.

Functions modelled: dmirror_fops_release(), dmirror_device_evict_chunk(), dmirror_devmem_fault() (lib/test_hmm.c),
do_swap_page() (mm/memory.c), migrate_device_range(), migrate_device_pages(), migrate_device_finalize()
(mm/migrate_device.c); Linux 5.8 to 7.1, do_swap_page() as in 7.0.

    none          before 744dd97752ef: the file's dmirror is freed; its pages still point at it (zone_device_data)
    once          744dd97752ef: all device pages are migrated to system memory first, as far as they can be locked
    until-empty   not in the kernel: the same, again and again until no page is left

The commit has in mind the fault that comes after the close (the dump of a core): one thread, and then the steps of
do_swap_page() that wait for somebody else are never taken. With more threads, a fault under way keeps its page locked,
and ``migrate_device_range()`` skips a locked page.

Departures: one page, mapped once; a section under the page-table lock is one step, and so is the copy; the device's
page table and its notifier, which is removed first, are left out but for the lock that the fault takes to update it.
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
    atomic,
    choose,
    cover,
    initial,
    null,
    pending,
    pool,
    process,
    ref,
    state,
    touch,
    wait,
)
from ..primitives import FolioLock, Mutex, Refcount


class Pte(Enum):
    DEVICE = auto()
    MIGRATION = auto()
    RAM = auto()


class Dmirror(Record):
    """``struct dmirror``: one for each open file."""

    mutex = Mutex()


class Page(Record):
    """A device-private page. Its entry holds a reference."""

    lock = FolioLock()
    refs = Refcount()
    zone_device_data = ref(Dmirror)  # by way of the system page that stands for its memory


class Policy(Options):
    evict: Literal["once", "until-empty", "none"] = "once"


class DmirrorWorld(World):
    threads = Size(0, most=2)

    mirrors = pool(Dmirror, 1)
    file = ref(Dmirror)  # filp->private_data
    pages = pool(Page, 1)
    pte = state(Pte.DEVICE)
    device_page = ref(Page)


@initial
def migrated_to_device(k: DmirrorWorld) -> None:
    k.file = k.mirrors.alloc()
    k.device_page = k.pages.alloc()
    k.device_page.zone_device_data = k.file


def put_page(k: DmirrorWorld, page: Page) -> None:
    if page.refs.put():
        k.pages.free(page)


# ---- what both migrations share


def unmap(k: DmirrorWorld, page: Page) -> None:
    """The page is locked and referenced: a migration entry takes the place of the device entry."""
    with atomic():
        k.pte = Pte.MIGRATION
        page.refs.put()


def migrate(k: DmirrorWorld, page: Page, known: int) -> None:
    """Copy, exact check of the references, and the entry of the outcome."""
    with atomic():
        if page.refs.read() == known:
            k.pte = Pte.RAM
        else:
            k.pte = Pte.DEVICE
            page.refs.get()


# ---- the fault


def do_swap_page(k: DmirrorWorld) -> None:
    """One fault; the page-table lock is held for the block, as it is until the waiter is queued."""
    with atomic():
        page: Page = null
        waits = False
        if k.pte == Pte.DEVICE:
            if k.device_page.lock.trylock():
                page = k.device_page
                page.refs.get()
            else:
                waits = True
        elif k.pte == Pte.MIGRATION:
            waits = True
    if waits:
        wait(k.pte == Pte.RAM or (k.pte == Pte.DEVICE and not k.device_page.lock.locked()))
    if page != null:
        dmirror_devmem_fault(k, page)
        page.lock.unlock()
        put_page(k, page)


def dmirror_devmem_fault(k: DmirrorWorld, page: Page) -> None:
    dmirror = page.zone_device_data
    touch(dmirror)  # args.pgmap_owner = dmirror->mdevice
    page.refs.get()  # migrate_vma_setup(): collects the page, which the fault has locked
    unmap(k, page)
    with dmirror.mutex:  # dmirror_do_update(): the device's entry goes
        pass
    migrate(k, page, 2)
    put_page(k, page)


def access(k: DmirrorWorld) -> None:
    while k.pte != Pte.RAM:
        do_swap_page(k)


@process(DmirrorWorld.threads)
def thread(k: DmirrorWorld) -> None:
    """Another thread of the process reads its memory."""
    with pending("access-completes"):
        access(k)


# ---- the close


def dmirror_device_evict_chunk(k: DmirrorWorld) -> None:
    with atomic():  # migrate_device_range()
        page: Page = null
        if alive(k.device_page):
            if k.device_page.refs.get_unless_zero():
                page = k.device_page
    if page == null:
        return
    if page.lock.trylock():
        cover("evicted")
        if k.pte == Pte.DEVICE:
            unmap(k, page)
            migrate(k, page, 1)
        page.lock.unlock()
    put_page(k, page)


def dmirror_fops_release(k: DmirrorWorld, opt: Policy) -> None:
    with pending("close-returns"):
        if opt.evict == "once":
            dmirror_device_evict_chunk(k)
        elif opt.evict == "until-empty":
            while alive(k.device_page):
                dmirror_device_evict_chunk(k)
        k.mirrors.free(k.file)


@process
def main_thread(k: DmirrorWorld, opt: Policy) -> None:
    """Reads its memory or not, closes the file, and reads its memory (as when it dumps core)."""
    with pending("access-completes"):
        reads = choose(False, True)
        if reads:
            access(k)
    dmirror_fops_release(k, opt)
    with pending("access-completes"):
        access(k)
