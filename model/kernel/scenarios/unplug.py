# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A device goes away while its memory is in use."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..gpu.xe_fault import access
from ..gpu.xe_svm import XeVm
from ..options import Config
from ..scenario import Size, World, scenario
from .gpu_world import GpuWorld, must_touch, tasks

SIZES = {"cpu_threads": Size(1, 0, 2), "window": Size(1, 1, 2), "gpu_engines": Size(1, 0, 1), "evictors": Size(0, 0, 1)}


@scenario("unplug", sizes=SIZES, fast=False, copy="cpu")
def unplug(config: Config, sizes: Mapping[str, int]) -> World:
    """The device is unplugged while CPUs and its own engine use a window that is in its memory.

    Nobody enters the device any more, the VM is closed, VRAM is evicted, and memunmap_pages() returns because every
    page is free. What the CPUs wrote and read is not lost.
    """
    world = GpuWorld(config, sizes["window"])
    device = world.device("xe0", 2 * sizes["window"])
    vm = XeVm(world.drm, device, world.mm, notifier_size=4, chunk=1)
    world.move_to(device)
    for vpn in range(world.window):
        access(vm, vpn)

    def unplugger(_: int) -> None:
        with sched.pending("unplug-returns"):
            device.unplug()

    def cpu_thread(number: int) -> None:
        must_touch(world.mm, number % world.window, 100 + number)
        must_touch(world.mm, number % world.window)

    def engine(_: int) -> None:
        for vpn in range(world.window):
            access(vm, vpn, 1, b"\x07")

    def evictor(_: int) -> None:
        for bo in device.bos():
            device.evict_bo(bo)

    tasks(1, "unplug", unplugger)
    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    tasks(sizes["gpu_engines"], "gpu engine", engine)
    tasks(sizes["evictors"], "evictor", evictor)
    return world.kernel.world()
