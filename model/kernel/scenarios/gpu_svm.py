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
    "accesses": Size(2, 1, 4),
    "bound": Size(1, 0, 1),
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

    The GPU's faults go through drm_gpusvm and drm_pagemap as in xe_svm_handle_pagefault(); with ``bound`` it has
    touched the window before. TTM evicts what is in VRAM; others unmap the last page, move the first, or zap
    everything (MADV_DONTNEED). A GPU access ends, by its data or by an error that the address space justifies.
    """
    world = _Svm(config, sizes)
    tasks(sizes["cpu_threads"], "cpu thread", world.cpu_thread)
    tasks(sizes["gpu_engines"], "gpu engine", world.engine)
    tasks(sizes["evictors"], "evictor", world.evictor, daemon=True)
    tasks(sizes["unmappers"], "unmapper", world.unmapper)
    tasks(sizes["remappers"], "remapper", world.remapper)
    tasks(sizes["zappers"], "zapper", world.zapper)
    return world.kernel.world()


class _Svm(GpuWorld):
    """The actors."""

    def __init__(self, config: Config, sizes: Mapping[str, int]) -> None:
        super().__init__(config, sizes["window"])
        self.accesses = sizes["accesses"]
        self.xe = self.device("xe0", sizes["vram_pages"])
        self.vm = XeVm(self.drm, self.xe, self.mm, notifier_size=4, chunk=sizes["chunk"])
        if sizes["bound"]:
            for vpn in range(self.window):
                access(self.vm, vpn)

    def cpu_thread(self, number: int) -> None:
        for i in range(self.accesses):
            vpn = (number + i) % self.window
            touch(self.mm, vpn, 100 + number)
            touch(self.mm, vpn)

    def engine(self, number: int) -> None:
        for i in range(self.accesses):
            vpn = (number + i) % self.window
            access(self.vm, vpn, 1, bytes([200 + number]))
            access(self.vm, vpn, 0)

    def evictor(self, _: int) -> None:
        for _ in range(self.accesses):
            self.xe.vram.wait_for_bo()
            for bo in self.xe.bos():
                with sched.pending("eviction-returns"):
                    self.xe.evict_bo(bo)

    def unmapper(self, _: int) -> None:
        with sched.pending("munmap-returns"):
            munmap(self.mm, self.window - 1, 1)

    def remapper(self, _: int) -> None:
        with sched.pending("mremap-returns"):
            mremap(self.mm, 0, 1, MOVED)
        touch(self.mm, MOVED)

    def zapper(self, _: int) -> None:
        with sched.pending("madvise-returns"):
            madvise_dontneed(self.mm, 0, self.window)
