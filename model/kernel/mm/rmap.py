# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reverse map (mm/rmap.c): from a folio to the entries that may map it, by the VMAs that share its anon_vma.

No address is kept with a page: its index, and where the VMAs are now, tell where to look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, point
from ..sync.rwsem import RwSem
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .page import folio_get, folio_put
from .pte import MIGRATION, device_private, migration, present

if TYPE_CHECKING:
    from .page import Folio
    from .vma import Vma


class AnonVma(Kobject):
    """``struct anon_vma`` with its family: the VMAs that came from one by fork, split or mremap, oldest first."""

    _uncounted: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.rwsem = RwSem("anon_vma")
        self.vmas: list[Vma] = []


def anon_vma_prepare(vma: Vma) -> AnonVma:
    """Before the first anonymous page of a VMA, mmap_lock held for read: whoever comes first makes it."""
    sched.also(vma.op("anon_vma", READ).key, READ)
    if vma.anon_vma is None:
        point(vma.op("anon_vma", WRITE))
        if vma.anon_vma is None:
            vma.anon_vma = AnonVma()
            vma.anon_vma.vmas.append(vma)
    return vma.anon_vma


def folio_add_new_anon_rmap(folio: Folio, vma: Vma, vpn: int) -> None:
    """A page nobody else knows gets its first mapping; the caller's reference becomes the entry's."""
    folio.mapping = vma.anon_vma
    folio.index = vma.linear_index(vpn)
    folio.mapcount = 1
    folio.touched()


def folio_add_rmap(folio: Folio) -> None:
    """One entry more maps the folio, with a reference."""
    folio_get(folio)
    folio.mapcount += 1


def folio_remove_rmap(folio: Folio) -> None:
    """One entry less; its reference stays with the caller."""
    folio.mapcount -= 1
    sched.also(folio.ref_key, WRITE)
    folio.touched()


def rmap_walk(folio: Folio, visit: Callable[[Vma, int], None], done: Callable[[Folio], bool] | None = None) -> None:
    """Calls ``visit`` for each place where the folio may be mapped, with the lock of its anon_vma held for read; the
    rest is left out once ``done``."""
    mapping = folio.mapping
    if mapping is None:
        return
    mapping.rwsem.down_read()
    for vma in list(mapping.vmas):
        vpn = vma.address(folio.index)
        if vpn is not None:
            visit(vma, vpn)
            if done is not None and done(folio):
                break
    mapping.rwsem.up_read()


def folio_not_mapped(folio: Folio) -> bool:
    """In the step that visited the last place: places behind it get no notifier bracket."""
    sched.also(folio.ref_key, READ)
    return folio.mapcount == 0


def try_to_migrate(folio: Folio) -> None:
    """Replaces every entry that maps the folio, which is locked, by a migration entry.

    Each place that is visited gets a notifier bracket, before it is known whether the folio is mapped there.
    """

    def try_to_migrate_one(vma: Vma, vpn: int) -> None:
        mm = vma.mm
        notified = NotifierRange(Event.CLEAR, mm, vpn, vpn + 1)
        mmu_notifier_invalidate_range_start(notified)
        with mm.ptl:
            entry = mm.pte(vpn)
            if entry.folio is folio and entry.mapped:
                mm.set_pte(vpn, migration(folio, entry.write))
                folio_remove_rmap(folio)
                folio_put(folio)
        mmu_notifier_invalidate_range_end(notified)

    rmap_walk(folio, try_to_migrate_one, folio_not_mapped)


def remove_migration_ptes(src: Folio, dst: Folio) -> None:
    """Replaces every migration entry of ``src`` by a mapping of ``dst``, which is ``src`` if the migration failed."""

    def remove_migration_pte(vma: Vma, vpn: int) -> None:
        mm = vma.mm
        with mm.ptl:
            entry = mm.pte(vpn)
            if entry.kind == MIGRATION and entry.folio is src:
                folio_add_rmap(dst)
                if dst.is_device:
                    mm.set_pte(vpn, device_private(dst, entry.write))
                else:
                    mm.set_pte(vpn, present(dst, entry.write, vma.prot_readable()))

    rmap_walk(dst, remove_migration_pte)
