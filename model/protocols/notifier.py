# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The interval notifier and a driver's callback: what keeps a GPU page table from outliving what it mirrors.

Functions modelled: mn_itree_invalidate(), mmu_interval_read_begin(), mmu_interval_read_retry() (mm/mmu_notifier.c),
drm_gpusvm_notifier_invalidate() (drivers/gpu/drm/drm_gpusvm.c), xe_svm_invalidate() (drivers/gpu/drm/xe/xe_svm.c),
zap_page_range(), and the GPU side of drm_gpusvm_get_pages() with the bind; Linux 6.15 to 6.18.

One virtual page, one range. CPU pages come from a pool, so that a page that is unmapped is freed and used again.
The unmapper brackets its change of the PTE by start and end; the binder looks the page up, maps it for DMA and writes
the GPU PTE under the notifier lock; the GPU engine reads through the TLB, which keeps what it once loaded.

Departures: hmm_range_fault() is one read of the PTE (see hmm_range_fault.py); the garbage collector only clears the
range; the DMA mapping is one flag; populating a page is one step of the CPU.
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
    choose,
    cover,
    flag,
    initial,
    invariant,
    null,
    pending,
    pool,
    process,
    pure,
    ref,
    rest,
    touch,
    wait,
)
from ..primitives import Fence, IntervalNotifier, RwSem


class Page(Record):
    """A system page. The GPU mapping holds no reference to it."""


class Event(Enum):
    """``enum mmu_notifier_event``, as far as the callback tells them apart."""

    CLEAR = auto()
    UNMAP = auto()


class Policy(Options):
    read_retry: Literal["under-lock", "outside-lock", "skipped"] = "under-lock"
    pages_valid: Literal["checked", "skipped"] = "checked"
    set_seq: Literal["under-lock", "after-unlock", "never"] = "under-lock"
    zap: Literal["under-lock", "after-unlock", "skipped"] = "under-lock"
    tlb_flush: Literal["waited-for", "skipped"] = "waited-for"
    dma_unmap: Literal["in-callback", "skipped"] = "in-callback"
    order: Literal["notify-first", "zap-first"] = "notify-first"


class Notifier(World):
    unmappers = Size(1, most=3)
    binders = Size(1, most=2)
    engines = Size(1, most=1)
    populators = Size(1, most=1)

    mmap = RwSem()
    notifier_lock = RwSem()
    sub = IntervalNotifier()
    pages = pool(Page, 2)
    pte = ref(Page)

    dma = ref(Page)  # the page the device may reach: range->pages, has_dma_mapping
    unmapped = flag()  # range->flags.unmapped
    on_gc_list = flag()
    gpte = ref(Page)
    tlb = ref(Page)


# ---- the CPU side


def invalidate_range(k: Notifier, opt: Policy, event: Event) -> None:
    """mmu_notifier_invalidate_range_start() up to end(), with the PTE change in between."""
    called = k.sub.start()
    if opt.order == "zap-first":
        zap_pte(k)
    if called:
        gpusvm_invalidate(k, opt, event)
    if opt.order == "notify-first":
        zap_pte(k)
    k.sub.end()


def zap_pte(k: Notifier) -> None:
    """zap_pte_range(): clear the entry and drop the page, whose last reference it was."""
    with atomic():
        page = k.pte
        if page != null:
            k.pte = null
            k.pages.free(page)


def gpusvm_invalidate(k: Notifier, opt: Policy, event: Event) -> None:
    """drm_gpusvm_notifier_invalidate() with xe_svm_invalidate() in it."""
    k.notifier_lock.down_write()
    if opt.set_seq == "under-lock":
        k.sub.set_seq()
    if opt.zap == "after-unlock":
        k.notifier_lock.up_write()
        zap_gpu(k, opt)
        k.notifier_lock.down_write()
    elif opt.zap == "under-lock":
        zap_gpu(k, opt)
    if opt.dma_unmap == "in-callback":
        k.dma = null
    if event == Event.UNMAP:
        with atomic():
            k.unmapped = True
            k.on_gc_list = True
    k.notifier_lock.up_write()
    if opt.set_seq == "after-unlock":
        k.sub.set_seq()


def zap_gpu(k: Notifier, opt: Policy) -> None:
    """Zap the leaf PTE, then flush the TLB and wait for its fence."""
    k.gpte = null
    if opt.tlb_flush == "waited-for":
        k.tlb = null


@process(Notifier.unmappers)
def unmapper(k: Notifier, opt: Policy) -> None:
    """madvise(DONTNEED) under mmap read, or munmap() under mmap write."""
    with pending("unmap-returns"):
        event = choose(Event.CLEAR, Event.UNMAP)
        if event == Event.UNMAP:
            with k.mmap.write():
                invalidate_range(k, opt, Event.UNMAP)
        else:
            with k.mmap.read():
                invalidate_range(k, opt, Event.CLEAR)


@process(Notifier.populators)
def populator(k: Notifier) -> None:
    """The CPU touches the page: anonymous memory from the free list, possibly the page that was just unmapped."""
    while True:
        rest()
        with k.mmap.read():
            with atomic():
                if k.pte == null:
                    page = k.pages.try_alloc()
                    if page != null:
                        k.pte = page


# ---- the GPU side


@pure
def pages_valid(k: Notifier) -> bool:
    """drm_gpusvm_pages_valid_unlocked()."""
    return k.dma != null


def get_pages(k: Notifier, opt: Policy) -> bool:
    """drm_gpusvm_get_pages(): false where the range is gone (-EFAULT)."""
    while True:
        k.sub.read_begin()
        with k.mmap.read():
            page = k.pte  # hmm_range_fault()
        if page == null:
            return False
        if opt.read_retry == "outside-lock":
            if k.sub.read_retry():
                continue
        k.notifier_lock.down_read()
        if k.unmapped:
            k.notifier_lock.up_read()
            return False
        if opt.read_retry == "under-lock":
            if k.sub.read_retry():
                k.notifier_lock.up_read()
                continue
        touch(page)
        k.dma = page  # dma_map_page() and the flags, published together
        k.notifier_lock.up_read()
        return True


def bind(k: Notifier, opt: Policy) -> bool:
    """The commit under the notifier lock: false is -EAGAIN."""
    k.notifier_lock.down_read()
    if opt.pages_valid == "checked":
        if not pages_valid(k):
            k.notifier_lock.up_read()
            return False
    k.gpte = k.dma
    k.notifier_lock.up_read()
    return True


@process(Notifier.binders)
def gpu_fault_worker(k: Notifier, opt: Policy) -> None:
    """The big retry loop, without migration."""
    with pending("gpu-fault-returns"):
        while True:
            if not get_pages(k, opt):
                break
            if bind(k, opt):
                cover("bound")
                break


@process(Notifier.engines)
def gpu_engine(k: Notifier) -> None:
    """Loads the TLB from the GPU PTE and goes on using it."""
    while True:
        rest()
        with atomic():
            if k.tlb == null:
                k.tlb = k.gpte
            if k.tlb != null:
                touch(k.tlb)  # the access itself


@initial
def mapped(k: Notifier) -> None:
    k.pte = k.pages.alloc()


# ---- what must hold


@invariant
def no_gpu_mapping_of_a_freed_page(k: Notifier) -> bool:
    return (k.gpte == null or alive(k.gpte)) and (k.tlb == null or alive(k.tlb))


@invariant
def no_dma_mapping_of_a_freed_page(k: Notifier) -> bool:
    return k.dma == null or alive(k.dma)


@invariant
def outside_a_bracket_the_gpu_sees_what_the_cpu_sees(k: Notifier) -> bool:
    return k.sub.active > 0 or ((k.gpte == null or k.gpte == k.pte) and (k.tlb == null or k.tlb == k.pte))


__all__ = ["Fence", "Notifier", "Pid", "wait"]
