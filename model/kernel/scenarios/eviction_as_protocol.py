# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Eviction with the set-up and the actors of its protocol, for holding the two against each other."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..mm.mmap import munmap
from ..mm.mremap import mremap
from ..options import Config
from ..scenario import Size, World, scenario
from .gpu_world import GpuWorld, tasks, touch

EVICTION = {
    "cpu_threads": Size(1, 0, 4),
    "window": Size(1, 1, 2),
    "evictors": Size(1, 0, 2),
    "unmappers": Size(0, 0, 2),
    "remappers": Size(0, 0, 1),
}


@scenario("eviction-as-protocol", sizes=EVICTION, copy="cpu", migrate_window="fault-page-only")
def eviction(config: Config, sizes: Mapping[str, int]) -> World:
    """The world Eviction of ``model/protocols/eviction.py``: a window in VRAM, in one buffer object.

    Each thread stores to one page, the evictors evict the object, others unmap a page or move the first to the last.
    """
    world = GpuWorld(config, sizes["window"])
    device = world.device("xe0", world.window)
    world.move_to(device)
    (bo,) = device.bos()

    def cpu_thread(_: int) -> None:
        touch(world.mm, which(world.window), 1)

    def evictor(_: int) -> None:
        with sched.pending("eviction-returns"):
            device.evict_bo(bo)

    def unmapper(_: int) -> None:
        with sched.pending("munmap-returns"):
            munmap(world.mm, which(world.window), 1)

    def remapper(_: int) -> None:
        with sched.pending("mremap-returns"):
            if world.window == 2:
                mremap(world.mm, 0, 1, 1)

    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    tasks(sizes["evictors"], "evictor", evictor)
    tasks(sizes["unmappers"], "unmapper", unmapper)
    tasks(sizes["remappers"], "remapper", remapper)
    return world.kernel.world({"bo": bo})


def which(window: int) -> int:
    """A page of the window, chosen by the environment."""
    return sched.choose(2, "which page") if window == 2 else 0
