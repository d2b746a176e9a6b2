# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Peer-to-peer maps of device memory: an exporter grants them, and can take them back (dma-buf, ``move_notify``).

The exporter decides when a map is asked for. It gives its address only to importers that can drop it whenever they are
told, or keeps the memory where it is for those that cannot. Before it reuses or moves memory, or goes away, it revokes:
when that returns, nobody reaches the old place.
"""

from __future__ import annotations

from errno import EBUSY, ENODEV, EOPNOTSUPP
from typing import TYPE_CHECKING

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops, Op, point
from ..slab import Slab
from .dma_resv import BOOKKEEP, READS, DmaResv

if TYPE_CHECKING:
    from ..options import Config
    from .copy_engine import Engine
    from .device import DrmDevice


class Importer(Kobject):
    """A device that reaches memory of another through an entry of its own page table, and a TLB.

    ``revocable``: it has move_notify(). ``engine``: runs its jobs, whose fences the exporter waits for.
    """

    def __init__(self, config: Config, name: str, revocable: bool, engine: Engine) -> None:
        super().__init__()
        self.config = config
        self.name = name
        self.revocable = revocable
        self.engine = engine
        self.entry: str | None = None
        self.tlb: str | None = None
        key = (self.oid, "tlb")
        self._set_op = Op(f"{name}: write PTE", key, WRITE)
        self._flush_op = Op(f"{name}: flush TLB", key, WRITE)
        self._walk_op = Op(f"{name}: walk", key, WRITE)
        self._use_op = Op(f"{name}: reach memory", key, READ)

    def __repr__(self) -> str:
        return self.name

    def set(self, place: str | None) -> None:
        point(self._set_op)
        self.entry = place

    def move_notify(self) -> None:
        """Drop the address: the entry, and then what the TLB keeps of it."""
        self.set(None)
        if self.config.p2p_flush == "waited-for":
            point(self._flush_op)
            self.tlb = None

    def reach(self, exporter: Exporter) -> bool:
        """One access; false: nothing is mapped."""
        point(self._walk_op)
        self.tlb = self.tlb or self.entry
        if self.tlb is None:
            return False
        self._use(exporter)
        return True

    def _use(self, exporter: Exporter) -> None:
        """Through what the TLB has now: it may have been flushed since the walk."""
        point(self._use_op)
        if self.tlb is not None:
            exporter.reached(self, self.tlb)


class Exporter(Slab):
    """A buffer in the memory of ``device``. ``place``: where it is; ``None``: nowhere any more. ``pins`` keep it there.

    ``importers`` have a map now. Both change under the lock of ``resv``.
    """

    def __init__(self, config: Config, device: DrmDevice) -> None:
        super().__init__()
        self.config = config
        self.device = device
        self.resv = DmaResv("bo_resv")
        self.place: str | None = "vram"
        self.pins = 0
        self.importers: list[Importer] = []
        self._place_key = (self.oid, "place")
        self._move_op = Op("move exported buffer", self._place_key, WRITE)

    def map(self, importer: Importer) -> int:
        """dma_buf_map_attachment(): -ENODEV once unplugged; -EOPNOTSUPP for importers that cannot be revoked."""
        if not self.device.enter():
            return -ENODEV
        err = self._map_entered(importer)
        self.device.exit()
        return err

    def _map_entered(self, importer: Importer) -> int:
        self.resv.lock.lock()
        err = 0
        if not importer.revocable and self.config.p2p_pin == "refused":
            err = -EOPNOTSUPP
        else:
            if not importer.revocable and self.config.p2p_pin == "counted":
                self.pins += 1
            if importer not in self.importers:
                self.importers.append(importer)
            importer.set(self.place)
        self.resv.lock.unlock()
        return err

    def unmap(self, importer: Importer) -> None:
        """dma_buf_unmap_attachment(), once the importer's jobs are done."""
        self.resv.lock.lock()
        self.resv.wait(BOOKKEEP)
        if importer in self.importers:
            self.importers.remove(importer)
            if not importer.revocable and self.config.p2p_pin == "counted":
                self.pins -= 1
            importer.move_notify()
        self.resv.lock.unlock()

    def submit(self, importer: Importer) -> bool:
        """A job of the importer that reads the buffer; its fence keeps the buffer where it is."""
        self.resv.lock.lock()
        mapped = importer in self.importers and importer.entry is not None
        if mapped:
            fence = importer.engine.submit("import job", lambda: self._job(importer))
            self.resv.add_fence(fence, READS)
        self.resv.lock.unlock()
        return mapped

    def _job(self, importer: Importer) -> None:
        if not importer.reach(self):
            raise Oops("p2p-revoked", f"a job of {importer!r} finds its map revoked, though its fence is pending")

    def move(self, place: str) -> int:
        """Evict: -EBUSY while somebody pins it. Wait for jobs, revoke, move."""
        self.resv.lock.lock()
        err = self._vacate(place)
        self.resv.lock.unlock()
        return err

    def unplug(self) -> None:
        """The device goes: everything is revoked, whoever minds."""
        self.device.unplug()
        self.resv.lock.lock()
        if self._vacate(None):
            raise Oops("p2p-pinned", "the device goes while an importer pins its memory")
        self.resv.lock.unlock()

    def _vacate(self, place: str | None) -> int:
        if self.pins:
            return -EBUSY
        if self.config.p2p_fences == "waited-for":
            self.resv.wait(BOOKKEEP)
        if self.config.p2p_revoke == "before-move":
            self._revoke()
        point(self._move_op)
        self.place = place
        if self.config.p2p_revoke == "after-move":
            self._revoke()
        return 0

    def _revoke(self) -> None:
        """dma_buf_move_notify(): each importer drops the address before it returns."""
        for importer in self.importers:
            if importer.revocable:
                importer.move_notify()

    def reached(self, importer: Importer, place: str) -> None:
        """In the step of an access."""
        sched.also(self._place_key, READ)
        if place != self.place:
            raise Oops("p2p-revoked", f"{importer!r} reaches {place}, the buffer is in {self.place or 'no memory'}")
