# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Moving the pages at a range of addresses: migrate_vma_setup(), _pages(), _finalize() (mm/migrate_device.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .migrate_device import Destinations, Sources
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
    src: Sources = field(default_factory=list)
    dst: Destinations = field(default_factory=list)
    cpages: int = 0

    @property
    def npages(self) -> int:
        return len(self.src)


def migrate_vma_setup(args: MigrateVma) -> int:
    """0 with what could be collected, locked and unmapped in ``src``; -EINVAL for bad arguments. mmap_lock held."""
    raise NotImplementedError


def migrate_vma_pages(args: MigrateVma) -> None:
    """After the copy: switch to the pages in ``dst``; entries of ``src`` that could not be lose ``migrate``."""
    raise NotImplementedError


def migrate_vma_finalize(args: MigrateVma) -> None:
    """Map what is now the page, unlock and put sources and destinations (of the fault page only the reference)."""
    raise NotImplementedError
