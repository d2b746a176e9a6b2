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
    """The cache of pagemaps and its shrinker. ``shrinker_scan="clears-always"`` is Linux 7.0."""

    cache_get: Literal["unless-zero", "plain"] = "unless-zero"
    cache_inactive: Literal["waits-until-queued", "cancels-at-once"] = "waits-until-queued"
    shrinker_scan: Literal["clears-if-same", "clears-always", "leaves-cache"] = "clears-if-same"


@dataclass(frozen=True)
class GpuOptions(GpuvmOptions, CacheOptions):
    """``driver_lock``: the driver's migrate_to_ram() takes a mutex of its own, which the design forbids."""

    driver_lock: bool = False
