# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a thread in user mode does to memory: loads and stores, which fault until they succeed or a signal ends them.

An access is one step: the CPU finds the page in the page table and reaches it. TLBs of CPUs are left out, because every
change of an entry flushes them before the page-table lock is dropped.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .. import sched
from ..sched import READ, WRITE, point
from .fault import VM_FAULT_ERROR, VM_FAULT_OOM, VM_FAULT_SIGBUS, handle_mm_fault
from .pte import PRESENT

if TYPE_CHECKING:
    from .address_space import Mm
    from .page import Folio


class Signal(Enum):
    """How an access ended that could not be made."""

    SIGSEGV = "SIGSEGV"
    SIGBUS = "SIGBUS"
    OOM = "OOM"


def cpu_read(mm: Mm, vpn: int, offset: int = 0, size: int = 1) -> bytes | Signal:
    """A load of ``size`` bytes from one page."""
    folio = _reach(mm, vpn, False)
    if isinstance(folio, Signal):
        return folio
    sched.also(folio.data_key, READ)
    data = bytes(folio.data[offset : offset + size])
    mm.kernel.oracle.loaded(mm, vpn, offset, data)
    return data


def cpu_write(mm: Mm, vpn: int, offset: int, data: bytes) -> Signal | None:
    """A store to one page; None: done."""
    folio = _reach(mm, vpn, True)
    if isinstance(folio, Signal):
        return folio
    sched.also(folio.data_key, WRITE)
    folio.data[offset : offset + len(data)] = data
    mm.kernel.oracle.stored(mm, vpn, offset, data)
    return None


def _reach(mm: Mm, vpn: int, write: bool) -> Folio | Signal:
    """The page, in the step that reads its entry; what the caller does with it is part of this step."""
    op = mm.pte_op(vpn)
    urgent = mm.kernel.config.urgent_refault
    while True:
        with sched.urgent("access", urgent):
            point(op)
        entry = mm.pte(vpn)
        if entry.kind == PRESENT and (entry.write or not write):
            assert entry.folio is not None
            return entry.folio
        signal = _fault(mm, vpn, write, urgent)
        if signal is not None:
            return signal


def _fault(mm: Mm, vpn: int, write: bool, urgent: bool) -> Signal | None:
    """do_user_addr_fault(); None: try again."""
    with sched.urgent("fault", urgent):
        mm.mmap_lock.down_read()
    vma = mm.find_vma(vpn)
    if vma is None or not vma.readable or (write and not vma.writable):
        mm.mmap_lock.up_read()
        return Signal.SIGSEGV
    fault = handle_mm_fault(vma, vpn, write)
    with sched.urgent("return", urgent):
        mm.mmap_lock.up_read()
    if not fault & VM_FAULT_ERROR:
        return None
    if fault & VM_FAULT_OOM:
        return Signal.OOM
    return Signal.SIGBUS if fault & VM_FAULT_SIGBUS else Signal.SIGSEGV
