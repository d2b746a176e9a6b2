# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The interval notifier and the driver's callback: what keeps a GPU page table from outliving what it mirrors.

Functions modelled: mn_itree_invalidate(), mmu_interval_read_begin(), mmu_interval_read_retry(),
mmu_interval_notifier_insert(), mmu_interval_notifier_remove() (mm/mmu_notifier.c; the core is
primitives/interval_notifier.py), drm_gpusvm_notifier_invalidate(), drm_gpusvm_range_find_or_insert(),
drm_gpusvm_get_pages(), drm_gpusvm_range_pages_valid(), drm_gpusvm_range_remove() (drivers/gpu/drm/drm_gpusvm.c),
xe_svm_invalidate(), xe_svm_garbage_collector(), __xe_svm_handle_pagefault() (drivers/gpu/drm/xe/xe_svm.c),
__oom_reap_task_mm() (mm/oom_kill.c); Linux 6.15 to 7.0.

One virtual page, one range in one notifier. A page has no reference but its PTE's: the GPU mapping holds none, and is
safe only because the callback returns before the page is freed.

    unmapper     madvise(MADV_DONTNEED) or munmap(): start, callback, change of the PTE, end
    invalidator  the same for ever, on the pages around ours: what sustained pressure does to a reader
    oom_reaper   may not block: the callback refuses, it gives up and does not call end
    reclaimer    changes an address that another subscription of the same mm covers; holds no mmap_lock
    populator    maps the address again and touches it
    gpu_worker   one GPU fault: garbage collector, find or insert, get_pages, bind under the notifier lock
    gpu_engine   reads through the TLB, which keeps what it loaded; tlb_invalidation is its firmware

Departures: in hmm_range_fault() look and fault are one step (hmm_range_fault.py has it whole); no migration to the
device (gpu_fault.py); unbinding in the garbage collector finds nothing, because the callback zapped the entry; the
wait for pending bind jobs (dma_resv_wait_timeout()) is left out, because here a bind ends before the notifier lock is
released; the range tree is one pointer; munmap() keeps its lock for writing while it zaps; the 1000 ms of get_pages()
may be over at any test of it, and are over eventually.
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
from ..primitives import Fence, IntervalNotifier, Mutex, RwSem


class Page(Record):
    """A system page. Its PTE holds the only reference; the GPU mapping holds none."""


class Range(Record):
    """``struct drm_gpusvm_range``. Unmapping for DMA clears the flag and leaves the address in the array."""

    has_dma_mapping = flag()
    unmapped = flag()
    has_array = flag()
    dma_addr = ref(Page)


class GpusvmNotifier(Record):
    """``struct drm_gpusvm_notifier``: a tree of ranges, here one. Its mmu_interval_notifier is ``Notifier.sub``."""

    range = ref(Range)


class Event(Enum):
    """``enum mmu_notifier_event``, as far as the callback tells them apart."""

    CLEAR = auto()
    UNMAP = auto()


class Err(Enum):
    OK = auto()
    EAGAIN = auto()
    EBUSY = auto()
    EFAULT = auto()
    ENOENT = auto()


class Callback(Options):
    """drm_gpusvm_notifier_invalidate() with xe_svm_invalidate(). The first choice of each is the kernel's."""

    driver_part: Literal["under-lock", "after-unlock"] = "under-lock"
    set_seq: Literal["under-lock", "after-unlock", "never"] = "under-lock"
    zap: Literal["done", "skipped"] = "done"
    tlb_flush: Literal["waited-for", "not-waited-for", "skipped"] = "waited-for"
    dma_unmap: Literal["last", "first", "skipped"] = "last"
    collect: Literal["queued", "forgotten"] = "queued"
    also_takes: Literal["nothing", "mmap-lock", "svm-lock", "interval-remove"] = "nothing"


class Driver(Options):
    """The GPU fault handler and its use of the notifier lock."""

    read_retry: Literal["under-lock", "outside-lock", "skipped"] = "under-lock"
    publish: Literal["under-lock", "after-unlock"] = "under-lock"
    pages_valid: Literal["under-lock", "outside-lock", "skipped", "sequence-instead"] = "under-lock"
    write_pte: Literal["under-lock", "outside-lock"] = "under-lock"
    range_remove: Literal["under-lock", "outside-lock"] = "under-lock"
    notifier_remove: Literal["waits", "does-not-wait"] = "waits"
    notifier_insert: Literal["returns-at-once", "then-read-begin"] = "returns-at-once"


class Core(Options):
    """The users of the notifier core in mm/."""

    order: Literal["notify-first", "zap-first"] = "notify-first"
    refused: Literal["gives-up", "ends-again", "zaps-anyway"] = "gives-up"
    pressure: Literal["beside-the-range", "on-the-range"] = "beside-the-range"
    brackets: Literal["overlap", "leave-gaps"] = "overlap"


class Notifier(World):
    unmappers = Size(1, most=3)
    invalidators = Size(0, most=2)
    oom_reapers = Size(0, most=1)
    reclaimers = Size(0, most=1)
    populators = Size(1, most=1)
    gpu_workers = Size(1, most=2)
    engines = Size(1, most=1)

    mmap = RwSem()
    vma = flag(True)
    pte = ref(Page)
    pages = pool(Page)

    svm_lock = Mutex()  # the driver's lock: xe's vm->lock, held for the whole fault
    notifier_lock = RwSem(writer_preference=False)
    sub = IntervalNotifier()
    subscribed = ref(GpusvmNotifier)  # the structure that contains sub
    notifiers = pool(GpusvmNotifier)
    root = ref(GpusvmNotifier)  # gpusvm->root
    ranges = pool(Range)
    garbage = ref(Range)  # vm->svm.garbage_collector.range_list

    gpte = ref(Page)
    tlb = ref(Page)
    tlb_fence = Fence()


@initial
def mapped(k: Notifier) -> None:
    """The page is there; the GPU has not asked for it yet."""
    k.pte = k.pages.alloc()
    k.sub.inserted = False


# ---- the core: who changes PTEs, and how the subscription hears of it


def change_pte(k: Notifier, opt: Core, drv: Callback, event: Event) -> None:
    """mmu_notifier_invalidate_range_start() up to _end(), with the change of the PTE in between."""
    called, notifier = start(k)
    if opt.order == "zap-first":
        zap_pte(k)
    if called:
        gpusvm_invalidate(k, drv, notifier, event)
    if opt.order == "notify-first":
        zap_pte(k)
    k.sub.end()


def start(k: Notifier) -> tuple[bool, GpusvmNotifier]:
    """mn_itree_inv_start_range(), and the container of the subscription it found."""
    with atomic():
        called = k.sub.start()
        return called, k.subscribed


def zap_pte(k: Notifier) -> None:
    """zap_pte_range(): clear the entry and put the page, whose last reference it was."""
    with atomic():
        page = k.pte
        if page != null:
            k.pte = null
            k.pages.free(page)


@process(Notifier.unmappers)
def unmapper(k: Notifier, opt: Core, drv: Callback) -> None:
    """madvise(MADV_DONTNEED) with mmap_lock for reading, or munmap() with it for writing."""
    with pending("unmap-returns"):
        event = choose(Event.CLEAR, Event.UNMAP)
        if event == Event.UNMAP:
            with k.mmap.write():
                k.vma = False
                change_pte(k, opt, drv, Event.UNMAP)
        else:
            with k.mmap.read():
                change_pte(k, opt, drv, Event.CLEAR)


@process(Notifier.invalidators)
def invalidator(k: Notifier, opt: Core, drv: Callback) -> None:
    """zap_page_range_single() or protect_page(), again and again: sustained pressure on the notifier."""
    while True:
        if opt.brackets == "leave-gaps":
            wait(k.sub.active == 0, idle=True)  # the assumption under which nobody starves, not a rule of the kernel
        with pending("invalidation-returns"):
            called, notifier = start(k)
            if called:
                if opt.pressure == "on-the-range":
                    gpusvm_invalidate(k, drv, notifier, Event.CLEAR)
                else:
                    gpusvm_invalidate_nothing(k, drv)
            k.sub.end()


def gpusvm_invalidate_nothing(k: Notifier, drv: Callback) -> None:
    """drm_gpusvm_notifier_invalidate() for addresses of the notifier without a range: only the sequence moves."""
    k.notifier_lock.down_write()
    if drv.set_seq == "under-lock":
        k.sub.set_seq()
    k.notifier_lock.up_write()


@process(Notifier.oom_reapers)
def oom_reaper(k: Notifier, opt: Core) -> None:
    """__oom_reap_task_mm(): mmu_notifier_invalidate_range_start_nonblock() must not wait for anybody."""
    if not k.mmap.down_read_trylock():
        return
    called, _ = start(k)
    if called:  # the callback returns false at once; mn_itree_invalidate() ends the bracket itself: -EAGAIN
        k.sub.end()
        cover("refused")
        if opt.refused == "zaps-anyway":
            zap_pte(k)
        if opt.refused == "ends-again":
            k.sub.end()
    else:
        zap_pte(k)
        k.sub.end()
    k.mmap.up_read()


@process(Notifier.reclaimers)
def reclaimer(k: Notifier) -> None:
    """try_to_unmap() of a page at another address, found by reverse map: mmap_lock is not held."""
    k.sub.start_elsewhere()
    k.sub.end()


@process(Notifier.populators)
def populator(k: Notifier) -> None:
    """mmap() of the same address, and do_anonymous_page(): the new page may be the one that was just freed."""
    while True:
        rest()
        if not k.vma:
            with k.mmap.write():
                k.vma = True
        with k.mmap.read():
            with atomic():
                if k.vma and k.pte == null:
                    k.pte = k.pages.alloc()


# ---- the callback


def gpusvm_invalidate(k: Notifier, drv: Callback, notifier: GpusvmNotifier, event: Event) -> None:
    """drm_gpusvm_notifier_invalidate(): returns when no device can reach the range."""
    if drv.also_takes == "mmap-lock":
        k.mmap.down_read()
        k.mmap.up_read()
    if drv.also_takes == "svm-lock":
        k.svm_lock.lock()
        k.svm_lock.unlock()
    k.notifier_lock.down_write()
    if drv.set_seq == "under-lock":
        k.sub.set_seq()
    if drv.driver_part == "under-lock":
        xe_svm_invalidate(k, drv, notifier, event)
    k.notifier_lock.up_write()
    if drv.driver_part == "after-unlock":
        xe_svm_invalidate(k, drv, notifier, event)
    if drv.set_seq == "after-unlock":
        k.sub.set_seq()
    if drv.also_takes == "interval-remove":
        k.sub.remove()


def xe_svm_invalidate(k: Notifier, drv: Callback, notifier: GpusvmNotifier, event: Event) -> None:
    """Zap the leaf PTE, flush the TLB and wait for it, and only then unmap for DMA and queue the range."""
    covered = notifier.range
    if covered == null:
        return
    if drv.dma_unmap == "first":
        covered.has_dma_mapping = False
    if drv.zap == "done":
        k.gpte = null
    if drv.tlb_flush != "skipped" and k.engines > 0:
        k.tlb_fence.submit()
        if drv.tlb_flush == "waited-for":
            k.tlb_fence.wait()
    if drv.dma_unmap == "last":
        covered.has_dma_mapping = False
    if event == Event.UNMAP and drv.collect == "queued":
        with atomic():  # drm_gpusvm_range_set_unmapped() and xe_svm_garbage_collector_add_range()
            covered.unmapped = True
            k.garbage = covered


# ---- the GPU fault


@pure
def pages_valid(found: Range) -> bool:
    """drm_gpusvm_pages_valid()."""
    return found.has_dma_mapping


def collect_garbage(k: Notifier, opt: Driver) -> None:
    """xe_svm_garbage_collector(): take the range off the list and remove it."""
    dead: Range = null
    with atomic():  # under the spinlock of the list
        dead = k.garbage
        k.garbage = null
    if dead != null:
        range_remove(k, opt, dead)


def range_remove(k: Notifier, opt: Driver, dead: Range) -> None:
    """drm_gpusvm_range_remove(): the last range takes the notifier with it, once no callback can run any more."""
    notifier = k.root
    if opt.range_remove == "under-lock":
        k.notifier_lock.down_read()
    with atomic():
        dead.has_dma_mapping = False
        dead.has_array = False
        dead.dma_addr = null
        notifier.range = null
    if opt.range_remove == "under-lock":
        k.notifier_lock.up_read()
    k.ranges.free(dead)
    k.root = null
    notifier_remove(k, opt, notifier)


def notifier_remove(k: Notifier, opt: Driver, notifier: GpusvmNotifier) -> None:
    """mmu_interval_notifier_remove() and drm_gpusvm_notifier_free()."""
    if opt.notifier_remove == "waits":
        k.sub.remove()
    else:
        k.sub.inserted = False
    with atomic():
        k.subscribed = null
        k.notifiers.free(notifier)


def find_or_insert(k: Notifier, opt: Driver) -> Range:
    """drm_gpusvm_range_find_or_insert(); null is -ENOENT. The notifier goes in before mmap_lock is taken."""
    notifier = k.root
    fresh = notifier == null
    if fresh:
        notifier = k.notifiers.alloc()
        with atomic():
            k.subscribed = notifier
            k.sub.insert()
        if opt.notifier_insert == "then-read-begin":
            k.sub.read_begin()
    k.mmap.down_read()
    if not k.vma:
        k.mmap.up_read()
        if fresh:
            notifier_remove(k, opt, notifier)
        return null
    found = notifier.range
    if found == null:
        found = k.ranges.alloc()
        k.notifier_lock.down_read()
        notifier.range = found  # drm_gpusvm_range_insert()
        k.notifier_lock.up_read()
        k.root = notifier
    k.mmap.up_read()
    return found


def hmm_range_fault(k: Notifier) -> tuple[Err, Page]:
    """A missing page is faulted in and looked at again, unless there is no VMA (-EFAULT) or the sequence had moved
    before (-EBUSY)."""
    while True:
        if k.sub.read_retry():  # mmu_interval_check_retry(), which holds nobody off
            return Err.EBUSY, null
        with atomic():
            if not k.vma:
                return Err.EFAULT, null
            if k.pte != null:
                return Err.OK, k.pte
            k.pte = k.pages.alloc()


def pages_valid_unlocked(k: Notifier, found: Range) -> bool:
    """drm_gpusvm_pages_valid_unlocked(): an array whose pages are not valid is freed."""
    if not found.has_array:
        return False
    k.notifier_lock.down_read()
    valid = pages_valid(found)
    if not valid:
        found.has_array = False
    k.notifier_lock.up_read()
    return valid


def get_pages(k: Notifier, opt: Driver, found: Range) -> Err:
    """drm_gpusvm_get_pages(): what hmm found counts only if nothing was invalidated since read_begin()."""
    while True:
        with pending("read-begin-returns"):
            k.sub.read_begin()
        if pages_valid_unlocked(k, found):
            return Err.OK
        with k.mmap.read():
            err, page = hmm_range_fault(k)
        if err == Err.OK and not (opt.read_retry == "outside-lock" and k.sub.read_retry()):
            err = map_pages(k, opt, found, page)
        if err == Err.OK or err == Err.EFAULT:
            return err
        expired = choose(False, True, eventually=True)  # time_after(jiffies, timeout), of this call
        if expired:
            return Err.EBUSY


def map_pages(k: Notifier, opt: Driver, found: Range, page: Page) -> Err:
    """The part of drm_gpusvm_get_pages() under the notifier lock; -EAGAIN walks again."""
    while True:
        k.notifier_lock.down_read()
        if found.unmapped:
            k.notifier_lock.up_read()
            return Err.EFAULT
        if opt.read_retry == "under-lock" and k.sub.read_retry():
            k.notifier_lock.up_read()
            return Err.EAGAIN
        if found.has_array:
            break
        k.notifier_lock.up_read()
        found.has_array = True  # allocated outside the lock; everything is checked again
    touch(page)
    found.dma_addr = page  # dma_map_page()
    if opt.publish == "under-lock":
        found.has_dma_mapping = True
    k.notifier_lock.up_read()
    if opt.publish == "after-unlock":
        found.has_dma_mapping = True
    return Err.OK


def bind(k: Notifier, opt: Driver, found: Range) -> Err:
    """xe_svm_range_rebind() up to xe_pt_update_ops_run(): the commit under the notifier lock."""
    if opt.pages_valid == "outside-lock" and not pages_valid(found):
        return Err.EAGAIN
    k.notifier_lock.down_read()
    if opt.pages_valid == "under-lock" and not pages_valid(found):
        k.notifier_lock.up_read()
        return Err.EAGAIN
    if opt.pages_valid == "sequence-instead" and k.sub.read_retry():
        k.notifier_lock.up_read()
        return Err.EAGAIN
    if opt.write_pte == "under-lock":
        k.gpte = found.dma_addr
    k.notifier_lock.up_read()
    if opt.write_pte == "outside-lock":
        k.gpte = found.dma_addr
    return Err.OK


@process(Notifier.gpu_workers)
def gpu_worker(k: Notifier, opt: Driver) -> None:
    """__xe_svm_handle_pagefault(): -EAGAIN and -EFAULT start again, everything else ends the fault."""
    with pending("gpu-fault-returns"):
        k.svm_lock.lock()
        while True:
            collect_garbage(k, opt)
            found = find_or_insert(k, opt)
            if found == null:
                break
            got = get_pages(k, opt, found)
            if got == Err.EBUSY:
                break
            if got == Err.OK and bind(k, opt, found) == Err.OK:
                cover("bound")
                break
        k.svm_lock.unlock()


@process(Notifier.engines)
def gpu_engine(k: Notifier) -> None:
    """Loads the TLB from the GPU page table, and reads through it from then on."""
    while True:
        rest()
        with atomic():
            if k.tlb == null:
                k.tlb = k.gpte
            if k.tlb != null:
                touch(k.tlb)


@process(Notifier.engines)
def tlb_invalidation(k: Notifier) -> None:
    """The firmware that executes TLB invalidations and signals their fence."""
    while True:
        wait(k.tlb_fence.pending(), idle=True)
        with atomic():
            k.tlb = null
            k.tlb_fence.signal()


# ---- what must hold


@invariant
def no_gpu_mapping_of_a_freed_page(k: Notifier) -> bool:
    return (k.gpte == null or alive(k.gpte)) and (k.tlb == null or alive(k.tlb))


@invariant
def no_dma_mapping_of_a_freed_page(k: Notifier) -> bool:
    return all(not r.has_dma_mapping or alive(r.dma_addr) for r in k.ranges)


@invariant
def the_gpu_maps_only_what_is_mapped_for_dma(k: Notifier) -> bool:
    return (k.gpte == null and k.tlb == null) or any(r.has_dma_mapping for r in k.ranges)


@invariant
def outside_a_bracket_the_gpu_sees_what_the_cpu_sees(k: Notifier) -> bool:
    return k.sub.active > 0 or ((k.gpte == null or k.gpte == k.pte) and (k.tlb == null or k.tlb == k.pte))


@invariant
def an_unmapped_range_is_collected(k: Notifier) -> bool:
    """A range that outlives its VMA would be found by the next fault, whatever is mapped there by then."""
    return k.vma or k.mmap.writer != null or all(r.unmapped for r in k.ranges)
