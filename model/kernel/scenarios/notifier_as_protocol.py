# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Interval notifiers and xe's callback with the set-up and the actors of their protocol, to hold the two together."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..gpu.xe_fault import handle_pagefault
from ..gpu.xe_svm import XeVm
from ..mm.mmap import madvise_dontneed, mmap, munmap
from ..mm.mmu_notifier import (
    Event,
    IntervalNotifier,
    NotifierRange,
    Seq,
    mmu_interval_notifier_insert,
    mmu_interval_set_seq,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from ..mm.oom import oom_reap_task_mm
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Task
from .gpu_world import GpuWorld, tasks, touch

PAGE = 0
BESIDE = 1  # under the same notifier, in no range
ELSEWHERE = 8  # under another subscription
ROUNDS = 2  # of who maps the page again: the protocol's goes on for ever

SIZES = {
    "unmappers": Size(1, 0, 3),
    "invalidators": Size(0, 0, 2),
    "oom_reapers": Size(0, 0, 1),
    "reclaimers": Size(0, 0, 1),
    "populators": Size(1, 0, 1),
    "gpu_workers": Size(1, 0, 2),
    "on_the_range": Size(0, 0, 1),
}


@scenario("notifier-as-protocol", sizes=SIZES, fast=False, copy="cpu", placement="system")
def notifier(config: Config, sizes: Mapping[str, int]) -> World:
    """The world of ``model/protocols/notifier.py``: one page, which is unmapped and mapped again while a GPU faults.

    Others invalidate beside it, or with ``on_the_range`` the page itself, until unmappers and GPU faults have ended.
    """
    world = GpuWorld(config, 1)
    mm = world.mm
    mmu_interval_notifier_insert(mm, ELSEWHERE, ELSEWHERE + 1, _Elsewhere())
    vm = XeVm(world.drm, world.device("xe0", 1), mm, notifier_size=2)
    at = PAGE if sizes["on_the_range"] else BESIDE

    def unmapper(_: int) -> None:
        with sched.pending("unmap-returns"):
            if sched.choose(2, "madvise() or munmap()"):
                munmap(mm, PAGE, 1)
            else:
                madvise_dontneed(mm, PAGE, 1)

    def populator(_: int) -> None:
        for _round in range(ROUNDS):
            mmap(mm, PAGE, 1)
            touch(mm, PAGE, 1)

    def invalidator(_: int) -> None:
        while not all(caller.done for caller in callers):
            with sched.pending("invalidation-returns"):
                _bracket(world, at)

    callers: list[Task] = [
        *tasks(sizes["unmappers"], "unmapper", unmapper),
        *tasks(sizes["gpu_workers"], "gpu worker", lambda _: handle_pagefault(vm, PAGE, True)),
    ]
    tasks(sizes["oom_reapers"], "oom reaper", lambda _: oom_reap_task_mm(mm))
    tasks(sizes["reclaimers"], "reclaimer", lambda _: _bracket(world, ELSEWHERE))
    tasks(sizes["populators"], "populator", populator)
    tasks(sizes["invalidators"], "invalidator", invalidator)
    return world.kernel.world({"vm": vm})


def _bracket(world: GpuWorld, vpn: int) -> None:
    """An invalidation of a page by the reverse map, without the mmap_lock."""
    notified = NotifierRange(Event.CLEAR, world.mm, vpn, vpn + 1)
    mmu_notifier_invalidate_range_start(notified)
    mmu_notifier_invalidate_range_end(notified)


class _Elsewhere:
    """Somebody else's subscription."""

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        mmu_interval_set_seq(sub, seq)
        return True
