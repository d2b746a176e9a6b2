# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""fork() of an address space: dup_mmap() (kernel/fork.c), copy_page_range() (mm/memory.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exit import mmput
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .pte import DEVICE_EXCLUSIVE, EMPTY, Pte, like, present
from .rmap import folio_add_rmap
from .vma import Vma
from .vma_ops import insert_vma

if TYPE_CHECKING:
    from .address_space import Mm


def fork(parent: Mm, name: str) -> Mm | None:
    """A copy of the address space; private pages are shared until one side writes. None: -ENOMEM.

    Drivers do not mirror the child until it opens the device.
    """
    child = parent.kernel.new_mm(name)
    parent.mmap_lock.down_write()
    copied = True
    for vma in list(parent.vmas):
        copy = Vma(child, vma.start, vma.end, vma.pgoff, vma.readable, vma.writable)
        copy.io, copy.file, copy.anon_vma = vma.io, vma.file, vma.anon_vma
        insert_vma(child, copy)
        if vma.anon_vma is not None and not copy_page_range(vma, child):
            copied = False
            break
    parent.mmap_lock.up_write()
    if not copied:
        mmput(child)
        return None
    return child


def copy_page_range(vma: Vma, child: Mm) -> bool:
    """Entries of a private VMA, read-only on both sides; false: a page lent to a device could not be taken back."""
    parent = vma.mm
    notified = NotifierRange(Event.PROTECTION_PAGE, parent, vma.start, vma.end)
    mmu_notifier_invalidate_range_start(notified)
    child.ptl.lock()
    parent.ptl.lock(nested=True)
    copied = all(_copy_pte(vma, child, vpn) for vpn in range(vma.start, vma.end))
    parent.ptl.unlock()
    child.ptl.unlock()
    mmu_notifier_invalidate_range_end(notified)
    return copied


def _copy_pte(vma: Vma, child: Mm, vpn: int) -> bool:
    """copy_present_pte(), copy_nonpresent_pte(), with both page-table locks held."""
    parent = vma.mm
    entry = parent.locked_pte(vpn, vma.start)
    if entry.kind == EMPTY:
        return True
    if entry.kind == DEVICE_EXCLUSIVE:
        restored = try_restore_exclusive_pte(vma, vpn, entry)
        if restored is None:
            return False
        entry = restored
    folio = entry.folio
    assert folio is not None
    if entry.write:
        entry = like(entry, False)
        if parent.kernel.config.write_protect == "both-sides":
            parent.set_pte(vpn, entry)
    if entry.mapped and folio is not parent.kernel.zero_page:
        folio_add_rmap(folio)
    child.set_pte(vpn, entry)
    parent.kernel.oracle.copied(parent, vpn, child)
    return True


def try_restore_exclusive_pte(vma: Vma, vpn: int, entry: Pte) -> Pte | None:
    """The page is mapped again as before it was lent; None: somebody has it locked."""
    folio = entry.folio
    assert folio is not None
    if not folio.lock.trylock():
        return None
    restored = present(folio, vma.writable, vma.readable)
    vma.mm.set_pte(vpn, restored)
    folio.lock.unlock()
    return restored
