# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Shared anonymous memory (mm/shmem.c): pages that belong to an object, and to whoever maps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..object import Kobject
from ..sched import WRITE, point
from ..sync.rwsem import RwSem
from .page import folio_get, put_page

if TYPE_CHECKING:
    from .page import Folio, PageAllocator
    from .vma import Vma


class Shmem(Kobject):
    """``struct address_space``: the page cache holds a reference to each of ``pages``, by index."""

    def __init__(self) -> None:
        super().__init__()
        self.rwsem = RwSem("i_mmap_rwsem")
        self.pages: dict[int, Folio] = {}
        self.vmas: list[Vma] = []
        self.latest: dict[int, bytes] = {}  # of the oracle: what was stored last

    def get_folio(self, index: int, memory: PageAllocator) -> Folio | None:
        """shmem_get_folio(): the page, locked and with a reference for the caller; None: no memory."""
        point(self.op("pages", WRITE))
        folio = self.pages.get(index)
        if folio is None:
            folio = memory.alloc()
            if folio is None:
                return None
            folio.mapping = self
            folio.index = index
            self.pages[index] = folio
        folio_get(folio)
        folio.lock.lock()
        return folio

    def evict_inode(self) -> None:
        """Nobody maps the object any more: its pages go."""
        for index in sorted(self.pages):
            put_page(self.pages.pop(index))
