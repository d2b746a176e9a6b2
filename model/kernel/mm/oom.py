# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The OOM reaper (mm/oom_kill.c): frees the memory of a process that is to die, without ever waiting for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from .vma_ops import zap_range

if TYPE_CHECKING:
    from .address_space import Mm


def oom_reap_task_mm(mm: Mm) -> bool:
    """False: something could not be had without waiting, and another attempt is worth while.

    Where a driver's callback refuses, the bracket was closed already and the VMA is left alone.
    """
    if not mm.mmap_lock.down_read_trylock():
        return False
    refused = mm.kernel.config.refused
    done = True
    for vma in [vma for vma in mm.vmas if vma.anonymous]:
        notified = NotifierRange(Event.UNMAP, mm, vma.start, vma.end, blockable=False)
        if mmu_notifier_invalidate_range_start(notified):
            done = False
            if refused == "zaps-anyway":
                zap_range(vma, vma.start, vma.end)
            elif refused == "ends-again":
                mmu_notifier_invalidate_range_end(notified)
            continue
        zap_range(vma, vma.start, vma.end)
        mmu_notifier_invalidate_range_end(notified)
    mm.mmap_lock.up_read()
    return done
