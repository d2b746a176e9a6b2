# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Splitting, linking and zapping VMAs (mm/vma.c, mm/memory.c): what the system calls on an address space share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .page import folio_put, put_page
from .pte import EMPTY, NONE
from .rmap import folio_remove_rmap
from .vma import Vma

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio


def insert_vma(mm: Mm, vma: Vma) -> None:
    """vma_link(), mmap_lock held for write: into the tree, and where the reverse map finds it, youngest last."""
    mm.vmas.append(vma)
    mm.vmas.sort(key=lambda each: each.start)
    if vma.file is not None:
        for vpn in range(vma.start, vma.end):
            mm.shared[vpn] = vma.file, vma.linear_index(vpn)
    mapping = vma.anon_vma if vma.file is None else vma.file
    if mapping is not None:
        mapping.rwsem.down_write()
        mapping.vmas.append(vma)
        mapping.rwsem.up_write()


def unlink_vma(vma: Vma) -> None:
    """unlink_anon_vmas(), unlink_file_vma(), after its entries are gone: the reverse map forgets the VMA."""
    mapping = vma.anon_vma if vma.file is None else vma.file
    if mapping is not None:
        mapping.rwsem.down_write()
        mapping.vmas.remove(vma)
        mapping.rwsem.up_write()
    if vma.file is not None:
        for vpn in range(vma.start, vma.end):
            del vma.mm.shared[vpn]
        if not vma.file.vmas:
            vma.file.evict_inode()


def split_vma(vma: Vma, at: int) -> Vma:
    """__split_vma(), mmap_lock held for write: ``vma`` ends at ``at``, and the VMA that is returned begins there."""
    mm = vma.mm
    upper = Vma(mm, at, vma.end, vma.linear_index(at), vma.readable, vma.writable)
    upper.io, upper.file, upper.anon_vma = vma.io, vma.file, vma.anon_vma
    mapping = vma.anon_vma if vma.file is None else vma.file
    if mapping is not None:
        mapping.rwsem.down_write()
    vma.end = at
    mm.vmas.insert(mm.vmas.index(vma) + 1, upper)
    if mapping is not None:
        mapping.vmas.insert(mapping.vmas.index(vma) + 1, upper)
        mapping.rwsem.up_write()
    return upper


def split_around(mm: Mm, start: int, end: int) -> list[Vma]:
    """The VMAs of the range, cut so that none sticks out."""
    found: list[Vma] = []
    for vma in mm.vmas_in(start, end):
        inside = split_vma(vma, start) if vma.start < start else vma
        if inside.end > end:
            split_vma(inside, end)
        found.append(inside)
    return found


def zap_range(vma: Vma, start: int, end: int) -> None:
    """zap_pte_range(): device pages are put under the page-table lock, others after the TLB flush.

    The page of a migration entry belongs to the migration, which will not find the entry any more.
    """
    mm = vma.mm
    gathered: list[Folio] = []
    with mm.ptl:
        for vpn in range(start, end):
            entry = mm.locked_pte(vpn, start)
            if entry.kind == EMPTY:
                continue
            folio = entry.folio
            assert folio is not None
            if vma.file is None:
                mm.kernel.oracle.zapped(mm, vpn)
            mm.set_pte(vpn, NONE)
            if not entry.mapped or folio is mm.kernel.zero_page:
                continue
            folio_remove_rmap(folio)
            if entry.present:
                gathered.append(folio)
            else:
                folio_put(folio)
    for folio in gathered:
        put_page(folio)
