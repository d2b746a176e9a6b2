# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Moving pages between system RAM and a device by their physical side (mm/migrate_device.c).

A migration has a list of sources and one of destinations, page by page. ``Source`` is an entry of the first; a
destination is a locked folio with one reference, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EAGAIN
from typing import TYPE_CHECKING

from ..sched import Oops, point
from .page import folio_put, folio_try_get, put_page
from .rmap import remove_migration_ptes, try_to_migrate
from .shmem import Shmem

if TYPE_CHECKING:
    from .page import Folio


@dataclass(frozen=True, slots=True)
class Source:
    """A source pfn with its flags. ``folio`` None: nothing is there, but a page may be put there.

    ``migrate`` (MIGRATE_PFN_MIGRATE): still to be moved; cleared by whatever step gives it up. An entry of None
    instead of a Source: not part of the migration.
    """

    folio: Folio | None
    migrate: bool = True
    write: bool = False


Sources = list[Source | None]
Destinations = list["Folio | None"]


def migrate_device_pfns(folios: list[Folio]) -> Sources:
    """migrate_device_pfns(), migrate_device_range(): take what can be taken of these pages by reference and trylock,
    and replace all their mappings by migration entries. No mm, no virtual address."""
    src: Sources = [migrate_device_pfn_lock(folio) for folio in folios]
    migrate_device_unmap(src)
    return src


def migrate_device_pfn_lock(folio: Folio) -> Source | None:
    """None: the page is free, or somebody has it locked."""
    if not folio_try_get(folio):
        return None
    if not folio.lock.trylock():
        put_page(folio)
        return None
    return Source(folio)


def give_up(src: Sources, i: int) -> None:
    """Clears MIGRATE_PFN_MIGRATE."""
    source = src[i]
    if source is not None:
        src[i] = Source(source.folio, False, source.write)


def migrate_device_unmap(src: Sources, fault_page: Folio | None = None, kept_locked: Folio | None = None) -> int:
    """Unmap what is still mapped elsewhere, and put back what somebody else holds a reference to.

    Returns how many are left. The sources are locked, with a reference each; the fault has another one to
    ``fault_page``. The lock of ``kept_locked`` is not the migration's: it is not unlocked.
    """
    unmapped = 0
    restore: list[int] = []
    allow_drain = True
    for i, source in enumerate(src):
        if source is None:
            continue
        folio = source.folio
        if folio is None:
            unmapped += source.migrate
            continue
        if not folio.is_device and not folio.lru and allow_drain:
            folio.kernel.lru_add_drain_all()
            allow_drain = False
        if _unmapped_and_not_pinned(folio, folio is fault_page):
            unmapped += 1
        else:
            give_up(src, i)
            restore.append(i)
    for i in restore:
        _put_back(src, i, kept_locked)
    return unmapped


def _unmapped_and_not_pinned(folio: Folio, faulting: bool) -> bool:
    """folio_mapped() and migrate_vma_check_page(), which counts one reference too many for a device page."""
    if not folio.is_device:
        folio.lru = True  # isolated, put back when the migration is over
    point(folio.count_op)
    if folio.mapcount:
        try_to_migrate(folio)
        point(folio.count_op)
        if folio.mapcount:
            return False
    extra = 1 + faulting + folio.is_device + isinstance(folio.mapping, Shmem)
    return folio.refcount - extra <= folio.mapcount


def _put_back(src: Sources, i: int, kept_locked: Folio | None) -> None:
    source = src[i]
    assert source is not None
    folio = source.folio
    assert folio is not None
    remove_migration_ptes(folio, folio)
    src[i] = None
    if folio is not kept_locked:
        folio.lock.unlock()
    put_page(folio)


def folio_migrate_mapping(new: Folio, folio: Folio, extra: int) -> int:
    """The page's identity goes to ``new``, if nobody holds a reference but the migration (and the fault). -EAGAIN."""
    point(folio.count_op)
    if folio.refcount != 1 + extra + folio.mapcount:
        return -EAGAIN
    new.mapping = folio.mapping
    new.index = folio.index
    return 0


def migrate_device_pages(src: Sources, dst: Destinations) -> None:
    """Make the destinations the pages, where the references are exactly those of the migration; else clear MIGRATE."""
    for i, source in enumerate(src):
        if source is not None:
            switch_page(src, dst, i, None)


def switch_page(src: Sources, dst: Destinations, i: int, fault_page: Folio | None) -> None:
    """One page of migrate_device_pages(), which has a source and perhaps a destination."""
    source, new = src[i], dst[i]
    assert source is not None
    folio = source.folio
    if new is None or folio is None:
        give_up(src, i)
        return
    if not source.migrate:
        return
    anonymous_only = new.is_device and isinstance(folio.mapping, Shmem)
    if anonymous_only or folio_migrate_mapping(new, folio, 1 if folio is fault_page else 0):
        give_up(src, i)


def migrate_device_finalize(src: Sources, dst: Destinations, kept_locked: Folio | None = None) -> None:
    """Replace migration entries by whichever page it is now; unlock and put both, but do not unlock ``kept_locked``."""
    for i, source in enumerate(src):
        new = dst[i]
        folio = source.folio if source is not None else None
        if source is None or folio is None:
            if new is not None:
                _drop(new)
            continue
        if not source.migrate or new is None:
            if new is not None:
                _drop(new)
            new = folio
        remove_migration_ptes(folio, new)
        if folio is not kept_locked:
            folio.lock.unlock()
        put_page(folio)
        if new is not folio:
            _drop(new)


def _drop(new: Folio) -> None:
    """Unlock and put a destination. One that was never mapped is known to nobody else: that is no step."""
    if new.lock.owner is None:
        raise Oops("page-lock", f"{new!r} is the destination of a migration and not locked")
    if new.mapping is None and not new.mapcount:
        new.lock.unlock_now()
        folio_put(new)
    else:
        new.lock.unlock()
        put_page(new)
