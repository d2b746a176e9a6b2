# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Eviction of device memory by its physical pages, while the process faults, remaps, forks and unmaps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .. import sched
from ..mm.fork import fork
from ..mm.mmap import munmap
from ..mm.mremap import mremap
from ..options import Config
from ..scenario import Size, World, scenario
from .gpu_world import GpuWorld, tasks, touch

MOVED = 16  # where mremap() moves the first page to, if that is the whole window


@scenario(
    "eviction",
    sizes={
        "cpu_threads": Size(1, 0, 4),
        "window": Size(1, 1, 2),
        "bos": Size(1, 1, 2),
        "evictors": Size(1, 0, 2),
        "unmappers": Size(0, 0, 1),
        "remappers": Size(0, 0, 1),
        "forks": Size(0, 0, 1),
    },
    copy="cpu",
)
def eviction(config: Config, sizes: Mapping[str, int]) -> World:
    """TTM takes the VRAM of a window back: drm_pagemap_evict_to_ram(), with no address and no mmap_lock.

    Threads read and write the window; others unmap its last page, move the first one to where the last one is, or
    fork and let the child read. With two ``bos`` each page has a buffer object of its own, evicted one by one.
    An eviction returns 0 only if every page has left, and nothing that was written is lost.
    """
    world = GpuWorld(config, sizes["window"])
    device = world.device("xe0", sizes["window"])
    world.move_to(device, at_once=sizes["bos"] == 1)
    bos = device.bos()
    mm = world.mm

    def cpu_thread(number: int) -> None:
        vpn = number % world.window
        touch(mm, vpn)
        touch(mm, vpn, 100 + number)

    def evictor(_: int) -> None:
        for bo in reversed(bos):
            with sched.pending("eviction-returns"):
                device.evict_bo(bo)

    def unmapper(_: int) -> None:
        with sched.pending("munmap-returns"):
            munmap(mm, world.window - 1, 1)

    def remapper(_: int) -> None:
        target = world.window - 1 or MOVED
        with sched.pending("mremap-returns"):
            mremap(mm, 0, 1, target)
        touch(mm, target)

    def forker(_: int) -> None:
        with sched.pending("fork-returns"):
            child = fork(mm, "child")
        if child is not None:
            sched.spawn("child thread", partial(touch, child, 0))

    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    tasks(sizes["evictors"], "evictor", evictor)
    tasks(sizes["unmappers"], "unmapper", unmapper)
    tasks(sizes["remappers"], "remapper", remapper)
    tasks(sizes["forks"], "fork", forker)
    return world.kernel.world()
