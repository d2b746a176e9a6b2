# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Waiting for a page that is being moved, without a reference to it (mm/filemap.c, mm/migrate.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .page import folio_get, put_page
from .pte import MIGRATION

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio


def softleaf_entry_wait_on_locked(mm: Mm, folio: Folio) -> None:
    """Queue on the folio while the page-table lock keeps it from going away, drop that lock, sleep until an unlock."""
    queued = folio.lock.enqueue()
    mm.ptl.unlock()
    if queued:
        folio.lock.sleep()


def migration_entry_wait(mm: Mm, vpn: int) -> None:
    """Until the migration of what was there is over; returns at once if it is."""
    mm.ptl.lock()
    entry = mm.pte(vpn)
    if entry.kind != MIGRATION or entry.folio is None:
        mm.ptl.unlock()
    elif mm.kernel.config.entry_wait == "reference":  # before ffa65753c431
        folio_get(entry.folio)
        softleaf_entry_wait_on_locked(mm, entry.folio)
        put_page(entry.folio)
    else:
        softleaf_entry_wait_on_locked(mm, entry.folio)
