# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Page faults (mm/memory.c): handle_mm_fault() and what it does for each kind of entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio
    from .pte import Pte
    from .vma import Vma

VM_FAULT_OOM: Final = 0x01
VM_FAULT_SIGBUS: Final = 0x02
VM_FAULT_SIGSEGV: Final = 0x40
VM_FAULT_ERROR: Final = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV


@dataclass(slots=True)
class Vmf:
    """``struct vm_fault``. ``page``: the device page, for migrate_to_ram()."""

    mm: Mm
    vma: Vma
    address: int
    write: bool
    orig_pte: Pte
    page: Folio | None = None


def handle_mm_fault(vma: Vma, address: int, write: bool) -> int:
    """One fault, mmap_lock held for read. 0: done, or try again; otherwise VM_FAULT_ERROR."""
    raise NotImplementedError
