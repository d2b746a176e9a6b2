# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a page-table entry of a CPU holds: nothing, a page, or one of the special entries that stand for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .page import Folio

EMPTY: Final = 0
PRESENT: Final = 1  # the CPU reads and, if ``write``, writes the page
MIGRATION: Final = 2  # the page is locked by whoever moves it; no reference, no mapcount
DEVICE_PRIVATE: Final = 3  # a page of a device that the CPU cannot reach: do_swap_page() calls migrate_to_ram()
DEVICE_EXCLUSIVE: Final = 4  # a system page lent to a device: any CPU access takes it back
PROTNONE: Final = 5  # present for the kernel, but the CPU may not read it: PROT_NONE

KINDS: Final = ("none", "present", "migration", "device-private", "device-exclusive", "prot-none")


@dataclass(frozen=True, slots=True, eq=False)
class Pte:
    """One entry. ``write``: writable now, or again once a special entry is replaced by the page.

    Entries are values: each folio keeps those that have named it, so that pte_same() is ``is``.
    """

    kind: int
    folio: Folio | None = None
    write: bool = False

    @property
    def present(self) -> bool:
        """pte_present(): the page is mapped where the CPU could reach it, whether or not it may."""
        return self.kind == PRESENT or self.kind == PROTNONE

    @property
    def mapped(self) -> bool:
        """The entry counts in the folio's mapcount and holds a reference (the zero page has neither)."""
        return self.kind != EMPTY and self.kind != MIGRATION

    def __repr__(self) -> str:
        if self.folio is None:
            return KINDS[self.kind]
        return f"{KINDS[self.kind]}({self.folio!r}{', write' if self.write else ''})"


NONE: Final = Pte(EMPTY)


def entry(folio: Folio, kind: int, write: bool) -> Pte:
    """The one entry that says this of ``folio``."""
    number = 2 * kind + write
    found = folio.ptes[number]
    if found is None:
        found = folio.ptes[number] = Pte(kind, folio, write)
    return found


def present(folio: Folio, write: bool, readable: bool = True) -> Pte:
    """mk_pte() with the protection of a VMA."""
    return entry(folio, PRESENT, write) if readable else entry(folio, PROTNONE, False)


def migration(folio: Folio, write: bool) -> Pte:
    return entry(folio, MIGRATION, write)


def device_private(folio: Folio, write: bool) -> Pte:
    return entry(folio, DEVICE_PRIVATE, write)


def device_exclusive(folio: Folio, write: bool) -> Pte:
    return entry(folio, DEVICE_EXCLUSIVE, write)


def like(found: Pte, write: bool) -> Pte:
    """The same entry with that write bit."""
    assert found.folio is not None
    return entry(found.folio, found.kind, write)
