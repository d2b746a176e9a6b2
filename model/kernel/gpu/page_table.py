# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU page table with its TLB, and what the engines of the GPU do through them.

An access is two steps: find the entry in the TLB, or walk the page table and keep what was found; then reach the page
through what the TLB has. The page may have changed hands in between; that is what invalidation is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Op, point
from ..sync.fence import Fence

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.page import Folio
    from .copy_engine import Engine
    from .core import Drm


@dataclass(frozen=True, slots=True, eq=False)
class GpuPte:
    """A leaf entry: the page that the GPU reaches without asking anybody."""

    folio: Folio
    write: bool


class GpuPageTable(Kobject):
    """The page table of one GPU VM that mirrors ``mm``. ``tlb`` keeps entries until they are flushed.

    ``dma``: what it reaches has to be mapped for DMA.
    ``own_migrations``: its driver hears nothing of its own migrations, and takes care of their pages itself.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"drm", "_walk_ops", "_zap_ops", "_use_ops"})

    def __init__(self, drm: Drm, name: str, mm: Mm) -> None:
        super().__init__()
        self.drm = drm
        self.name = name
        self.mm = mm
        self.ptes: dict[int, GpuPte] = {}
        self.tlb: dict[int, GpuPte] = {}
        self._walk_ops: dict[int, Op] = {}
        self._zap_ops: dict[int, Op] = {}
        self._use_ops: dict[int, Op] = {}
        self.dma = True
        self.own_migrations = False
        self.firmware: Engine | None = None  # executes TLB invalidations that nobody waits for
        drm.page_tables.append(self)

    def __repr__(self) -> str:
        return self.name

    def _op(self, ops: dict[int, Op], verb: str, vpn: int, mode: int) -> Op:
        op = ops.get(vpn)
        if op is None:
            op = ops[vpn] = Op(f"{verb} {self.name}:{vpn}", (self.oid, vpn), mode)
        return op

    def _enter(self, entries: dict[int, GpuPte], vpn: int, entry: GpuPte | None) -> None:
        """An entry of the page table or of the TLB becomes this one, or none."""
        before = entries.pop(vpn, None)
        if before is not None:
            self.drm.reach(before.folio, -1)
        if entry is not None:
            entries[vpn] = entry
            self.drm.reach(entry.folio, 1)

    def _changed(self, vpn: int) -> None:
        self.drm.kernel.dirty_ptes.append((self.mm, vpn))

    # ---- the driver

    def write_pte(self, vpn: int, entry: GpuPte) -> None:
        """Write a leaf entry: a step."""
        point(self._op(self._zap_ops, "write GPU PTE", vpn, WRITE))
        self._enter(self.ptes, vpn, entry)
        self._changed(vpn)

    def zap(self, vpn: int) -> bool:
        """Clear a leaf entry: a step if there is one."""
        if vpn not in self.ptes:
            sched.also((self.oid, vpn), READ)
            return False
        point(self._op(self._zap_ops, "zap GPU PTE", vpn, WRITE))
        self._enter(self.ptes, vpn, None)
        return True

    def flush(self, first: int, end: int) -> None:
        """Ask for an invalidation of the TLB and wait for its fence: one step, the one at which it happens at last."""
        point(self._op(self._zap_ops, "flush TLB", first, WRITE))
        for vpn in range(first, end):
            sched.also((self.oid, vpn), WRITE)
            self._enter(self.tlb, vpn, None)

    def flush_later(self, first: int, end: int) -> Fence:
        """Ask for an invalidation of the TLB, which the firmware executes some time."""
        assert self.firmware is not None
        return self.firmware.submit("TLB invalidation", lambda: self.flush(first, end))

    # ---- the engines

    def _translate(self, vpn: int, write: bool) -> bool:
        """Fill the TLB if the entry allows the access; false: a fault."""
        point(self._op(self._walk_ops, "GPU walks", vpn, WRITE))
        entry = self.tlb.get(vpn) or self.ptes.get(vpn)
        if entry is None or (write and not entry.write):
            sched.failed()
            return False
        if self.tlb.get(vpn) is not entry:
            self._enter(self.tlb, vpn, entry)
        self._changed(vpn)
        return True

    def _use(self, vpn: int, write: bool) -> Folio | None:
        """The page that the TLB gives, in the step that reaches it; None: the entry was flushed, translate again."""
        point(self._op(self._use_ops, "GPU reaches page at", vpn, READ))
        entry = self.tlb.get(vpn)
        if entry is None or (write and not entry.write):
            return None
        sched.also(entry.folio.data_key, WRITE if write else READ)
        return entry.folio

    def load(self, vpn: int, offset: int = 0, size: int = 1) -> bytes | None:
        """A load by an engine; None: a fault for the driver."""
        while self._translate(vpn, False):
            folio = self._use(vpn, False)
            if folio is not None:
                data = bytes(folio.data[offset : offset + size])
                self.drm.kernel.oracle.loaded(self.mm, vpn, offset, data)
                return data
        return None

    def store(self, vpn: int, offset: int, data: bytes) -> bool:
        """A store by an engine; false: a fault for the driver."""
        while self._translate(vpn, True):
            folio = self._use(vpn, True)
            if folio is not None:
                folio.data[offset : offset + len(data)] = data
                self.drm.kernel.oracle.stored(self.mm, vpn, offset, data)
                return True
        return False
