# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""HMM_DMIRROR_SNAPSHOT: what the CPU has at each page, without faulting anything in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from errno import EINVAL
from typing import TYPE_CHECKING

from ..mm.exit import mmput
from ..mm.hmm import HmmPfn, HmmRange
from ..mm.mmu_notifier import (
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_notifier_insert,
    mmu_interval_notifier_remove,
    mmu_interval_set_seq,
)

if TYPE_CHECKING:
    from .mirror import Dmirror


class Prot(IntFlag):
    """HMM_DMIRROR_PROT_*."""

    NONE = 0x00
    READ = 0x01
    WRITE = 0x02
    ZERO = 0x10
    DEV_PRIVATE_LOCAL = 0x20
    DEV_PRIVATE_REMOTE = 0x30
    ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class _Listener:
    """dmirror_mrn_ops: any invalidation in the interval makes the whole snapshot void."""

    dmirror: Dmirror

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        """dmirror_snapshot_invalidate()."""
        if notified.blockable:
            self.dmirror.mutex.lock()
        elif not self.dmirror.mutex.trylock():
            return False
        mmu_interval_set_seq(sub, seq)
        self.dmirror.mutex.unlock()
        return True


def snapshot(dmirror: Dmirror, start: int, npages: int) -> tuple[int, list[Prot]]:
    """0 or a negative error, and one word for each page. A notifier of its own listens meanwhile."""
    mm = dmirror.mm
    if not mm.mmget_not_zero():
        return -EINVAL, []
    notifier = mmu_interval_notifier_insert(mm, start, start + npages, _Listener(dmirror))
    found = HmmRange(notifier, Seq(0), start, start + npages, dev_private_owner=dmirror.mdevice)
    ret = dmirror.range_fault(found)
    words: list[Prot] = []
    if not ret:
        words = [_word(dmirror, pfn) for pfn in found.hmm_pfns]
        dmirror.mutex.unlock()
    mmu_interval_notifier_remove(notifier)
    mmput(mm)
    return ret, words


def _word(dmirror: Dmirror, pfn: HmmPfn) -> Prot:
    """dmirror_mkentry()."""
    if pfn.error:
        return Prot.ERROR
    if pfn.folio is None:
        return Prot.NONE
    access = Prot.WRITE if pfn.write else Prot.READ
    if pfn.folio.pgmap is dmirror.mdevice.pgmap:
        return Prot.DEV_PRIVATE_LOCAL | access
    if pfn.folio.is_device:
        return Prot.DEV_PRIVATE_REMOTE | access
    return Prot.ZERO | access if pfn.folio is dmirror.mdevice.kernel.zero_page else access
