# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Eviction as it must not be: by the address that an allocation had when it was migrated.

``recorded-address`` trusts that address; mremap() may have moved the pages, and fork() doubled their mappings.
``address-lookup`` takes mmap_lock to look there, under the reservation of the buffer object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mm.migrate_device import Source, Sources, migrate_device_pfn_lock
from ..mm.mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from ..mm.page import folio_put
from ..mm.pte import DEVICE_PRIVATE, migration
from ..mm.rmap import folio_remove_rmap
from ..sched import point

if TYPE_CHECKING:
    from .devmem import Devmem


def take_recorded(devmem: Devmem) -> Sources:
    """Lock the pages, and replace whatever device entries are at the recorded addresses."""
    mm = devmem.mm
    looks_up = devmem.bo.manager.config.find == "address-lookup"
    src: Sources = [migrate_device_pfn_lock(folio) for folio in devmem.bo.blocks]
    if looks_up:
        mm.mmap_lock.down_read()
    for i, source in enumerate(src):
        if source is not None:
            _unmap_at(devmem, devmem.start + i)
            src[i] = _checked(source)
    if looks_up:
        mm.mmap_lock.up_read()
    return src


def _unmap_at(devmem: Devmem, vpn: int) -> None:
    mm = devmem.mm
    notified = NotifierRange(Event.CLEAR, mm, vpn, vpn + 1)
    mmu_notifier_invalidate_range_start(notified)
    with mm.ptl:
        entry = mm.pte(vpn)
        folio = entry.folio
        if entry.kind == DEVICE_PRIVATE and folio is not None:
            mm.set_pte(vpn, migration(folio, entry.write))
            folio_remove_rmap(folio)
            folio_put(folio)
    mmu_notifier_invalidate_range_end(notified)


def _checked(source: Source) -> Source:
    """migrate_vma_check_page() of a page that may be mapped elsewhere."""
    folio = source.folio
    assert folio is not None
    point(folio.count_op)
    return Source(folio, folio.refcount - 2 <= folio.mapcount, source.write)
