# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""do_swap_page() (mm/memory.c) for pages of a device, in its four generations, and for pages lent to a device.

g0  before 6.1    the driver is called with nothing held: the page may be freed and used again meanwhile
g1  6.1 to 6.14   every faulting thread takes a reference under the page-table lock (PTL)
g2  6.15          only the thread whose trylock succeeds takes one; the others fault again at once
g3  7.0, 6.18.19  as g2, but the others sleep on the folio lock, queued under the PTL, without a reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import sched
from .migration_wait import softleaf_entry_wait_on_locked
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .page import folio_get, folio_try_get, put_page
from .pte import present

if TYPE_CHECKING:
    from .fault import Vmf


def pte_same(vmf: Vmf) -> bool:
    """The entry is still what it was when it was read without the lock, which is held now."""
    return vmf.mm.pte(vmf.address) is vmf.orig_pte or vmf.mm.kernel.config.pte_same == "skipped"


def do_device_private(vmf: Vmf) -> int:
    """The CPU cannot reach the page: its driver brings it back, or not; then the access faults again."""
    page = vmf.page
    assert page is not None
    assert page.pgmap is not None
    generation = vmf.mm.kernel.config.generation
    if generation == "g0":
        return page.pgmap.ops.migrate_to_ram(vmf)
    with sched.urgent("look", vmf.mm.kernel.config.urgent_refault):
        mine = _take(vmf, generation)
    if not mine:
        return 0
    ret = page.pgmap.ops.migrate_to_ram(vmf)
    with sched.urgent("drop", vmf.mm.kernel.config.urgent_refault):
        if vmf.mm.kernel.config.release == "put-then-unlock":
            put_page(page)
        if generation != "g1":
            page.lock.unlock()
        if vmf.mm.kernel.config.release == "unlock-then-put":
            put_page(page)
    return ret


def _take(vmf: Vmf, generation: str) -> bool:
    """Under the PTL, which keeps the page from being freed: the reference of this fault, after the lock from g2 on.

    One step down to the reference: the PTL is held throughout, and a reference taken with the page locked is seen by
    nobody who does not need the lock.
    """
    mm, page = vmf.mm, vmf.page
    assert page is not None
    mm.ptl.lock()
    if not pte_same(vmf):
        mm.ptl.unlock()
        return False
    if generation != "g1" and not page.lock.trylock_now():
        if generation == "g3":
            softleaf_entry_wait_on_locked(mm, page)
        else:
            mm.ptl.unlock()
        return False
    folio_get(page)
    mm.ptl.unlock()
    return True


def do_device_exclusive(vmf: Vmf) -> int:
    """remove_device_exclusive_entry(): the CPU takes the page back, after the device has dropped its mapping."""
    mm, vma, address, folio = vmf.mm, vmf.vma, vmf.address, vmf.page
    assert folio is not None
    referenced = mm.kernel.config.reference == "taken"  # from 7c7b962938dd on
    if referenced and not folio_try_get(folio):  # it is free: so the entry is gone
        return 0
    folio.lock.lock()
    notified = NotifierRange(Event.EXCLUSIVE, mm, address, address + 1)
    mmu_notifier_invalidate_range_start(notified)
    with mm.ptl:
        if pte_same(vmf):
            mm.set_pte(address, present(folio, vma.writable, vma.readable))
    folio.lock.unlock()
    if referenced:
        put_page(folio)
    mmu_notifier_invalidate_range_end(notified)
    return 0
