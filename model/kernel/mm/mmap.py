# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""System calls on an address space (mm/vma.c, mm/mprotect.c, mm/madvise.c). They return 0 or a negative error.

VMAs are split where needed and never merged.
"""

from __future__ import annotations

from errno import EEXIST, ENOMEM
from typing import TYPE_CHECKING

from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .pte import DEVICE_PRIVATE, MIGRATION, like, present
from .shmem import Shmem
from .vma import Vma
from .vma_ops import insert_vma, split_around, unlink_vma, zap_range

if TYPE_CHECKING:
    from .address_space import Mm


def mmap(mm: Mm, start: int, pages: int, readable: bool = True, writable: bool = True, shared: bool = False) -> int:
    """mmap(MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | (MAP_SHARED or MAP_PRIVATE))."""
    mm.mmap_lock.down_write()
    if mm.vmas_in(start, start + pages):
        mm.mmap_lock.up_write()
        return -EEXIST
    vma = Vma(mm, start, start + pages, 0 if shared else start, readable, writable)
    if shared:
        vma.file = Shmem()
    insert_vma(mm, vma)
    mm.mmap_lock.up_write()
    return 0


def munmap(mm: Mm, start: int, pages: int) -> int:
    """The VMAs go while the lock is held for write, the pages while it is held for read."""
    mm.mmap_lock.down_write()
    gone = detach_vmas(mm, start, start + pages)
    mm.mmap_lock.downgrade_write()
    clear_vmas(mm, gone, start, start + pages)
    mm.mmap_lock.up_read()
    return 0


def detach_vmas(mm: Mm, start: int, end: int) -> list[Vma]:
    """vms_gather_munmap_vmas(): out of the tree, still known to the reverse map."""
    gone = split_around(mm, start, end)
    for vma in gone:
        mm.vmas.remove(vma)
    return gone


def clear_vmas(mm: Mm, gone: list[Vma], start: int, end: int) -> None:
    """vms_clear_ptes(): unmap_vmas() in one bracket, then free_pgtables()."""
    if not gone:
        return
    notified = NotifierRange(Event.UNMAP, mm, start, end)
    zap_in_bracket(notified, gone)
    for vma in gone:
        unlink_vma(vma)


def zap_in_bracket(notified: NotifierRange, vmas: list[Vma]) -> None:
    """What of the range lies in these VMAs is zapped, after drivers have dropped what they mirror of it."""
    zap_first = notified.mm.kernel.config.order == "zap-first"
    if not zap_first:
        mmu_notifier_invalidate_range_start(notified)
    for vma in vmas:
        zap_range(vma, max(vma.start, notified.start), min(vma.end, notified.end))
    if zap_first:
        mmu_notifier_invalidate_range_start(notified)
    mmu_notifier_invalidate_range_end(notified)


def mprotect(mm: Mm, start: int, pages: int, readable: bool, writable: bool) -> int:
    """-ENOMEM where some page is not mapped."""
    end = start + pages
    mm.mmap_lock.down_write()
    if sum(min(v.end, end) - max(v.start, start) for v in mm.vmas_in(start, end)) < pages:
        mm.mmap_lock.up_write()
        return -ENOMEM
    for vma in split_around(mm, start, end):
        if (vma.readable, vma.writable) != (readable, writable):
            vma.protect(readable, writable)
            change_protection(vma)
    mm.mmap_lock.up_write()
    return 0


def change_protection(vma: Vma) -> None:
    """Entries lose what the VMA does not allow any more; what it allows now they get by a fault.

    Entries for migrations and device pages become read-only in any case.
    """
    mm = vma.mm
    notified = NotifierRange(Event.PROTECTION_VMA, mm, vma.start, vma.end)
    mmu_notifier_invalidate_range_start(notified)
    with mm.ptl:
        for vpn in range(vma.start, vma.end):
            entry = mm.locked_pte(vpn, vma.start)
            folio = entry.folio
            if folio is None:
                continue
            if entry.present:
                mm.set_pte(vpn, present(folio, entry.write and vma.writable, vma.readable))
            elif entry.write and entry.kind in (MIGRATION, DEVICE_PRIVATE):
                mm.set_pte(vpn, like(entry, False))
    mmu_notifier_invalidate_range_end(notified)


def madvise_dontneed(mm: Mm, start: int, pages: int) -> int:
    """MADV_DONTNEED: -ENOMEM where some page is not mapped, after the rest is done."""
    end = start + pages
    mm.mmap_lock.down_read()
    covered = 0
    for vma in mm.vmas_in(start, end):
        first, last = max(vma.start, start), min(vma.end, end)
        covered += last - first
        zap_in_bracket(NotifierRange(Event.CLEAR, mm, first, last), [vma])
    mm.mmap_lock.up_read()
    return 0 if covered == pages else -ENOMEM
