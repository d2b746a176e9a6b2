# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() (mm/hmm.c): what is mapped in a range, faulted in where asked, valid until the notifier moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EBUSY, EFAULT, EPERM
from typing import TYPE_CHECKING, Final

from ..sched import point
from .fault import VM_FAULT_ERROR, handle_mm_fault
from .migration_wait import migration_entry_wait
from .mmu_notifier import mmu_interval_check_retry
from .pte import DEVICE_PRIVATE, EMPTY, MIGRATION, PRESENT

if TYPE_CHECKING:
    from .mmu_notifier import IntervalNotifier, Seq
    from .page import Folio
    from .pte import Pte
    from .vma import Vma

REQ_FAULT: Final = 1  # HMM_PFN_REQ_FAULT: the page has to be there
REQ_WRITE: Final = 2  # HMM_PFN_REQ_WRITE: and be writable


@dataclass(frozen=True, slots=True)
class HmmPfn:
    """What was found. ``folio`` None: not valid. ``error``: HMM_PFN_ERROR, in a snapshot: the address is bad."""

    folio: Folio | None = None
    write: bool = False
    error: bool = False


NOTHING: Final = HmmPfn()
ERROR: Final = HmmPfn(error=True)


Faulting = Callable[[int, "Pte", bool], None]
"""A page that is not there is faulted in: which, what its entry is, and whether a page before it was the reason."""


@dataclass(slots=True)
class HmmRange:
    """``struct hmm_range``. ``requests``: one entry of REQ_* flags for each page, for those in ``pfn_flags_mask``;
    ``default_flags`` are added for all. ``hmm_pfns`` is the answer. ``faulting`` hears what Linux does not tell."""

    notifier: IntervalNotifier
    notifier_seq: Seq
    start: int
    end: int
    default_flags: int = 0
    pfn_flags_mask: int = 0
    dev_private_owner: object = None
    requests: list[int] = field(default_factory=list[int])
    hmm_pfns: list[HmmPfn] = field(default_factory=list[HmmPfn])
    faulting: Faulting | None = None


def hmm_range_fault(found: HmmRange) -> int:
    """0; -EBUSY: the notifier moved, begin again; -EFAULT, -EPERM: it cannot be had. mmap_lock held for read.

    After a fault, or a wait for a migration, the walk goes on where it was: without a time-out, and without giving
    the CPU to anybody.
    """
    found.hmm_pfns = [NOTHING] * (found.end - found.start)
    last = found.start
    while True:
        if mmu_interval_check_retry(found.notifier, found.notifier_seq):
            return -EBUSY
        ret, last = _walk(found, last)
        if ret != -EBUSY:
            return ret


def _walk(found: HmmRange, start: int) -> tuple[int, int]:
    """walk_page_range() from ``start``: the result, and where the next walk begins after -EBUSY."""
    mm = found.notifier.mm
    for vpn in range(start, found.end):
        vma = mm.find_vma(vpn)
        ret = _bad_vma(found, vma, vpn) if vma is None or vma.io or not vma.readable else _page(found, vma, vpn)
        if ret:
            return ret, vpn
    return 0, found.end


def _bad_vma(found: HmmRange, vma: Vma | None, vpn: int) -> int:
    """hmm_vma_walk_test(), hmm_vma_walk_hole(): nothing that could be had is there; an error only if it was asked for.

    In a VMA one page that was asked for makes the whole VMA an error.
    """
    end = vpn + 1 if vma is None else min(found.end, vma.end)
    if any(_request(found, page) & REQ_FAULT for page in range(vpn, end)):
        return -EFAULT
    found.hmm_pfns[vpn - found.start] = ERROR
    return 0


def _request(found: HmmRange, vpn: int) -> int:
    asked = found.requests[vpn - found.start] if found.requests else 0
    return (asked & found.pfn_flags_mask) | found.default_flags


def _need_fault(request: int, valid: bool, write: bool) -> int:
    """hmm_pte_need_fault(): the REQ_* flags that the entry does not meet."""
    if not request & REQ_FAULT:
        return 0
    if request & REQ_WRITE and not write:
        return REQ_FAULT | REQ_WRITE
    return 0 if valid else REQ_FAULT


def _page(found: HmmRange, vma: Vma, vpn: int) -> int:
    """hmm_vma_handle_pte(). The entry is read without its lock."""
    mm = vma.mm
    entry = mm.read_pte(vpn)
    request = _request(found, vpn)
    if entry.kind == PRESENT or reported(found, entry):
        faulted_in = entry.kind == PRESENT or mm.kernel.config.own_device_pages == "faulted-for-write"
        need = _need_fault(request, True, entry.write) if faulted_in else 0
        if not need:
            found.hmm_pfns[vpn - found.start] = HmmPfn(entry.folio, entry.write)
            return 0
        return _fault(found, vma, vpn, need)
    need = _need_fault(request, False, False)
    if not need:
        return 0
    if entry.kind == MIGRATION:
        migration_entry_wait(mm, vpn)
        return -EBUSY
    return _fault(found, vma, vpn, need)


def reported(found: HmmRange, entry: Pte) -> bool:
    """Pages of the caller's own device are given to it where they are, and never faulted in."""
    if entry.kind != DEVICE_PRIVATE:
        return False
    assert entry.folio is not None
    assert entry.folio.pgmap is not None
    return entry.folio.pgmap.owner is found.dev_private_owner or entry.folio.kernel.config.owner_match == "any"


def _fault(found: HmmRange, vma: Vma, vpn: int, need: int) -> int:
    """hmm_vma_fault(): fault in this page and, asked for or not, all after it in the VMA and range. -EBUSY: walk on."""
    if need & REQ_WRITE and not vma.writable:
        return -EPERM
    mm = vma.mm
    end = vpn + 1 if mm.kernel.config.fault_reach == "page-alone" else min(found.end, vma.end)
    for page in range(vpn, end):
        point(mm.pte_op(page))
        entry = mm.pte(page)
        if found.faulting is not None and entry.kind in (EMPTY, DEVICE_PRIVATE):
            found.faulting(page, entry, page > vpn)
        if handle_mm_fault(vma, page, bool(need & REQ_WRITE)) & VM_FAULT_ERROR:
            return -EFAULT
    return -EBUSY
