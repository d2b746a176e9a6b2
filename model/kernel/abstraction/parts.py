# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What several protocols observe in the same way: the cells of ``model/protocols/svm_state.py``."""

from __future__ import annotations

from ..mm.address_space import Mm
from ..mm.page import Folio
from ..mm.pte import DEVICE_PRIVATE, EMPTY, MIGRATION, Pte
from ..sync.rwsem import RwSem
from .abstraction import Slot

KINDS = {EMPTY: "NONE", DEVICE_PRIVATE: "DEVICE", MIGRATION: "MIGRATION"}


def kind(entry: Pte) -> str:
    """The member of the protocols' ``Pte``."""
    return KINDS.get(entry.kind, "RAM")


def entries(mm: Mm, window: int, device_pages: list[Folio], ram_pages: int) -> dict[str, object]:
    """``ptes`` of the window. Of a device page it is said which one; a system page has a place of its own on each
    side. In a protocol's heap the device pages come after ``ram_pages`` others."""
    seen: dict[str, object] = {}
    for vpn in range(window):
        entry = mm.pte(vpn)
        seen[f"ptes[{vpn}].pte"] = kind(entry)
        if entry.folio is None:
            seen[f"ptes[{vpn}].page"] = None
        elif entry.folio in device_pages:
            seen[f"ptes[{vpn}].page"] = Slot(ram_pages + device_pages.index(entry.folio))
        else:
            seen[f"ptes[{vpn}].page"] = ...
    return seen


def rwsem(name: str, lock: RwSem) -> dict[str, object]:
    return {f"{name}.writer": lock.writer, f"{name}.readers": lock.readers, f"{name}.queued": lock.queued}


def heap(device_pages: list[Folio], ram_pages: int) -> dict[str, object]:
    """The device pages, and who waits for one to be unlocked. Of a free page there are no references to compare."""
    seen: dict[str, object] = {"waiters.waiting": [task for page in device_pages for task in page.lock.waiters]}
    for number, page in enumerate(device_pages, ram_pages):
        seen[f"Page[{number}].allocated"] = page.refcount > 0
        seen[f"Page[{number}].refs.count"] = page.refcount or ...
        seen[f"Page[{number}].lock.owner"] = page.lock.owner
    return seen


def vmas(mm: Mm, window: int) -> dict[str, object]:
    """``vma``, while nobody has the mmap_lock for write and takes them apart."""
    busy = mm.mmap_lock.writer is not None
    return {f"vma[{vpn}]": ... if busy else mm.find_vma(vpn) is not None for vpn in range(window)}
