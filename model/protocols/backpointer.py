# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What zone_device_data may point at: a physical object that lives as long as the page, never a virtual address.

Functions modelled: drm_pagemap_migrate_to_devmem(), drm_pagemap_migrate_to_ram(), drm_pagemap_folio_free(),
drm_pagemap_zdd_destroy() (drivers/gpu/drm/drm_pagemap.c), nouveau_dmem_migrate_to_ram(), nouveau_svmm_fini(),
nouveau_svmm_invalidate_range_start() (drivers/gpu/drm/nouveau), svm_migrate_to_ram() (amdkfd/kfd_migrate.c),
try_to_migrate(), remove_migration_ptes(), free_zone_device_folio(), do_swap_page(), move_ptes(), copy_nonpresent_pte(),
exit_mmap(); Linux 6.15 to 7.0, do_swap_page() as in 7.0.

Two mms, the parent and the child of a fork(); three addresses in each: one or two that are migrated to the device
together, and one that mremap() moves the first to. Each mm may have a GPU page table.

    drm-pagemap       zone_device_data counts the pages of an allocation; addresses come from the fault and the rmap
    nouveau           it is the svmm, a GPU address space; own migrations skip the notifier and invalidate that svmm
    recorded-address  as nouveau, and the address to invalidate is the one that the page was migrated at
    amdkfd            it is the svm_bo, and the range is looked up by the fault's address in the svm_bo's mm

Departures: a sleeper waits for the entry to change (cpu_fault.py has the wait queue); the GPU fault is one step outside
any bracket, and loads the GPU PTE (notifier.py has how); each page is migrated by itself, and only the faulting page
comes back; only the parent's mmap_lock matters, and munmap(), mremap() and fork() are the parent's; reference checks
of the migration are left out, because here nobody but the owner of the page lock takes a reference; amdkfd's ranges are
one page each, and their removal is not deferred.
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
    balance,
    bounded,
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
    pure,
    ref,
    rest,
    state,
    touch,
    wait,
)
from ..primitives import FolioLock, Mutex, Refcount, RwSem

TARGET = 2  # the address that mremap() moves the first one to
CHILD = 3  # the first place of the child


class Pte(Enum):
    NONE = auto()
    RAM = auto()
    DEVICE = auto()
    MIGRATION = auto()


class Event(Enum):
    """``enum mmu_notifier_event``. MIGRATE is the driver's own: it carries the driver as its owner."""

    CLEAR = auto()
    MIGRATE = auto()
    UNMAP = auto()


class Data(Record):
    """What zone_device_data points at: a zdd, a nouveau_svmm or an svm_range_bo."""

    refs = Refcount()


class Page(Record):
    lock = FolioLock()
    refs = Refcount()
    device = flag()
    data = ref(Data)  # page->zone_device_data
    born_with = ghost(ref(Data))
    recorded = bounded(0, 2)  # the address it was migrated at, which only one of the drivers looks at


class Place(Record):
    """One address of one mm: VMA, CPU PTE, GPU PTE, and the notifier brackets that cover it now."""

    vma = flag()
    pte = state(Pte.NONE)
    page = ref(Page)
    gpte = ref(Page)
    brackets = bounded(0, 7)


class Range(Record):
    """amdkfd's svm_range, in the tree of the parent."""

    exists = flag()
    in_vram = flag()  # actual_loc != 0


class Driver(Options):
    driver: Literal["drm-pagemap", "nouveau", "recorded-address", "amdkfd"] = "drm-pagemap"
    data_written: Literal["before-mapped", "after-mapped", "at-gpu-fault"] = "before-mapped"
    data_reference: Literal["per-page", "none"] = "per-page"
    data_put: Literal["page-free", "page-free-and-fault"] = "page-free"
    invalidates: Literal["every-mapping", "faulting-mapping"] = "every-mapping"
    target_range: Literal["none", "in-system-memory"] = "none"


class Backpointer(World):
    pages_moved = Size(1, least=1, most=2)
    cpu_threads = Size(1, most=2)
    remappers = Size(0, most=1)
    unmappers = Size(0, most=1)
    forks = Size(0, most=1)
    exits = Size(0, most=1)
    parent_gpus = Size(1, most=1)
    child_gpus = Size(0, most=1)
    migrations = Size(1, most=1)

    mmap = RwSem()
    mm_users = bounded(0, 2)
    mm_gone = flag()
    forked = flag()
    places = array(6, Place())
    pages = pool(Page, 5)
    datas = pool(Data, 2)
    vm_data = ref(Data)  # what a virtual-side driver points at
    svms_lock = Mutex()
    ranges = array(3, Range())
    allocated = flag()
    detached = flag()
    device_copy_raced = ghost(flag())  # a GPU could write a page that was being copied
    system_copy_raced = ghost(flag())


@initial
def system_memory(k: Backpointer, opt: Driver) -> None:
    for va in range(k.pages_moved):
        k.places[va].vma = True
        k.places[va].pte = Pte.RAM
        k.places[va].page = k.pages.alloc()
        k.ranges[va].exists = True
    if opt.target_range == "in-system-memory":
        k.ranges[TARGET].exists = True
    if opt.driver == "nouveau" or opt.driver == "recorded-address" or opt.data_written == "at-gpu-fault":
        k.vm_data = k.datas.alloc()


# ---- references


def put_data(k: Backpointer, data: Data) -> None:
    """drm_pagemap_zdd_put(): the last reference completes ``detached`` and releases the allocation."""
    if data.refs.put():
        assert not k.detached, "device memory is released once"
        k.detached = True
        k.datas.free(data)


def put_page(k: Backpointer, opt: Driver, page: Page) -> None:
    """free_zone_device_folio(): folio_free() puts zone_device_data while nobody has the page any more."""
    if page.refs.put():
        if page.device and (opt.driver == "drm-pagemap" or opt.driver == "amdkfd") and opt.data_reference == "per-page":
            put_data(k, page.data)
        k.pages.free(page)


# ---- notifier brackets


def invalidate_start(k: Backpointer, opt: Driver, p: Place, va: int, parent: bool, event: Event) -> None:
    """mmu_notifier_invalidate_range_start() of one address: no GPU fault is served there until the end."""
    with atomic():
        p.brackets += 1
    if event != Event.MIGRATE or (opt.driver != "nouveau" and opt.driver != "recorded-address"):
        p.gpte = null
    if event == Event.UNMAP and parent:
        with atomic():  # svm_range_unmap_from_cpu()
            k.ranges[va].exists = False
            k.ranges[va].in_vram = False


def invalidate_end(p: Place) -> None:
    with atomic():
        p.brackets -= 1


# ---- migration of one locked page, wherever it is mapped


@pure
def is_mapped(k: Backpointer, page: Page) -> bool:
    return any(q.page == page and (q.pte == Pte.DEVICE or q.pte == Pte.RAM) for q in k.places)


def unmap_page(k: Backpointer, opt: Driver, page: Page) -> None:
    """try_to_migrate(): the reverse map gives the addresses of this moment, parent before child. Each gets a bracket,
    whether or not it maps the page still, until nobody does."""
    for i in range(6):
        p = k.places[i]
        with atomic():
            visited = p.page == page and is_mapped(k, page)
        if visited:
            invalidate_start(k, opt, p, 0, False, Event.CLEAR)
            with atomic():
                if p.page == page and (p.pte == Pte.DEVICE or p.pte == Pte.RAM):
                    p.pte = Pte.MIGRATION
                    page.refs.count -= 1
            invalidate_end(p)


def replace_page(k: Backpointer, page: Page, new: Page) -> None:
    """remove_migration_ptes(), under the locks of the reverse map."""
    with atomic():
        outcome = Pte.DEVICE if new.device else Pte.RAM
        for p in k.places:
            here = p.page == page and p.pte == Pte.MIGRATION
            p.pte = outcome if here else p.pte
            p.page = new if here else p.page
            new.refs.count += 1 if here else 0


def collect(k: Backpointer, opt: Driver, p: Place, page: Page) -> None:
    """migrate_vma_collect_pmd() for one locked page: the collection's reference takes the place of the mapping's."""
    invalidate_start(k, opt, p, 0, False, Event.MIGRATE)
    with atomic():  # the page lock and mmap_lock have kept the entry as it was
        p.pte = Pte.MIGRATION
        page.refs.count -= 1
    invalidate_end(p)


def bring_back(k: Backpointer, opt: Driver, p: Place, va: int, page: Page) -> None:
    """From migrate_vma_setup() to migrate_vma_finalize(); the caller has the lock and a reference of the page."""
    data = page.data
    touch(data)  # the time slice of the allocation, or the svmm, or the svm_bo
    collect(k, opt, p, page)
    if opt.invalidates == "every-mapping":
        unmap_page(k, opt, page)
    if opt.driver == "nouveau":
        touch(data)
        k.places[va].gpte = null  # nouveau_svmm_invalidate(svmm, args.start, args.end)
    if opt.driver == "recorded-address":
        touch(data)
        k.places[page.recorded].gpte = null
    k.device_copy_raced = k.device_copy_raced or any(q.gpte == page for q in k.places)
    new = k.pages.alloc()
    replace_page(k, page, new)
    if opt.data_put == "page-free-and-fault":
        put_data(k, data)
    put_page(k, opt, new)
    cover("brought-back")


# ---- the CPU fault


def migrate_to_ram(k: Backpointer, opt: Driver, p: Place, va: int, page: Page) -> bool:
    """False: VM_FAULT_SIGBUS."""
    if opt.driver == "amdkfd":
        return svm_migrate_to_ram(k, opt, p, va, page)
    bring_back(k, opt, p, va, page)
    return True


def svm_migrate_to_ram(k: Backpointer, opt: Driver, p: Place, va: int, page: Page) -> bool:
    """The range is the one at the fault's address in the mm of the svm_bo; what moves is the mapping that faulted."""
    with atomic():
        touch(page.data)
        if k.mm_gone:  # mmget_not_zero(svm_bo->eviction_fence->mm)
            return False
        k.mm_users += 1
    k.svms_lock.lock()
    found = k.ranges[va].exists
    if found and k.ranges[va].in_vram:  # otherwise 0: the fault is taken again
        bring_back(k, opt, p, va, page)
        k.ranges[va].in_vram = False
    k.svms_lock.unlock()
    with atomic():
        k.mm_users -= 1
    return found


def lock_device_page(p: Place) -> Page:
    """do_swap_page() under the PTL: the page lock, then a reference; null if there is none, or it is locked."""
    with atomic():
        if p.pte == Pte.DEVICE and p.page.lock.trylock():
            p.page.refs.get()
            return p.page
        return null


def access(k: Backpointer, opt: Driver, p: Place, va: int, parent: bool) -> None:
    """Faults again until the entry is present, or there is no VMA (SIGSEGV)."""
    while True:
        if parent:
            k.mmap.down_read()
        with atomic():
            done = not p.vma or p.pte == Pte.RAM or p.pte == Pte.NONE
        if not done:
            page = lock_device_page(p)
            if page != null:
                served = migrate_to_ram(k, opt, p, va, page)
                assert served, "an access to a mapped page never ends in SIGBUS"
                page.lock.unlock()
                put_page(k, opt, page)
            else:  # softleaf_entry_wait_on_locked()
                wait(p.pte != Pte.MIGRATION and (p.pte != Pte.DEVICE or not p.page.lock.locked()))
        if parent:
            k.mmap.up_read()
        if done:
            break


@process(Backpointer.cpu_threads)
def parent_thread(k: Backpointer, opt: Driver) -> None:
    with pending("cpu-access-completes"):
        va = choose(0, k.pages_moved - 1, TARGET)
        access(k, opt, k.places[va], va, True)


@process(Backpointer.forks)
def child_thread(k: Backpointer, opt: Driver) -> None:
    wait(k.forked, idle=True)
    with pending("cpu-access-completes"):
        va = choose(0, k.pages_moved - 1, TARGET)
        access(k, opt, k.places[CHILD + va], va, False)


# ---- the GPU


@process(Backpointer.migrations)
def gpu_migration(k: Backpointer, opt: Driver) -> None:
    """drm_pagemap_migrate_to_devmem(): an allocation for all pages, with a reference for each of them and its own."""
    with pending("migration-returns"):
        data = k.vm_data
        if opt.driver == "drm-pagemap" or opt.driver == "amdkfd":
            data = k.datas.alloc()
            k.allocated = True
        for va in range(k.pages_moved):
            k.mmap.down_read()
            migrate_to_devmem(k, opt, k.places[va], va, data)
            k.mmap.up_read()
        if opt.driver == "drm-pagemap" or opt.driver == "amdkfd":
            put_data(k, data)


def migrate_to_devmem(k: Backpointer, opt: Driver, p: Place, va: int, data: Data) -> None:
    page: Page = null
    with atomic():  # migrate_vma_collect_pmd(): nobody else locks system pages here, so that the trylock succeeds
        if p.vma and p.pte == Pte.RAM:
            page = p.page
            page.lock.lock()
            page.refs.get()
    if page == null:
        return
    collect(k, opt, p, page)
    unmap_page(k, opt, page)
    k.system_copy_raced = k.system_copy_raced or any(q.gpte == page for q in k.places)
    new = k.pages.alloc()
    with atomic():  # zone_device_page_init()
        new.device = True
        _ = new.lock.trylock()
        new.recorded = va
        if opt.data_written != "after-mapped":
            new.data = data
            new.born_with = data
    if (opt.driver == "drm-pagemap" or opt.driver == "amdkfd") and opt.data_reference == "per-page":
        data.refs.get()
    if opt.driver == "nouveau" or opt.driver == "recorded-address":
        p.gpte = new  # nouveau_pfns_map(), between migrate_vma_pages() and migrate_vma_finalize()
    replace_page(k, page, new)
    if opt.data_written == "after-mapped":
        with atomic():
            new.data = data
            new.born_with = data
    k.ranges[va].in_vram = True
    cover("moved-to-device")
    page.lock.unlock()
    put_page(k, opt, page)
    new.lock.unlock()
    put_page(k, opt, new)


def gpu_fault(k: Backpointer, opt: Driver, p: Place) -> None:
    """get_pages() and bind(): the device pages of the driver are mapped as they are."""
    with atomic():
        if p.brackets == 0 and (p.pte == Pte.RAM or p.pte == Pte.DEVICE):
            if p.page.device:
                touch(p.page.data)  # drm_pagemap_page_to_dpagemap()
                if opt.data_written == "at-gpu-fault":
                    p.page.data = k.vm_data
            p.gpte = p.page


@process(Backpointer.parent_gpus)
def parent_gpu(k: Backpointer, opt: Driver) -> None:
    while True:
        rest()
        va = choose(0, k.pages_moved - 1, TARGET)
        gpu_fault(k, opt, k.places[va])


@process(Backpointer.child_gpus)
def child_gpu(k: Backpointer, opt: Driver) -> None:
    """The child has opened the device too."""
    while True:
        rest()
        va = choose(0, k.pages_moved - 1, TARGET)
        gpu_fault(k, opt, k.places[CHILD + va])


# ---- operations on the address space


def zap(k: Backpointer, opt: Driver, p: Place, va: int) -> None:
    """zap_pte_range() in its bracket. The page of a migration entry is the migration's."""
    invalidate_start(k, opt, p, va, True, Event.UNMAP)
    gone: Page = null
    with atomic():
        if p.pte == Pte.RAM or p.pte == Pte.DEVICE:
            gone = p.page
        p.pte = Pte.NONE
        p.page = null
    if gone != null:
        put_page(k, opt, gone)
    invalidate_end(p)


@process(Backpointer.unmappers)
def unmapper(k: Backpointer, opt: Driver) -> None:
    """munmap() of one page: a part of what was migrated together."""
    with pending("munmap-returns"):
        va = choose(0, k.pages_moved - 1)
        with k.mmap.write():
            if k.places[va].vma:
                k.places[va].vma = False
                zap(k, opt, k.places[va], va)


@process(Backpointer.remappers)
def remapper(k: Backpointer, opt: Driver) -> None:
    """mremap(): the notifier hears of the old address only; the entry moves as it is, a migration entry too."""
    with pending("mremap-returns"):
        with k.mmap.write():
            if k.places[0].vma:
                invalidate_start(k, opt, k.places[0], 0, True, Event.UNMAP)
                with atomic():
                    k.places[TARGET].vma = True
                    k.places[TARGET].pte = k.places[0].pte
                    k.places[TARGET].page = k.places[0].page
                    k.places[0].vma = False
                    k.places[0].pte = Pte.NONE
                    k.places[0].page = null
                invalidate_end(k.places[0])


@process(Backpointer.forks)
def fork(k: Backpointer, opt: Driver) -> None:
    """dup_mmap(): device-private and migration entries are copied; both mms map the same page."""
    with pending("fork-returns"):
        with k.mmap.write():
            for va in range(3):
                p = k.places[va]
                if p.vma:
                    invalidate_start(k, opt, p, va, True, Event.CLEAR)
                    with atomic():
                        k.places[CHILD + va].vma = True
                        k.places[CHILD + va].pte = p.pte
                        k.places[CHILD + va].page = p.page
                        if p.pte == Pte.RAM or p.pte == Pte.DEVICE:
                            p.page.refs.get()
                    invalidate_end(p)
            k.forked = True


@process(Backpointer.exits)
def exit_parent(k: Backpointer, opt: Driver) -> None:
    """The last mmput() of the parent: exit_mmap() and the end of its GPU address space. The child lives on.

    It has closed the DRM file that it inherited, which would keep the parent's GPU address space.
    """
    with pending("exit-returns"):
        with atomic():
            wait(k.mm_users == 0)
            k.mm_gone = True
        with k.mmap.write():
            for va in range(3):
                if k.places[va].vma:
                    k.places[va].vma = False
                    zap(k, opt, k.places[va], va)
            if opt.driver == "nouveau" or opt.driver == "recorded-address":
                k.datas.free(k.vm_data)  # nouveau_svmm_fini(), mmu_notifier_put()


# ---- what must hold


@invariant
def the_gpu_maps_what_the_cpu_maps(k: Backpointer) -> bool:
    """An address that is being migrated shows the old page, or the new one where the driver maps it in advance."""
    return all(p.gpte == null or p.gpte == p.page or p.pte == Pte.MIGRATION for p in k.places)


@invariant
def no_gpu_maps_a_device_page_while_it_is_copied(k: Backpointer) -> bool:
    return not k.device_copy_raced


@invariant
def no_gpu_maps_a_system_page_while_it_is_copied(k: Backpointer) -> bool:
    return not k.system_copy_raced


@invariant
def no_gpu_mapping_of_a_freed_page(k: Backpointer) -> bool:
    return all(p.gpte == null or alive(p.gpte) for p in k.places)


@invariant
def zone_device_data_is_what_it_was_at_init(k: Backpointer) -> bool:
    return all(not page.device or page.data == page.born_with for page in k.pages)


@invariant
def zone_device_data_outlives_the_page(k: Backpointer) -> bool:
    return all(p.pte != Pte.DEVICE or alive(p.page.data) for p in k.places)


@invariant
def detached_means_that_no_page_is_left(k: Backpointer) -> bool:
    return not k.detached or all(not page.device or page.refs.count == 0 for page in k.pages)


@balance
def no_page_left_means_detached(k: Backpointer) -> bool:
    return k.detached or not k.allocated or any(page.device for page in k.pages)
