# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""mremap() to another address (mm/mremap.c): entries move as they are, and drivers hear of the old addresses only."""

from __future__ import annotations

from errno import EFAULT, EINVAL
from typing import TYPE_CHECKING

from .mmap import clear_vmas, detach_vmas
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .pte import EMPTY, NONE
from .vma import Vma
from .vma_ops import insert_vma

if TYPE_CHECKING:
    from .address_space import Mm


def mremap(mm: Mm, old: int, pages: int, new: int, dontunmap: bool = False) -> int:
    """mremap(MREMAP_MAYMOVE | MREMAP_FIXED [| MREMAP_DONTUNMAP]) of the same size. What was at ``new`` is unmapped."""
    if old < new + pages and new < old + pages:
        return -EINVAL
    mm.mmap_lock.down_write()
    vma = mm.find_vma(old)
    if vma is None or vma.end < old + pages:
        mm.mmap_lock.up_write()
        return -EFAULT
    clear_vmas(mm, detach_vmas(mm, new, new + pages), new, new + pages)
    vma = mm.find_vma(old)  # of a VMA that had both ranges the part with the old one is left
    assert vma is not None
    copy = copy_vma(vma, old, pages, new)
    move_page_tables(vma, old, copy)
    if not dontunmap:
        clear_vmas(mm, detach_vmas(mm, old, old + pages), old, old + pages)
    mm.mmap_lock.up_write()
    return 0


def copy_vma(vma: Vma, old: int, pages: int, new: int) -> Vma:
    """The new VMA has the page offsets of the old one, and comes after it for the reverse map: a walk that misses an
    entry at the old address, because it moves, finds it at the new one."""
    copy = Vma(vma.mm, new, new + pages, vma.linear_index(old), vma.readable, vma.writable)
    copy.io, copy.file, copy.anon_vma = vma.io, vma.file, vma.anon_vma
    insert_vma(vma.mm, copy)
    return copy


def move_page_tables(vma: Vma, old: int, copy: Vma) -> None:
    """move_ptes(): device-private and migration entries too are moved verbatim."""
    mm = vma.mm
    pages = copy.end - copy.start
    notified = NotifierRange(Event.UNMAP, mm, old, old + pages)
    mmu_notifier_invalidate_range_start(notified)
    with mm.ptl:
        for i in range(pages):
            entry = mm.locked_pte(old + i, old)
            if entry.kind != EMPTY:
                mm.set_pte(old + i, NONE)
                mm.set_pte(copy.start + i, entry)
            if vma.file is None:
                mm.kernel.oracle.moved(mm, old + i, copy.start + i)
    mmu_notifier_invalidate_range_end(notified)
