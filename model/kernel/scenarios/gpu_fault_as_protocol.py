# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""GPU faults with the set-up and the actors of their protocol, for holding the two against each other."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..gpu.xe_fault import handle_pagefault
from ..gpu.xe_svm import XeVm
from ..mm.mmap import munmap
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from .eviction_as_protocol import which
from .gpu_world import GpuWorld, tasks, touch

SIZES = {
    "cpu_threads": Size(1, 0, 4),
    "window": Size(1, 1, 2),
    "gpu_workers": Size(1, 0, 2),
    "evictors": Size(0, 0, 2),
    "unmappers": Size(0, 0, 2),
    "for_ever": Size(0, 0, 1),
}


@scenario("gpu-fault-as-protocol", sizes=SIZES, fast=False, copy="cpu", migrate_window="fault-page-only")
def gpu_fault(config: Config, sizes: Mapping[str, int]) -> World:
    """The world GpuSvm of ``model/protocols/gpu_fault.py``: a window in RAM, under one notifier and in one range.

    CPU threads store, workers serve one GPU fault each, evictors take back what is in VRAM once there is something,
    others unmap. There is VRAM for the window twice, so that nothing is evicted to make room. With ``for_ever`` the
    threads do not stop.
    """
    world = GpuWorld(config, sizes["window"])
    xe = world.device("xe0", 2 * world.window)
    vm = XeVm(world.drm, xe, world.mm, notifier_size=4, chunk=world.window)
    with vm.svm_lock:
        found = vm.gpusvm.range_find_or_insert(0, True)
    if isinstance(found, int):
        raise Oops("setup", f"no range is made: {found}")

    def cpu_thread(_: int) -> None:
        touch(world.mm, which(world.window), 1)
        while sizes["for_ever"]:
            touch(world.mm, which(world.window), 1)

    def evictor(_: int) -> None:
        xe.vram.wait_for_bo()
        with sched.pending("eviction-returns"):
            for bo in xe.bos():
                xe.evict_bo(bo)

    def unmapper(_: int) -> None:
        with sched.pending("munmap-returns"):
            munmap(world.mm, which(world.window), 1)

    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    tasks(sizes["gpu_workers"], "gpu worker", lambda _: handle_pagefault(vm, 0, True))
    tasks(sizes["evictors"], "evictor", evictor, daemon=True)
    tasks(sizes["unmappers"], "unmapper", unmapper)
    return world.kernel.world({"vm": vm, "window": world.window})
