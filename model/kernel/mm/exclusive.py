# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""make_device_exclusive() (mm/rmap.c): a page of RAM is lent to a device, so that the device's atomics are alone."""

from __future__ import annotations

from errno import EFAULT, EOPNOTSUPP
from typing import TYPE_CHECKING

from ..sched import READ, also
from .fault import VM_FAULT_ERROR, handle_mm_fault
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .page import folio_get, put_page
from .pte import device_exclusive, present
from .rmap import AnonVma

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio


def get_user_page_vma_remote(mm: Mm, vpn: int) -> Folio | int:
    """GUP for a write, mmap_lock held: the page with a reference, faulted in as often as it takes; or -EFAULT."""
    vma = mm.find_vma(vpn)
    if vma is None or vma.io or not vma.writable:
        return -EFAULT
    while True:
        with mm.ptl:
            entry = mm.pte(vpn)
            if entry.present and entry.write and entry.folio is not None:
                folio_get(entry.folio)
                return entry.folio
            also(mm.pte_op(vpn).key, READ)
        if handle_mm_fault(vma, vpn, True) & VM_FAULT_ERROR:
            return -EFAULT


def make_device_exclusive(mm: Mm, vpn: int, owner: object) -> Folio | int:
    """The page, locked and with a reference, mapped by nobody but the device that is about to; or a negative error.

    mmap_lock held for read. The caller's notifier ignores its own EXCLUSIVE event, or it would never get through.
    """
    while True:
        folio = get_user_page_vma_remote(mm, vpn)
        if isinstance(folio, int):
            return folio
        if not isinstance(folio.mapping, AnonVma):
            put_page(folio)
            return -EOPNOTSUPP
        folio.lock.lock()
        notified = NotifierRange(Event.EXCLUSIVE, mm, vpn, vpn + 1, owner)
        mmu_notifier_invalidate_range_start(notified)
        with mm.ptl:
            found = mm.pte(vpn) is present(folio, True)
            if found:
                mm.set_pte(vpn, device_exclusive(folio, True))
        mmu_notifier_invalidate_range_end(notified)
        if found:
            return folio
        folio.lock.unlock()
        put_page(folio)
