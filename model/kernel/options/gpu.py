# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the GPU driver and the GPU SVM library.

Every first choice is the current kernel; the others are older kernels, other drivers, or a rule broken on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class GpuvmOptions:
    """drm_gpuvm."""

    vm_bo_obtain: Literal["one-section", "two-sections"] = "one-section"
    vm_bo_put: Literal["zero-under-lock", "zero-before-lock", "queued-under-lock"] = "zero-under-lock"
    vm_bo_iterate: Literal["unless-zero", "plain-get"] = "unless-zero"
    vm_bo_validate: Literal["before-job", "skipped"] = "before-job"


@dataclass(frozen=True)
class CacheOptions:
    """The cache of pagemaps and its shrinker. "clears-always" and "completes-after-unlock" are Linux 7.0."""

    cache_get: Literal["unless-zero", "plain"] = "unless-zero"
    cache_inactive: Literal["waits-until-queued", "cancels-at-once"] = "waits-until-queued"
    shrinker_add: Literal["completes-under-lock", "completes-after-unlock"] = "completes-under-lock"
    shrinker_scan: Literal["clears-if-same", "clears-always", "leaves-cache"] = "clears-if-same"


@dataclass(frozen=True)
class PeerOptions:
    """Peer-to-peer maps. ``p2p_pin``: importers that cannot be revoked are refused, or what they map stays put."""

    p2p_pin: Literal["refused", "counted", "ignored"] = "refused"
    p2p_revoke: Literal["before-move", "after-move", "skipped"] = "before-move"
    p2p_flush: Literal["waited-for", "skipped"] = "waited-for"
    p2p_fences: Literal["waited-for", "not-waited-for"] = "waited-for"


@dataclass(frozen=True)
class PagemapOptions:
    """drm_pagemap: migration to the device and back. ``copy="cpu"``: no copy engine, a copied page is one step.

    ``driver``: what zone_device_data is, as in ``model/protocols/backpointer.py``.
    ``target_range``: whether amdkfd has a range at the address that mremap() moves pages to.
    ``driver_lock``: migrate_to_ram() takes a mutex of the driver, which the design forbids.
    """

    driver: Literal["drm-pagemap", "nouveau", "recorded-address", "amdkfd"] = "drm-pagemap"
    target_range: Literal["none", "in-system-memory"] = "none"
    driver_lock: bool = False
    migrate_window: Literal["whole", "fault-page-only"] = "whole"
    copy: Literal["engine", "cpu"] = "engine"
    copy_fence: Literal["waited-for", "not-waited-for"] = "waited-for"
    timeslice: Literal["none", "until-bound"] = "none"
    data_written: Literal["before-mapped", "after-mapped", "at-gpu-fault"] = "before-mapped"
    data_reference: Literal["per-page", "none"] = "per-page"
    data_put: Literal["page-free", "page-free-and-fault"] = "page-free"


@dataclass(frozen=True)
class EvictOptions:
    """drm_pagemap_evict_to_ram() and TTM. ``evict_failure="ignored"``: the memory is given to others all the same."""

    unplug: Literal["evicts", "leaves-pages"] = "evicts"
    find: Literal["reverse-map", "recorded-address", "address-lookup"] = "reverse-map"
    evict_failure: Literal["reported", "ignored"] = "reported"


@dataclass(frozen=True)
class CallbackOptions:
    """The driver's notifier callback."""

    zap: Literal["before-flush", "flushed-first", "skipped"] = "before-flush"
    tlb_flush: Literal["waited-for", "not-waited-for", "skipped"] = "waited-for"
    dma_unmap: Literal["last", "first", "skipped"] = "last"
    set_seq: Literal["under-lock", "after-unlock", "never"] = "under-lock"
    driver_part: Literal["under-lock", "after-unlock"] = "under-lock"
    bind_fence: Literal["waited-for", "not-waited-for"] = "waited-for"
    collect: Literal["queued", "skipped"] = "queued"
    also_takes: Literal["nothing", "mmap-lock", "svm-lock", "dma-resv", "interval-remove"] = "nothing"


@dataclass(frozen=True)
class FaultOptions:
    """The GPU fault handler: where pages shall be, and how it uses the notifier lock."""

    placement: Literal["system", "prefer-vram", "vram-only"] = "prefer-vram"
    try_limit: Literal["three", "none"] = "three"
    serialise: Literal["vm-lock", "range-lock", "none"] = "vm-lock"
    read_retry: Literal["under-lock", "outside-lock", "skipped"] = "under-lock"
    pages_valid: Literal["checked", "skipped"] = "checked"
    commit: Literal["under-lock", "outside-lock"] = "under-lock"
    bind: Literal["cpu", "job"] = "cpu"


@dataclass(frozen=True)
class GpuOptions(PagemapOptions, EvictOptions, CallbackOptions, FaultOptions, GpuvmOptions, CacheOptions, PeerOptions):
    """All options of the GPU side."""
