# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The smallest scenario of GPU shared virtual memory: CPU threads that touch one page that is in VRAM."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..mm.access import Signal, cpu_read
from ..mm.fork import fork
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from .gpu_world import GpuWorld, tasks


@scenario("cpu-fault", sizes={"cpu_threads": Size(2, 1, 8), "mappings": Size(1, 1, 2)}, copy="cpu")
def cpu_fault(config: Config, sizes: Mapping[str, int]) -> World:
    """Threads touch one device-private page at the same time: do_swap_page(), drm_pagemap_migrate_to_ram().

    With two mappings a child has the page too, since fork(); every other thread is the child's. What the generations
    of do_swap_page() and a lock of the driver make of it: ``model/protocols/cpu_fault.py``.
    """
    world = GpuWorld(config, 1, touched=False)
    world.fill(world.device("xe0", 1))
    mms = [world.mm]
    if sizes["mappings"] == 2:
        child = fork(world.mm, "child")
        assert child is not None
        mms.append(child)

    def thread(number: int) -> None:
        with sched.pending("fault-completes"):
            got = cpu_read(mms[number % len(mms)], 0)
        if isinstance(got, Signal):
            raise Oops("sigbus", f"{sched.current().name} gets {got.value} for a page that is mapped")

    tasks(sizes["cpu_threads"], "cpu thread", thread)
    return world.kernel.world()
