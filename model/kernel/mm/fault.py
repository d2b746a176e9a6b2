# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Page faults (mm/memory.c): handle_mm_fault() and what it does for each kind of entry.

Departures: no per-VMA locks, no swap, no huge pages; no fault drops the mmap_lock to wait (FAULT_FLAG_ALLOW_RETRY).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .. import sched
from ..sched import READ, point
from .migration_wait import migration_entry_wait
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .page import folio_get, folio_put, put_page
from .pte import DEVICE_PRIVATE, EMPTY, MIGRATION, NONE, Pte, present
from .rmap import anon_vma_prepare, folio_add_new_anon_rmap, folio_remove_rmap
from .swap_page import do_device_exclusive, do_device_private, pte_same

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio
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
    """One fault, mmap_lock held for read. 0: done, or try again; otherwise VM_FAULT_ERROR.

    The entry is read without its lock first, in the step of the caller: right after taking the mmap_lock, or at a
    point of ``mm.pte_op(address)``.
    """
    mm = vma.mm
    sched.also(mm.pte_op(address).key, READ)
    entry = mm.pte(address)
    vmf = Vmf(mm, vma, address, write, entry)
    if entry.kind == EMPTY:
        return do_anonymous_page(vmf) if vma.file is None else do_shared_fault(vmf)
    if not entry.present:
        return do_swap_page(vmf)
    mm.ptl.lock()
    if mm.pte(address) is entry and write and not entry.write:
        return do_wp_page(vmf)
    mm.ptl.unlock()
    return 0


def do_anonymous_page(vmf: Vmf) -> int:
    """A page of zeros: the one that all share for a read, a new one for a write."""
    mm, vma, address = vmf.mm, vmf.vma, vmf.address
    if not vmf.write:
        with mm.ptl:
            if mm.pte(address) is NONE:
                mm.set_pte(address, present(mm.kernel.zero_page, False, vma.readable))
        return 0
    anon_vma_prepare(vma)
    folio = mm.kernel.memory.alloc()
    if folio is None:
        return VM_FAULT_OOM
    with mm.ptl:
        if mm.pte(address) is NONE:
            folio_add_new_anon_rmap(folio, vma, address)
            mm.set_pte(address, present(folio, vma.writable, vma.readable))
        else:
            folio_put(folio)
    return 0


def do_shared_fault(vmf: Vmf) -> int:
    """A page of shared memory: found or made in the page cache, mapped while it is locked."""
    mm, vma, address = vmf.mm, vmf.vma, vmf.address
    assert vma.file is not None
    folio = vma.file.get_folio(vma.linear_index(address), mm.kernel.memory)
    if folio is None:
        return VM_FAULT_OOM
    with mm.ptl:
        mapped = mm.pte(address) is NONE
        if mapped:
            folio.mapcount += 1
            folio.touched()
            mm.set_pte(address, present(folio, vma.writable, vma.readable))
    folio.lock.unlock()
    if not mapped:
        put_page(folio)
    return 0


def do_swap_page(vmf: Vmf) -> int:
    """What stands for a page that is not mapped: being moved, on a device, lent to a device."""
    kind = vmf.orig_pte.kind
    if kind == MIGRATION:
        migration_entry_wait(vmf.mm, vmf.address)
        return 0
    vmf.page = vmf.orig_pte.folio
    return do_device_private(vmf) if kind == DEVICE_PRIVATE else do_device_exclusive(vmf)


def do_wp_page(vmf: Vmf) -> int:
    """A write to a page mapped read-only: that page if nobody else has it, otherwise a copy. Drops the PTL."""
    mm, vma, address = vmf.mm, vmf.vma, vmf.address
    folio = vmf.orig_pte.folio
    assert folio is not None
    if vma.file is not None:
        mm.set_pte(address, present(folio, vma.writable))
        mm.ptl.unlock()
        return 0
    if folio is mm.kernel.zero_page:
        mm.ptl.unlock()
        return wp_page_copy(vmf, None)
    if _wp_can_reuse_anon_folio(folio):
        mm.set_pte(address, present(folio, vma.writable))
        mm.ptl.unlock()
        return 0
    folio_get(folio)
    mm.ptl.unlock()
    return wp_page_copy(vmf, folio)


def _wp_can_reuse_anon_folio(folio: Folio) -> bool:
    """Nobody else has a reference, and the lock keeps it so while that is found out."""
    if folio.ref_count() != 1 or not folio.lock.trylock_now():
        return False
    folio.lock.unlock_now()
    return True


def wp_page_copy(vmf: Vmf, old: Folio | None) -> int:
    """The caller's reference keeps ``old``; None: the page of zeros."""
    mm, vma, address = vmf.mm, vmf.vma, vmf.address
    anon_vma_prepare(vma)
    new = mm.kernel.memory.alloc()
    if new is None:
        if old is not None:
            put_page(old)
        return VM_FAULT_OOM
    if old is not None:
        point(old.load_op)
        new.data[:] = old.data
    notified = NotifierRange(Event.CLEAR, mm, address, address + 1)
    mmu_notifier_invalidate_range_start(notified)
    with mm.ptl:
        copied = pte_same(vmf)
        if copied:
            folio_add_new_anon_rmap(new, vma, address)
            mm.set_pte(address, present(new, vma.writable))
            if old is not None:
                folio_remove_rmap(old)
        else:
            folio_put(new)
    mmu_notifier_invalidate_range_end(notified)
    if old is not None:
        if copied:
            put_page(old)  # the entry's
        put_page(old)
    return 0
