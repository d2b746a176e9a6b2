# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Moving pages between system RAM and a device by their physical side (mm/migrate_device.c).

A migration has a list of sources and one of destinations, page by page. ``Source`` is an entry of the first; a
destination is a locked folio with one reference, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    raise NotImplementedError


def migrate_device_pages(src: Sources, dst: Destinations) -> None:
    """Make the destinations the pages, where the references are exactly those of the migration; else clear MIGRATE."""
    raise NotImplementedError


def migrate_device_finalize(src: Sources, dst: Destinations) -> None:
    """Replace migration entries by whichever page it is now; unlock and put both."""
    raise NotImplementedError
