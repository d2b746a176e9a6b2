# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reverse map (mm/rmap.c): from a folio to the entries that may map it, by the VMAs that share its anon_vma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..object import Kobject
from ..sync.rwsem import RwSem

if TYPE_CHECKING:
    from .vma import Vma


class AnonVma(Kobject):
    """``struct anon_vma`` with its family: the VMAs that came from one by fork, split or mremap, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.rwsem = RwSem("anon_vma")
        self.vmas: list[Vma] = []
