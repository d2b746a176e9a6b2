# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""GPU shared virtual memory in one piece: CPU threads, a GPU, eviction and changes of the address space."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..gpu.xe_fault import access
from ..gpu.xe_svm import XeVm
from ..mm.mmap import madvise_dontneed, munmap
from ..mm.mremap import mremap
from ..options import Config
from ..scenario import Size, World, scenario
from .eviction import MOVED
from .gpu_world import GpuWorld, tasks, touch

SIZES = {
    "cpu_threads": Size(1, 0, 4),
    "window": Size(2, 1, 2),
    "gpu_engines": Size(1, 0, 2),
    "accesses": Size(1, 1, 4),
    "evictors": Size(1, 0, 2),
    "unmappers": Size(0, 0, 1),
    "remappers": Size(0, 0, 1),
    "zappers": Size(0, 0, 1),
    "vram_pages": Size(2, 1, 4),
    "chunk": Size(1, 1, 2),
}


@scenario("gpu-svm", sizes=SIZES, fast=False, copy="cpu")
def gpu_svm(config: Config, sizes: Mapping[str, int]) -> World:
    """CPU threads and engines of a GPU load and store the same window, which moves to VRAM and back under them.

    The GPU's faults go through drm_gpusvm and drm_pagemap as in xe_svm_handle_pagefault(). TTM evicts what is in VRAM;
    others unmap the last page, move the first, or zap everything (MADV_DONTNEED). A GPU access ends, by its data or
    by an error that the address space justifies.
    """
    world = GpuWorld(config, sizes["window"])
    mm = world.mm
    device = world.device("xe0", sizes["vram_pages"])
    vm = XeVm(world.drm, device, mm, notifier_size=4, chunk=sizes["chunk"])

    def cpu_thread(number: int) -> None:
        for i in range(sizes["accesses"]):
            vpn = (number + i) % world.window
            touch(mm, vpn, 100 + number)
            touch(mm, vpn)

    def engine(number: int) -> None:
        for i in range(sizes["accesses"]):
            vpn = (number + i) % world.window
            access(vm, vpn, 1, bytes([200 + number]))
            access(vm, vpn, 0)

    def evictor(_: int) -> None:
        for bo in device.bos():
            with sched.pending("eviction-returns"):
                device.evict_bo(bo)

    def unmapper(_: int) -> None:
        with sched.pending("munmap-returns"):
            munmap(mm, world.window - 1, 1)

    def remapper(_: int) -> None:
        with sched.pending("mremap-returns"):
            mremap(mm, 0, 1, MOVED)
        touch(mm, MOVED)

    def zapper(_: int) -> None:
        with sched.pending("madvise-returns"):
            madvise_dontneed(mm, 0, world.window)

    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    tasks(sizes["gpu_engines"], "gpu engine", engine)
    tasks(sizes["evictors"], "evictor", evictor)
    tasks(sizes["unmappers"], "unmapper", unmapper)
    tasks(sizes["remappers"], "remapper", remapper)
    tasks(sizes["zappers"], "zapper", zapper)
    return world.kernel.world()
