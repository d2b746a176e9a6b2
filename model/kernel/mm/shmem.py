# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Shared anonymous memory (mm/shmem.c): pages that belong to an object, and to whoever maps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..object import Kobject
from ..sync.rwsem import RwSem

if TYPE_CHECKING:
    from .page import Folio
    from .vma import Vma


class Shmem(Kobject):
    """``struct address_space``: the page cache holds a reference to each of ``pages``, by index."""

    def __init__(self) -> None:
        super().__init__()
        self.rwsem = RwSem("i_mmap_rwsem")
        self.pages: dict[int, Folio] = {}
        self.vmas: list[Vma] = []
