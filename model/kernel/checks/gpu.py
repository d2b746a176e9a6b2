# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Checks of what devices reach: no page that is free, and outside invalidation brackets just what the CPU maps.

They look at the pages and addresses that the step changed. That is enough: what a rule says about one page or address
can only become false in a step that changes the page, the address, or the bracket over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mm.pte import DEVICE_EXCLUSIVE, DEVICE_PRIVATE, MIGRATION, NONE, PRESENT
from ..sched import Oops

if TYPE_CHECKING:
    from ..gpu.core import Drm
    from ..gpu.page_table import GpuPageTable
    from ..mm.address_space import Mm
    from ..mm.page import Folio

MAPPED = (PRESENT, DEVICE_PRIVATE, DEVICE_EXCLUSIVE)


def in_bracket(mm: Mm, vpn: int) -> bool:
    """An invalidation of that address is between its start and its end."""
    subs = mm.subscriptions
    return subs is not None and any(bracket.start <= vpn < bracket.end for bracket in subs.brackets)


class GpuChecks:
    """ "gpu-mapping" and "dma" after each step, "leak" at the end."""

    def __init__(self, drm: Drm) -> None:
        self.drm = drm

    def check(self) -> None:
        kernel = self.drm.kernel
        tables = self.drm.page_tables
        if not tables:  # nobody but a page table reaches memory
            return
        for folio in kernel.dirty_folios:
            if folio.refcount == 0 or folio not in self.drm.dma:
                self._unreachable(folio)
        for mm, vpn in kernel.dirty_ptes:
            for table in tables:
                if table.mm is mm:
                    self._mirrors(table, vpn)

    def _unreachable(self, folio: Folio) -> None:
        """A page that is free, or not mapped for DMA: the GPU holds no reference, so that its mappings go before."""
        for table in self.drm.page_tables:
            for what, entries in (("GPU PTE", table.ptes), ("TLB entry", table.tlb)):
                for vpn, entry in entries.items():
                    if entry.folio is folio:
                        self._reached(table, what, vpn, folio)
        if folio.refcount == 0 and folio in self.drm.dma:
            raise Oops("dma", f"{folio!r} is free and still mapped for DMA")

    def _reached(self, table: GpuPageTable, what: str, vpn: int, folio: Folio) -> None:
        if folio.refcount == 0:
            raise Oops("gpu-mapping", f"a {what} of {table!r} at {vpn} reaches {folio!r}, which is free")
        if table.dma and folio not in self.drm.dma:
            raise Oops("gpu-mapping", f"a {what} of {table!r} at {vpn} reaches {folio!r}, not mapped for DMA")

    def _mirrors(self, table: GpuPageTable, vpn: int) -> None:
        for what, entry in (("GPU PTE", table.ptes.get(vpn)), ("TLB entry", table.tlb.get(vpn))):
            if entry is None:
                continue
            self._reached(table, what, vpn, entry.folio)
            if in_bracket(table.mm, vpn):
                continue
            cpu = table.mm.page_table.get(vpn, NONE)
            if table.own_migrations and cpu.kind == MIGRATION:
                continue
            if cpu.folio is not entry.folio or cpu.kind not in MAPPED:
                raise Oops("gpu-mapping", f"a {what} of {table!r} at {vpn} reaches {entry.folio!r}, the CPU has {cpu}")
            if entry.write and not cpu.write:
                raise Oops("gpu-mapping", f"a {what} of {table!r} at {vpn} may write {entry.folio!r}, the CPU may not")

    def finish(self) -> None:
        """Every reservation is unlocked, every ticket given back."""
        if self.drm.ww_class.contexts:
            raise Oops("leak", f"{len(self.drm.ww_class.contexts)} acquire contexts are left open")
