# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Allocation of VRAM by evicting others (drivers/gpu/drm/ttm/ttm_bo.c, ttm_resource.c).

The victim is locked by trylock, because the caller holds locks of the same class already.
"""

from __future__ import annotations

from errno import EBUSY, ENOSPC
from typing import TYPE_CHECKING

from .evict import evict_to_ram
from .vram import Bo

if TYPE_CHECKING:
    from .dma_resv import DrmExec
    from .pagemap import DrmPagemap
    from .vram import VramManager


def bo_evict(dpagemap: DrmPagemap, bo: Bo) -> int:
    """ttm_bo_evict() with xe_svm_bo_evict(): success gives the block back. The reservation is held."""
    devmem = bo.devmem
    if devmem is None:
        return -EBUSY
    err = evict_to_ram(dpagemap, devmem)
    if not err or dpagemap.config.evict_failure == "ignored":
        bo.manager.release(bo)
        return 0
    return err


def evict_first(dpagemap: DrmPagemap, manager: VramManager, exec: DrmExec | None) -> int:
    """ttm_bo_evict_alloc(): one object of the LRU list that can be locked; -ENOSPC if there is none."""
    with manager.lock:
        candidates = list(manager.lru)
    for bo in candidates:
        if not bo.refs.get_unless_zero():
            continue
        err = _evict_locked(dpagemap, bo, exec)
        bo.put()
        if not err:
            return 0
    return -ENOSPC


def _evict_locked(dpagemap: DrmPagemap, bo: Bo, exec: DrmExec | None) -> int:
    if not bo.resv.lock.trylock_ctx(exec.ctx if exec is not None else None):
        return -EBUSY
    err = bo_evict(dpagemap, bo)
    bo.resv.lock.unlock()
    return err


def bo_create_locked(dpagemap: DrmPagemap, manager: VramManager, name: str, pages: int, exec: DrmExec) -> Bo | int:
    """ttm_bo_init_reserved(): an object with a block, locked; evicts others, up to three, to make room."""
    bo = Bo(manager, name)
    bo.resv.lock.lock_ctx(exec.ctx)
    exec.locked.append(bo.resv)
    for _ in range(3):
        if manager.alloc(bo, pages):
            return bo
        err = evict_first(dpagemap, manager, exec)
        if err:
            break
    bo.resv.lock.unlock()
    exec.locked.remove(bo.resv)
    bo.put()
    return -ENOSPC
