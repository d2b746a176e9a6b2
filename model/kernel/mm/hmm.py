# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() (mm/hmm.c): what is mapped in a range, faulted in where asked, valid until the notifier moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .mmu_notifier import IntervalNotifier, Seq
    from .page import Folio

REQ_FAULT: Final = 1  # HMM_PFN_REQ_FAULT: the page has to be there
REQ_WRITE: Final = 2  # HMM_PFN_REQ_WRITE: and be writable


@dataclass(frozen=True, slots=True)
class HmmPfn:
    """What was found. ``folio`` None: not valid. ``error``: HMM_PFN_ERROR, in a snapshot: the address is bad."""

    folio: Folio | None = None
    write: bool = False
    error: bool = False


@dataclass(slots=True)
class HmmRange:
    """``struct hmm_range``. ``requests``: one entry of REQ_* flags for each page, for those in ``pfn_flags_mask``;
    ``default_flags`` are added for all. ``hmm_pfns`` is the answer."""

    notifier: IntervalNotifier
    notifier_seq: Seq
    start: int
    end: int
    default_flags: int = 0
    pfn_flags_mask: int = 0
    dev_private_owner: object = None
    requests: list[int] = field(default_factory=list[int])
    hmm_pfns: list[HmmPfn] = field(default_factory=list[HmmPfn])


def hmm_range_fault(found: HmmRange) -> int:
    """0; -EBUSY: the notifier moved, begin again; -EFAULT, -EPERM: it cannot be had. mmap_lock held for read."""
    raise NotImplementedError
