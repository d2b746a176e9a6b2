# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Checks of pages and of the entries that map them. They look at the folios that the step changed.

That is enough: each rule speaks of one folio and the entries that name it, and set_pte() marks the folio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sched import Oops

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..mm.page import Folio


class MmChecks:
    """ "refcount", "use-after-free" and "page-lock" after each step; "leak" at the end."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def check(self) -> None:
        zero_page = self.kernel.zero_page
        for folio in self.kernel.dirty_folios:
            if folio is not zero_page:
                check_folio(folio)

    def finish(self) -> None:
        """When all tasks have ended a page has no reference but those of its entries and of the page cache."""
        kernel = self.kernel
        kept: dict[int, Folio] = {}
        for mm in kernel.mms:
            for vpn, entry in sorted(mm.page_table.items()):
                folio = entry.folio
                if folio is None or folio is kernel.zero_page:
                    continue
                if not entry.mapped:
                    raise Oops("leak", f"{mm.name}:{vpn} is left with {entry!r}")
                check_at_rest(folio)
                kept[id(folio)] = folio
            kept.update((id(f), f) for vma in mm.vmas if vma.file is not None for f in vma.file.pages.values())
        in_ram = sum(not folio.is_device for folio in kept.values())
        if kernel.memory.used != in_ram:
            raise Oops("leak", f"{kernel.memory.used} pages of RAM are in use, but only {in_ram} are mapped or cached")
        for folio in (folio for pagemap in kernel.pagemaps for folio in pagemap.folios):
            if folio.refcount and not folio.mapcount:
                raise Oops("leak", f"{folio!r} is in use, but mapped nowhere")


def check_folio(folio: Folio) -> None:
    """The counts agree with the page tables, and nobody maps or moves what is free or unlocked."""
    if folio.mapcount != folio.mapped_by:
        raise Oops("refcount", f"mapcount of {folio!r} is {folio.mapcount}, but {folio.mapped_by} entries map it")
    if folio.refcount < folio.mapcount:
        raise Oops("refcount", f"{folio!r} has {folio.refcount} references, but {folio.mapcount} entries map it")
    if folio.migrating and folio.refcount == 0:
        raise Oops("use-after-free", f"{folio!r} is free, but a migration entry names it")
    if folio.migrating and not folio.lock.locked():
        raise Oops("page-lock", f"a migration entry names {folio!r}, which is not locked")


def check_at_rest(folio: Folio) -> None:
    """No task is left that could hold a reference or the lock."""
    cached = folio.mapping is not None and folio in getattr(folio.mapping, "pages", {}).values()
    if folio.refcount != folio.mapcount + cached:
        raise Oops("leak", f"{folio!r} is left with {folio.refcount} references, {folio.mapcount} of them by entries")
    if folio.lock.locked():
        raise Oops("leak", f"{folio!r} is left locked by {folio.lock.owner}")
