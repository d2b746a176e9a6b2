# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A userptr of xe: pages that the GPU uses without a reference, between a notifier, a fault handler and an unbind.

Functions modelled: xe_hmm_userptr_populate_range(), xe_hmm_userptr_unmap(), xe_hmm_userptr_free_sg()
(drivers/gpu/drm/xe/xe_hmm.c), vma_userptr_invalidate(), xe_vm_invalidate_vma(), xe_vma_destroy_late()
(drivers/gpu/drm/xe/xe_vm.c), handle_vma_pagefault() (drivers/gpu/drm/xe/xe_gt_pagefault.c), the commit of a bind or an
unbind in xe_pt_update_ops_run() (drivers/gpu/drm/xe/xe_pt.c), zap_page_range() (mm/memory.c); a VM in fault mode,
Linux 6.8 to 6.17. The rules, each with the code before it was kept:

    build_sg     under-lock (0a98219bcc96): the pages hmm_range_fault() named are touched, and mapped for DMA, under
                 the notifier lock with a sequence number found valid; unlocked: before, as soon as they are known
    zap          under-lock (84211b1c0db6): the notifier keeps its lock while it walks the page tables; after-unlock:
                 before, it only set the sequence number under the lock
    dma_unmap    in-notifier (333b89063361): the notifier takes back the DMA mapping; with-sg: before, that was left
                 to whoever frees the sg table later
    unmap_guard  mutex (333b89063361): notifier and xe_hmm_userptr_free_sg() test and clear ``mapped`` under
                 unmap_mutex; none: not in the kernel, a mutant

The sg table itself cannot be freed by the notifier, because a bind may be reading it.

Departures: one page; the page tables of the mapping are one record with its leaf entry; jobs and their fences are left
out (a bind is done when it is committed, a TLB flushed when the entry is zapped); no shortcuts by tile_present (see
tile_state.py); the unbind destroys the VMA at once; the handler does not know the sequence number of the mapping that
is there at first, and pins its pages anew.
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
    choose,
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
    touch,
)
from ..primitives import IntervalNotifier, Mutex, RwSem


class Page(Record):
    """An anonymous page; its only reference is that of the CPU's page-table entry."""


class DmaMapping(Record):
    """What the IOMMU lets the device reach."""

    page = ref(Page)


class PageTables(Record):
    """The subtree of the GPU's page tables that holds the mapping."""

    leaf = ref(Page)


class Policy(Options):
    build_sg: Literal["under-lock", "unlocked"] = "under-lock"
    zap: Literal["under-lock", "after-unlock"] = "under-lock"
    dma_unmap: Literal["in-notifier", "with-sg"] = "in-notifier"
    unmap_guard: Literal["mutex", "none"] = "mutex"
    bind_check: Literal["under-lock", "skipped"] = "under-lock"


class Userptr(World):
    zappers = Size(1, most=2)
    populators = Size(1, most=1)
    unbinders = Size(1, most=1)

    mmap = RwSem()
    pages = pool(Page, 2)
    pte = ref(Page)

    vm_lock = RwSem()
    notifier_lock = RwSem()
    sub = IntervalNotifier()
    bound = flag(True)  # the VMA is in the VM
    subtree = ref(PageTables)
    tables = pool(PageTables, 1)

    sg = flag()  # userptr->sg
    mapped = flag()
    sg_dma = ref(DmaMapping)
    sg_address = ref(Page)  # the DMA address in the sg table, as the page it leads to
    unmap_mutex = Mutex()
    iommu = pool(DmaMapping, 1)


@initial
def one_page(k: Userptr) -> None:
    """Bound already, or not yet."""
    k.pte = k.pages.alloc()
    bound = choose(True, False)
    if bound:
        k.sg_dma = k.iommu.alloc()
        k.sg_dma.page = k.pte
        k.sg_address = k.pte
        k.sg = True
        k.mapped = True
        k.subtree = k.tables.alloc()
        k.subtree.leaf = k.pte


# ---- the CPU side


@process(Userptr.zappers)
def madvise_dontneed(k: Userptr, opt: Policy) -> None:
    with pending("madvise-returns"):
        with k.mmap.read():
            if k.sub.start():
                vma_userptr_invalidate(k, opt)
            zap_page_range(k)
            k.sub.end()


def zap_page_range(k: Userptr) -> None:
    with atomic():
        page = k.pte
        if page != null:
            k.pte = null
            k.pages.free(page)


@process(Userptr.populators)
def cpu_touch(k: Userptr) -> None:
    """The CPU touches the memory, and may get the page that was just freed."""
    while True:
        rest()
        with k.mmap.read():
            fault_in(k)


def fault_in(k: Userptr) -> Page:
    """The page behind the address; do_anonymous_page() if there is none."""
    with atomic():
        if k.pte == null:
            k.pte = k.pages.alloc()
        page = k.pte
    return page


# ---- the notifier


def vma_userptr_invalidate(k: Userptr, opt: Policy) -> None:
    k.notifier_lock.down_write()
    k.sub.set_seq()
    if opt.zap == "after-unlock":
        k.notifier_lock.up_write()
    xe_vm_invalidate_vma(k)
    if opt.dma_unmap == "in-notifier":
        xe_hmm_userptr_unmap(k, opt)
    if opt.zap == "under-lock":
        k.notifier_lock.up_write()


def xe_vm_invalidate_vma(k: Userptr) -> None:
    """xe_pt_zap_ptes(): walk down to the leaf and clear it; then the TLB."""
    subtree = k.subtree
    if subtree != null:
        subtree.leaf = null


def xe_hmm_userptr_unmap(k: Userptr, opt: Policy) -> None:
    """dma_unmap_sgtable(), if nobody has done it; the sg table stays."""
    if opt.unmap_guard == "mutex":
        k.unmap_mutex.lock()
    if k.mapped:
        k.iommu.free(k.sg_dma)
    k.mapped = False
    if opt.unmap_guard == "mutex":
        k.unmap_mutex.unlock()


# ---- populate


def xe_hmm_userptr_free_sg(k: Userptr, opt: Policy) -> None:
    xe_hmm_userptr_unmap(k, opt)
    k.sg = False  # sg_free_table()


def xe_build_sg(k: Userptr, page: Page) -> None:
    """From the pages to a table of DMA addresses: sg_set_page(), dma_map_sgtable(), xe_mark_range_accessed()."""
    touch(page)
    with atomic():
        k.sg_dma = k.iommu.alloc()
        k.sg_dma.page = page
        k.sg_address = page
    touch(page)  # mark_page_accessed(), set_page_dirty_lock()
    k.sg = True


def xe_hmm_userptr_set_mapped(k: Userptr, opt: Policy) -> None:
    if opt.unmap_guard == "mutex":
        k.unmap_mutex.lock()
    k.mapped = True
    if opt.unmap_guard == "mutex":
        k.unmap_mutex.unlock()


def xe_hmm_userptr_populate_range(k: Userptr, opt: Policy) -> bool:
    """False is -EAGAIN."""
    if k.sg:
        xe_hmm_userptr_free_sg(k, opt)
    k.sub.read_begin()
    with k.mmap.read():
        page = fault_in(k)  # hmm_range_fault()
    if opt.build_sg == "unlocked":
        xe_build_sg(k, page)
        xe_hmm_userptr_set_mapped(k, opt)
        return True
    with k.notifier_lock.read():
        if k.sub.read_retry():
            return False
        xe_build_sg(k, page)
        xe_hmm_userptr_set_mapped(k, opt)
    return True


# ---- binds


def bind(k: Userptr, opt: Policy) -> bool:
    """xe_vma_rebind(): false is -EAGAIN of vma_check_userptr()."""
    with k.notifier_lock.read():
        if opt.bind_check == "under-lock":
            if k.sub.read_retry():
                return False
        if k.subtree == null:
            k.subtree = k.tables.alloc()
        k.subtree.leaf = k.sg_address
    return True


@process
def pf_queue_work_func(k: Userptr, opt: Policy) -> None:
    """A GPU page fault now and then: handle_vma_pagefault()."""
    while True:
        rest()
        with pending("gpu-fault-returns"):
            with k.vm_lock.write():
                if not k.bound:
                    cover("no VMA")
                    return
                while True:
                    if k.sub.read_retry():  # xe_vma_userptr_check_repin()
                        if not xe_hmm_userptr_populate_range(k, opt):
                            continue
                    if bind(k, opt):
                        cover("bound")
                        break


@process(Userptr.unbinders)
def vm_bind_unmap(k: Userptr, opt: Policy) -> None:
    """DRM_XE_VM_BIND_OP_UNMAP, then xe_vma_destroy_late()."""
    with pending("unbind-returns"):
        with k.vm_lock.write():
            k.bound = False
            with k.notifier_lock.read():
                subtree = k.subtree
                if subtree != null:
                    with atomic():  # xe_pt_commit(): unlinked, xe_pt_destroy()
                        k.subtree = null
                        k.tables.free(subtree)
        if k.sg:
            xe_hmm_userptr_free_sg(k, opt)
        k.sub.remove()


# ---- what must hold


@invariant
def no_gpu_mapping_of_a_freed_page(k: Userptr) -> bool:
    return all(t.leaf == null or alive(t.leaf) for t in k.tables)


@invariant
def no_dma_mapping_of_a_freed_page(k: Userptr) -> bool:
    return all(alive(m.page) for m in k.iommu)
