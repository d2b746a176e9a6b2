# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Moving the pages at a range of addresses: migrate_vma_setup(), _pages(), _finalize() (mm/migrate_device.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from errno import EINVAL
from typing import TYPE_CHECKING

from .. import sched
from ..sched import READ
from .migrate_device import (
    Destinations,
    Source,
    Sources,
    give_up,
    migrate_device_finalize,
    migrate_device_unmap,
    switch_page,
)
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .page import folio_get, folio_put, put_page
from .pte import DEVICE_PRIVATE, EMPTY, Pte, device_private, migration, present
from .rmap import anon_vma_prepare, folio_add_new_anon_rmap, folio_remove_rmap

if TYPE_CHECKING:
    from .page import Folio
    from .vma import Vma


@dataclass(slots=True)
class MigrateVma:
    """``struct migrate_vma``. ``select_*``: which pages are wanted; of device pages those with ``pgmap_owner``.

    ``src`` and ``dst`` have one entry for each page from ``start``; migrate_vma_setup() fills ``src`` (and ``dst``
    with None), ``cpages`` is how many can be moved. ``fault_page``: the caller holds its lock and a reference.
    """

    vma: Vma
    start: int
    end: int
    pgmap_owner: object = None
    select_system: bool = False
    select_device_private: bool = False
    fault_page: Folio | None = None
    src: Sources = field(default_factory=list[Source | None])
    dst: Destinations = field(default_factory=list["Folio | None"])
    cpages: int = 0

    @property
    def npages(self) -> int:
        return len(self.src)


def migrate_vma_setup(args: MigrateVma) -> int:
    """0 with what could be collected, locked and unmapped in ``src``; -EINVAL for bad arguments. mmap_lock held."""
    vma, page = args.vma, args.fault_page
    if vma.io or not vma.start <= args.start < args.end <= vma.end:
        return -EINVAL
    if page is not None and not page.is_device:
        return -EINVAL
    if page is not None and vma.mm.kernel.config.generation in ("g2", "g3") and not page.lock.locked():
        return -EINVAL
    args.src = []
    args.dst = [None] * (args.end - args.start)
    args.cpages = 0
    migrate_vma_collect(args)
    if args.cpages:
        args.cpages = migrate_device_unmap(args.src, args.fault_page, _locked_by_fault(args))
    return 0


def migrate_vma_collect(args: MigrateVma) -> None:
    """Drivers drop what they mirror of the range; then migration entries replace what can be locked."""
    mm = args.vma.mm
    notified = NotifierRange(Event.MIGRATE, mm, args.start, args.end, args.pgmap_owner)
    mmu_notifier_invalidate_range_start(notified)
    mm.ptl.lock()
    for vpn in range(args.start, args.end):
        args.src.append(_collect_pte(args, vpn))
    mm.ptl.unlock()
    mmu_notifier_invalidate_range_end(notified)


def _collect_pte(args: MigrateVma, vpn: int) -> Source | None:
    """One entry of migrate_vma_collect_pmd(), with the PTL held."""
    vma = args.vma
    mm = vma.mm
    entry = mm.locked_pte(vpn, args.start)
    if entry.kind == EMPTY:
        if not vma.anonymous:
            return None
        args.cpages += 1
        return Source(None)
    folio = entry.folio
    assert folio is not None
    if folio is mm.kernel.zero_page:
        if not args.select_system:
            return None
        args.cpages += 1
        return Source(None)
    if not _selected(args, entry, folio) or folio.mapping is None:
        return None
    folio_get(folio)
    if folio is not _locked_by_fault(args) and not _trylock(folio):
        put_page(folio)
        return None
    mm.set_pte(vpn, migration(folio, entry.write))
    folio_remove_rmap(folio)
    folio_put(folio)
    args.cpages += 1
    return Source(folio, True, entry.write)


def _trylock(folio: Folio) -> bool:
    """folio_trylock() with the reference just taken: a step of its own where somebody else has the lock.

    Whoever has it may be counting references, and must find this one. While nobody has it, nobody counts: the
    reference and the lock are one step, for all that others ask is whether the page is free, which the mapping's
    reference decides as long as the PTL is held.
    """
    if folio.lock.owner is None:
        return folio.lock.trylock_now()
    sched.also(folio.lock.key, READ)
    return folio.lock.trylock()


def _selected(args: MigrateVma, entry: Pte, folio: Folio) -> bool:
    if entry.present:
        return args.select_system
    return (
        entry.kind == DEVICE_PRIVATE
        and args.select_device_private
        and folio.pgmap is not None
        and folio.pgmap.owner is args.pgmap_owner
    )


def _locked_by_fault(args: MigrateVma) -> Folio | None:
    """From g2 on the fault page is locked by do_swap_page(): not to be locked again, nor unlocked.

    Earlier it was just a page with one more reference.
    """
    return args.fault_page if args.vma.mm.kernel.config.generation in ("g2", "g3") else None


def migrate_vma_pages(args: MigrateVma) -> None:
    """After the copy: switch to the pages in ``dst``; entries of ``src`` that could not be lose ``migrate``."""
    notified: NotifierRange | None = None
    for i, source in enumerate(args.src):
        new = args.dst[i]
        if source is None:
            continue
        if source.folio is None and new is not None and source.migrate:
            vpn = args.start + i
            if notified is None:
                notified = NotifierRange(Event.MIGRATE, args.vma.mm, vpn, args.end, args.pgmap_owner)
                mmu_notifier_invalidate_range_start(notified)
            if not migrate_vma_insert_page(args, vpn, new):
                give_up(args.src, i)
        else:
            switch_page(args.src, args.dst, i, args.fault_page)
    if notified is not None:
        mmu_notifier_invalidate_range_end(notified)


def migrate_vma_insert_page(args: MigrateVma, vpn: int, new: Folio) -> bool:
    """A page where there was none, or the page of zeros; false: there is something now."""
    vma = args.vma
    mm = vma.mm
    if not vma.anonymous:
        return False
    anon_vma_prepare(vma)
    with mm.ptl:
        entry = mm.pte(vpn)
        if entry.kind != EMPTY and not (entry.present and entry.folio is mm.kernel.zero_page):
            return False
        folio_add_new_anon_rmap(new, vma, vpn)
        folio_get(new)
        if new.is_device:
            mm.set_pte(vpn, device_private(new, vma.writable))
        else:
            mm.set_pte(vpn, present(new, vma.writable, vma.readable))
    return True


def migrate_vma_finalize(args: MigrateVma) -> None:
    """Map what is now the page, unlock and put sources and destinations (of the fault page only the reference)."""
    migrate_device_finalize(args.src, args.dst, _locked_by_fault(args))
