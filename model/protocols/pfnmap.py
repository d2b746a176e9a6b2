# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU fault on memory that no device can mirror: an error that no retry can cure has to leave the retry loop.

Functions modelled: xe_svm_handle_pagefault() (drivers/gpu/drm/xe/xe_svm.c), drm_gpusvm_range_find_or_insert(),
drm_gpusvm_range_get_pages(), drm_gpusvm_range_remove() (drivers/gpu/drm/drm_gpusvm.c), hmm_vma_walk_test()
(mm/hmm.c), munmap() and mmap() (mm/mmap.c); Linux 6.15 to 7.1.

    accepted    before b82a225e57a3: a range is created over any VMA. In one with VM_IO or VM_PFNMAP, which has no
                struct pages, hmm_range_fault() returns -EFAULT, and the handler takes every -EFAULT for "the CPU
                mappings have changed": it retries
    rejected    b82a225e57a3: find_or_insert() returns -EIO for such a VMA

The retry is right when the mappings did change: between find_or_insert() and get_pages() the process may unmap the
memory, or map something else there.

Departures: one range, one page, no migration, no driver lock (one handler); the pages of anonymous memory are not told
apart (notifier.py does that), their mapping for DMA is one flag, and the GPU's entries are left out; the garbage
collector runs in the handler only.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Size,
    World,
    atomic,
    choose,
    cover,
    flag,
    initial,
    pending,
    process,
    state,
)
from ..primitives import IntervalNotifier, RwSem


class Vma(Enum):
    NONE = auto()
    ANON = auto()
    PFNMAP = auto()


class Event(Enum):
    CLEAR = auto()
    UNMAP = auto()


class Err(Enum):
    OK = auto()
    EAGAIN = auto()
    EFAULT = auto()
    EIO = auto()
    ENOENT = auto()


class Policy(Options):
    special_vma: Literal["rejected", "accepted"] = "rejected"


class Pfnmap(World):
    remappers = Size(1, most=2)
    zappers = Size(1, most=1)

    mmap = RwSem()
    vma = state(Vma.ANON)
    sub = IntervalNotifier()
    notifier_lock = RwSem()

    range_in_tree = flag()
    unmapped = flag()  # range->flags.unmapped: on the list of the garbage collector
    has_dma_mapping = flag()


@initial
def something_mapped(k: Pfnmap) -> None:
    k.vma = choose(Vma.ANON, Vma.PFNMAP, Vma.NONE)


# ---- the process


def gpusvm_invalidate(k: Pfnmap, event: Event) -> None:
    """drm_gpusvm_notifier_invalidate() with xe_svm_invalidate()."""
    with k.notifier_lock.write():
        k.sub.set_seq()
        with atomic():
            k.has_dma_mapping = False
            if event == Event.UNMAP and k.range_in_tree:
                k.unmapped = True


@process(Pfnmap.remappers)
def remapper(k: Pfnmap) -> None:
    """munmap(), then mmap() of anonymous memory or of a device's registers at the same address, or of nothing."""
    with pending("mmap-returns"):
        with k.mmap.write():
            if k.sub.start():
                gpusvm_invalidate(k, Event.UNMAP)
            k.vma = Vma.NONE
            k.sub.end()
            new = choose(Vma.ANON, Vma.PFNMAP, Vma.NONE)
            k.vma = new


@process(Pfnmap.zappers)
def zapper(k: Pfnmap) -> None:
    """madvise(MADV_DONTNEED): the next access gets a new page of the same memory."""
    with pending("madvise-returns"):
        with k.mmap.read():
            if k.vma == Vma.ANON:
                if k.sub.start():
                    gpusvm_invalidate(k, Event.CLEAR)
                k.sub.end()


# ---- the GPU fault


def garbage_collector(k: Pfnmap) -> None:
    """xe_svm_garbage_collector() -> drm_gpusvm_range_remove()."""
    if k.unmapped:
        with k.notifier_lock.read():
            with atomic():
                k.range_in_tree = False
                k.unmapped = False


def range_find_or_insert(k: Pfnmap, opt: Policy) -> Err:
    with k.mmap.read():
        vma = k.vma
        if vma == Vma.NONE:
            return Err.ENOENT
        if opt.special_vma == "rejected" and vma == Vma.PFNMAP:
            return Err.EIO
        with k.notifier_lock.read():
            k.range_in_tree = True
    return Err.OK


def range_get_pages(k: Pfnmap) -> Err:
    while True:
        k.sub.read_begin()
        with k.mmap.read():
            vma = k.vma  # hmm_range_fault()
        if vma != Vma.ANON:
            return Err.EFAULT
        with k.notifier_lock.read():
            if k.unmapped:
                return Err.EFAULT
            if not k.sub.read_retry():
                k.has_dma_mapping = True
                return Err.OK


def range_bind(k: Pfnmap) -> Err:
    with k.notifier_lock.read():
        valid = k.has_dma_mapping  # drm_gpusvm_range_pages_valid(); then the entries are written
    return Err.OK if valid else Err.EAGAIN


@process
def gpu_fault_worker(k: Pfnmap, opt: Policy) -> None:
    """xe_svm_handle_pagefault(): bound, or an error that the GPU is told of."""
    with pending("gpu-fault-returns"):
        while True:
            garbage_collector(k)
            err = range_find_or_insert(k, opt)
            if err != Err.OK:
                cover("the fault fails")
                break
            err = range_get_pages(k)
            if err == Err.EFAULT:  # taken for a change of the CPU mappings since the range was found
                continue
            err = range_bind(k)
            if err == Err.EAGAIN:
                continue
            cover("bound")
            break
