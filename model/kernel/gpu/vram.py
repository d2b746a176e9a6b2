# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Memory of a device: its pages, who has them, and buffer objects that own blocks of pages (drivers/gpu/drm/ttm).

A block belongs to a buffer object from its allocation until the object is evicted or freed, whether or not its pages
are in use: the device pages of GPU SVM come and go inside a block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..options import Config
from ..sched import WRITE, Oops
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.spinlock import SpinLock
from ..sync.waitqueue import wait_event
from .dma_resv import DmaResv

if TYPE_CHECKING:
    from ..mm.page import Folio
    from .devmem import Devmem


class VramManager(Kobject):
    """ttm_resource_manager: free pages, and the objects that have some, least recently used first."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"config"})

    def __init__(self, config: Config, name: str, folios: list[Folio]) -> None:
        super().__init__()
        self.config = config
        self.name = name
        self.lock = SpinLock("vram_manager")
        self.free = list(folios)
        self.lru: list[Bo] = []
        self.lru_key = (self.oid, "lru")

    def wait_for_bo(self) -> None:
        """Memory pressure that sets in once there is something to evict."""
        wait_event("a buffer object in VRAM", self.lru_key, lambda: bool(self.lru))

    def alloc(self, bo: Bo, pages: int) -> bool:
        """Give ``bo`` a block; false: not enough is free."""
        with self.lock:
            if len(self.free) < pages:
                return False
            bo.blocks = self.free[:pages]
            del self.free[:pages]
            self.lru.append(bo)
            sched.also(self.lru_key, WRITE)
        return True

    def release(self, bo: Bo) -> None:
        """ttm_resource_free(): from now on the pages are somebody else's."""
        with self.lock:
            for folio in bo.blocks:
                if folio.refcount:
                    raise Oops("devmem-detached", f"{bo!r} gives {folio!r} back, which is in use")
            self.free.extend(bo.blocks)
            bo.blocks = []
            if bo in self.lru:
                self.lru.remove(bo)
                sched.also(self.lru_key, WRITE)


class Bo(Slab):
    """``struct ttm_buffer_object`` in VRAM. ``devmem``: what GPU SVM keeps about it. ``refs``: one by its creator."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"manager"})

    def __init__(self, manager: VramManager, name: str) -> None:
        super().__init__()
        self.manager = manager
        self.name = name
        self.resv = DmaResv("bo_resv")
        self.refs = Refcount(f"{name}.refs", 1)
        self.blocks: list[Folio] = []
        self.devmem: Devmem | None = None

    def __repr__(self) -> str:
        return self.name

    def put(self) -> None:
        """ttm_bo_put(): the last reference gives the memory back."""
        if self.refs.put():
            self.manager.release(self)
            self.kfree()
