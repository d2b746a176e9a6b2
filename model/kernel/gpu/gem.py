# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct drm_gem_object`` (drivers/gpu/drm/drm_gem.c): memory of the GPU that is in VRAM or evicted to the system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..sched import WRITE, Op, point
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.mutex import Mutex
from .dma_resv import DmaResv

if TYPE_CHECKING:
    from .gpuvm import VmBo

Place = Literal["vram", "system"]


class GemObject(Slab):
    """``vm_bos``: gpuva.list, one entry for each VM that maps it, under ``gpuva_lock`` (immediate mode).

    ``place`` changes under the lock of ``resv`` and after its fences.
    """

    def __init__(self, name: str, handles: int = 1) -> None:
        super().__init__()
        self.name = name
        self.refs = Refcount(f"{name}.refcount", handles)
        self.resv = DmaResv("bo_resv")
        self.gpuva_lock = Mutex("gpuva.lock")
        self.vm_bos: list[VmBo] = []
        self.place: Place = "vram"
        self._move_op = Op(f"move {name}", (self.oid, "place"), WRITE)
        self.place_key = (self.oid, "place")

    def __repr__(self) -> str:
        return self.name

    def lock_gpuva(self) -> None:
        self.gpuva_lock.lock()
        self.alive()

    def unlock_gpuva(self) -> None:
        """mutex_unlock() touches the mutex to the end, and the mutex is in the object."""
        self.gpuva_lock.unlock()
        self.alive()

    def move(self, place: Place) -> None:
        """ttm_bo_move(): the old place is somebody else's from here on."""
        self.alive()
        point(self._move_op)
        self.place = place

    def put(self) -> None:
        """drm_gem_object_put()."""
        if self.refs.put():
            self.kfree()
