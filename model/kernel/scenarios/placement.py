# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who gets the memory: devices and CPUs that all want the same pages near them."""

from __future__ import annotations

from collections.abc import Mapping
from errno import EBUSY, EFAULT, EOPNOTSUPP

from ..gpu.owner import OwnerList
from ..gpu.xe_fault import access
from ..gpu.xe_svm import XeVm
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from .gpu_world import GpuWorld, must_touch, tasks

SIZES = {
    "devices": Size(2, 1, 3),
    "cpu_threads": Size(0, 0, 2),
    "window": Size(1, 1, 2),
    "accesses": Size(1, 1, 3),
    "peers": Size(0, 0, 1),
}


@scenario("placement", sizes=SIZES, fast=False, copy="cpu", placement="vram-only")
def placement(config: Config, sizes: Mapping[str, int]) -> World:
    """Devices with a strict placement (``placement="vram-only"``) take the same pages from each other and from CPUs.

    Only tries and time slices end the ping-pong: each access of a GPU is made, or fails after
    its tries. With ``peers`` the devices have an interconnect: one owner, and each maps the other's memory.
    """
    world = GpuWorld(config, sizes["window"])
    owners = OwnerList(lambda _, __: bool(sizes["peers"]))
    names = [f"xe{i}" for i in range(sizes["devices"])]
    devices = [world.device(name, 2 * sizes["window"], owners.acquire(name)) for name in names]
    vms = [XeVm(world.drm, device, world.mm, notifier_size=4, chunk=sizes["window"]) for device in devices]

    def engine(number: int) -> None:
        for i in range(sizes["accesses"]):
            got = access(vms[number], i % world.window, 2, bytes([40 + number]))
            if isinstance(got, int) and -got not in (EBUSY, EFAULT, EOPNOTSUPP):
                raise Oops("gpu-fault", f"an access of gpu {number} to mapped memory fails with {got}")

    def cpu_thread(number: int) -> None:
        for i in range(sizes["accesses"]):
            must_touch(world.mm, i % world.window, 100 + number)

    tasks(sizes["devices"], "gpu", engine)
    tasks(sizes["cpu_threads"], "cpu thread", cpu_thread)
    return world.kernel.world()
