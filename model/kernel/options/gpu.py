# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the GPU driver and the GPU SVM library.

Every default is the current kernel; the other choices are older kernels, other drivers, or a rule broken on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .option import option


@dataclass(frozen=True)
class GpuvmOptions:
    """GPU virtual address spaces (drm_gpuvm)."""

    vm_bo_obtain: Literal["one-section", "two-sections"] = option(
        "one-section", "Whether a VM looks for its pair with a buffer and makes it within one critical section."
    )
    vm_bo_put: Literal["zero-under-lock", "zero-before-lock", "queued-under-lock"] = option(
        "zero-under-lock", "Where the last reference to a pair is dropped, and where the pair is queued to be freed."
    )
    vm_bo_iterate: Literal["unless-zero", "plain-get"] = option(
        "unless-zero", "How a job takes references to the pairs on the list of external objects."
    )
    vm_bo_validate: Literal["before-job", "skipped"] = option(
        "before-job", "Whether evicted buffers are brought back before a job that uses them."
    )


@dataclass(frozen=True)
class CacheOptions:
    """The cache of pagemaps and its shrinker."""

    cache_get: Literal["unless-zero", "plain"] = option(
        "unless-zero", "How a look-up takes a reference to the cached pagemap."
    )
    cache_inactive: Literal["waits-until-queued", "waits-under-lock", "cancels-at-once"] = option(
        "waits-until-queued", "What a look-up does with a pagemap that is on its way to the shrinker's list."
    )
    shrinker_add: Literal["completes-under-lock", "completes-after-unlock"] = option(
        "completes-under-lock", "When look-ups hear that a pagemap is on the list (Linux 7.0: completes-after-unlock)."
    )
    shrinker_scan: Literal["clears-if-same", "clears-always", "leaves-cache"] = option(
        "clears-if-same", "Whether a scan takes the pagemap that it frees out of the cache (Linux 7.0: clears-always)."
    )


@dataclass(frozen=True)
class PeerOptions:
    """Peer-to-peer maps."""

    p2p_pin: Literal["refused", "counted", "ignored"] = option(
        "refused", "Importers that cannot be revoked are refused, or what they map stays put, or nobody cares."
    )
    p2p_revoke: Literal["before-move", "after-move", "skipped"] = option(
        "before-move", "When importers are told to drop the address of a buffer that moves."
    )
    p2p_flush: Literal["waited-for", "skipped"] = option(
        "waited-for", "Whether an importer that drops an address flushes its TLB too."
    )
    p2p_fences: Literal["waited-for", "not-waited-for"] = option(
        "waited-for", "Whether the exporter waits for the jobs of its importers before it moves a buffer."
    )


@dataclass(frozen=True)
class PagemapOptions:
    """Migration to the device and back (drm_pagemap)."""

    driver: Literal["drm-pagemap", "nouveau", "recorded-address", "amdkfd"] = option(
        "drm-pagemap", "What zone_device_data is, as in the protocol backpointer."
    )
    target_range: Literal["none", "in-system-memory"] = option(
        "none", "Whether amdkfd has a range at the address that mremap() moves pages to."
    )
    driver_lock: bool = option(False, "Whether migrate_to_ram() takes a mutex of the driver, which the design forbids.")
    migrate_window: Literal["whole", "fault-page-only"] = option(
        "whole", "What a CPU fault migrates: the page's allocation, or the page alone."
    )
    copy: Literal["engine", "cpu"] = option(
        "engine", "Who copies pages: an engine of the device with fences, or the CPU, a page in one step."
    )
    copy_fence: Literal["waited-for", "not-waited-for"] = option(
        "waited-for", "Whether a migration waits for its copy before the new pages are mapped."
    )
    timeslice: Literal["none", "until-bound"] = option(
        "none", "Whether pages that came to the device stay there until the GPU fault that asked for them is over."
    )
    data_written: Literal["before-mapped", "after-mapped", "at-gpu-fault"] = option(
        "before-mapped", "When zone_device_data of a page is written."
    )
    data_reference: Literal["per-page", "none"] = option(
        "per-page", "Whether zone_device_data holds a reference for every page."
    )
    data_put: Literal["page-free", "page-free-and-fault"] = option(
        "page-free", "Where that reference is given back: when the page is freed, or by a CPU fault as well."
    )


@dataclass(frozen=True)
class EvictOptions:
    """Eviction of device memory (drm_pagemap_evict_to_ram(), TTM)."""

    unplug: Literal["evicts", "leaves-pages"] = option(
        "evicts", "Whether the pages of a device that goes away are evicted first."
    )
    find: Literal["reverse-map", "recorded-address", "address-lookup"] = option(
        "reverse-map", "How eviction finds the page-table entries of a device page."
    )
    evict_failure: Literal["reported", "ignored"] = option(
        "reported", "Whether a failed eviction is told, or the memory is given to others all the same."
    )


@dataclass(frozen=True)
class CallbackOptions:
    """The driver's notifier callback."""

    zap: Literal["before-flush", "flushed-first", "skipped"] = option(
        "before-flush", "When the entries of the GPU page table are cleared."
    )
    tlb_flush: Literal["waited-for", "not-waited-for", "skipped"] = option(
        "waited-for", "Whether the callback flushes the TLB of the GPU, and waits until that is done."
    )
    dma_unmap: Literal["last", "first", "skipped"] = option(
        "last", "When pages are unmapped for DMA: after the GPU lost its entries, or before."
    )
    set_seq: Literal["under-lock", "after-unlock", "never"] = option(
        "under-lock", "Where the callback advances the sequence number of the notifier."
    )
    driver_part: Literal["under-lock", "after-unlock"] = option(
        "under-lock", "Whether the driver's part of the callback runs under the notifier lock."
    )
    bind_fence: Literal["waited-for", "not-waited-for"] = option(
        "waited-for", "Whether the callback waits for jobs that still write GPU page-table entries."
    )
    collect: Literal["queued", "skipped"] = option(
        "queued", "Whether ranges whose VMA goes away are queued for the garbage collector."
    )
    also_takes: Literal["nothing", "mmap-lock", "svm-lock", "dma-resv", "interval-remove"] = option(
        "nothing", "A lock that the callback takes, or a call that it makes, though it must not."
    )


@dataclass(frozen=True)
class FaultOptions:
    """The GPU fault handler."""

    placement: Literal["system", "prefer-vram", "vram-only"] = option(
        "prefer-vram", "Where pages shall be when the GPU has faulted."
    )
    try_limit: Literal["three", "none"] = option(
        "three", "Whether a GPU fault gives up migrating after its tries (three under vram-only, else one)."
    )
    serialise: Literal["vm-lock", "range-lock", "none"] = option(
        "vm-lock", "Which lock keeps GPU faults of one VM apart."
    )
    read_retry: Literal["under-lock", "outside-lock", "skipped"] = option(
        "under-lock", "Where the handler checks that nothing was invalidated since it looked at the CPU's page table."
    )
    pages_valid: Literal["checked", "skipped"] = option(
        "checked", "Whether a bind checks that the pages of its range are still the valid ones."
    )
    commit: Literal["under-lock", "outside-lock"] = option(
        "under-lock", "Whether a bind is committed under the notifier lock."
    )
    bind: Literal["cpu", "job"] = option(
        "cpu", "Who writes GPU page-table entries: the CPU, or a job of the device with a fence."
    )


@dataclass(frozen=True)
class GpuOptions(PagemapOptions, EvictOptions, CallbackOptions, FaultOptions, GpuvmOptions, CacheOptions, PeerOptions):
    """All options of the GPU side."""
