# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The end of an address space: mmput(), __mmput() (kernel/fork.c), exit_mmap() (mm/mmap.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sync.work import WorkItem
from .mmap import clear_vmas
from .mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)

if TYPE_CHECKING:
    from .address_space import Mm


def mmput(mm: Mm) -> None:
    """The last user tears the address space down."""
    if mm.mm_users.put():
        exit_mmap(mm)


def mmput_async(mm: Mm) -> None:
    """mmput() for callers that hold locks which exit_mmap() must not wait under."""
    if mm.mm_users.put():
        WorkItem(mm.kernel.system_wq(), f"mmput of {mm.name}", lambda: exit_mmap(mm)).queue()


def exit_mmap(mm: Mm) -> None:
    """mmu_notifier_release(), then everything is unmapped."""
    end = max((vma.end for vma in mm.vmas), default=0)
    release = NotifierRange(Event.RELEASE, mm, 0, end)
    mmu_notifier_invalidate_range_start(release)
    mmu_notifier_invalidate_range_end(release)
    mm.mmap_lock.down_write()
    gone, mm.vmas = mm.vmas, []
    clear_vmas(mm, gone, 0, end)
    mm.mmap_lock.up_write()
