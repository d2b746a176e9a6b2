# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What all GPU drivers of one kernel share: the class of reservations, and the mappings that devices have of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops
from ..sync.ww_mutex import WwClass

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..mm.page import Folio
    from .page_table import GpuPageTable


class Drm(Kobject):
    """One for each kernel. ``page_tables``: of all GPUs. ``dma``: pages that a device may reach, and how often.
    ``reached``: pages in GPU page tables and TLBs, and how often, which follows from these."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"kernel", "reached"})

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        from ..checks.gpu import GpuChecks

        self.kernel = kernel
        self.config = kernel.config
        self.ww_class = WwClass("reservation_ww_class")
        self.page_tables: list[GpuPageTable] = []
        self.dma: dict[Folio, int] = {}
        self.reached: dict[Folio, int] = {}
        checks = GpuChecks(self)
        kernel.page_checks.append(checks.check)
        kernel.page_finishes.append(checks.finish)
        kernel.devices.append(self)

    def dma_map(self, folio: Folio) -> None:
        """dma_map_page(), or the device's own address of its memory, in the step of the caller."""
        self.dma[folio] = self.dma.get(folio, 0) + 1
        folio.touched()

    def dma_unmap(self, folio: Folio) -> None:
        left = self.dma[folio] - 1
        if left:
            self.dma[folio] = left
        else:
            del self.dma[folio]
            folio.touched()

    def reach(self, folio: Folio, times: int) -> None:
        """So many more entries of GPU page tables and TLBs name the page, in the step of the caller."""
        sched.also(folio.reach_key, WRITE)
        self.reached[folio] = self.reached.get(folio, 0) + times

    def frozen(self, source: Folio) -> None:
        """A page is being copied, in the step of the caller: no GPU may reach it."""
        sched.also(source.reach_key, READ)
        if not self.reached.get(source):
            return
        for table in self.page_tables:
            for entries in (table.ptes, table.tlb):
                for vpn, entry in entries.items():
                    if entry.folio is source:
                        raise Oops("gpu-mapping", f"{source!r} is copied while {table!r} reaches it at {vpn}")
