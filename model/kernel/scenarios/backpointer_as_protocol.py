# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Back pointers with the set-up and the actors of their protocol, for holding the two against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .. import sched
from ..gpu.page_table import GpuPageTable
from ..gpu.small_vm import SmallVm
from ..gpu.virtual_data import SvmRange, VirtualPagemap
from ..gpu.xe_fault import handle_pagefault
from ..gpu.xe_svm import XeVm
from ..mm.address_space import Mm
from ..mm.exit import mmput
from ..mm.fork import fork
from ..mm.mmap import munmap
from ..mm.mremap import mremap
from ..options import Config
from ..scenario import Size, World, scenario
from ..sync.waitqueue import Completion
from .gpu_world import GpuWorld, tasks, touch

TARGET = 2  # the address that mremap() moves the first one to
GPU_FAULTS = 2  # by each GPU: the protocol's go on for ever

SIZES = {
    "pages_moved": Size(1, 1, 2),
    "cpu_threads": Size(1, 0, 2),
    "remappers": Size(0, 0, 1),
    "unmappers": Size(0, 0, 1),
    "forks": Size(0, 0, 1),
    "exits": Size(0, 0, 1),
    "parent_gpus": Size(1, 0, 1),
    "child_gpus": Size(0, 0, 1),
}


@scenario("backpointer-as-protocol", sizes=SIZES, fast=False, copy="cpu", placement="system")
def backpointer(config: Config, sizes: Mapping[str, int]) -> World:
    """The world of ``model/protocols/backpointer.py``: memory in RAM, which somebody moves to the device.

    Threads read, GPUs fault, others unmap a page, move the first one to another address, or fork; with ``exits`` the
    parent ends when its calls have returned, and the child lives on.
    """
    world = _Process(config, sizes)
    tasks(sizes["cpu_threads"], "parent thread", lambda _: touch(world.mm, world.which()))
    tasks(1, "migration", lambda _: world.call("migration-returns", world.migrate))
    tasks(sizes["parent_gpus"], "parent gpu", lambda _: world.gpu(world.vm))
    tasks(sizes["unmappers"], "unmapper", lambda _: world.call("munmap-returns", world.unmap))
    tasks(sizes["remappers"], "remapper", lambda _: world.call("mremap-returns", world.remap))
    tasks(sizes["forks"], "fork", lambda _: world.fork())
    tasks(sizes["exits"], "exit", lambda _: world.exit())
    return world.kernel.world({"parent": world.vm.page_table, "children": world.children})


class _Process(GpuWorld):
    """The actors. ``children``: GPU page tables that a child has opened. ``calls``: what the parent is in."""

    def __init__(self, config: Config, sizes: Mapping[str, int]) -> None:
        super().__init__(config, sizes["pages_moved"])
        self.child_gpus = sizes["child_gpus"]
        self.children: list[GpuPageTable] = []
        self.calls = [Completion("a call of the parent") for _ in range(1 + sum(sizes[n] for n in _CALLS))]
        self.left = list(self.calls)
        if config.driver == "drm-pagemap":
            self.xe = self.device("xe0", self.window)
            self.vm: XeVm | SmallVm = XeVm(self.drm, self.xe, self.mm, notifier_size=4, read_only=True)
        else:
            self.virtual = VirtualPagemap(self.drm, "gpu0", self.window, self.mm)
            self.vm = self.virtual.vm
            there = [*range(self.window), *([TARGET] if config.target_range == "in-system-memory" else [])]
            if config.driver == "amdkfd":
                self.virtual.ranges.update({vpn: SvmRange(vpn) for vpn in there})

    def which(self) -> int:
        """An address, chosen by the environment."""
        addresses = sorted({0, self.window - 1, TARGET})
        return addresses[sched.choose(len(addresses), "which page")]

    def call(self, goal: str, body: Callable[[], object]) -> None:
        """A system call of the parent, or a worker's use of its mm, which its exit waits for."""
        with sched.pending(goal):
            body()
        self.left.pop().complete_all()

    def migrate(self) -> None:
        if self.drm.config.driver == "drm-pagemap":
            self.xe.populate_mm(self.mm, 0, self.window)
            return
        for vpn in range(self.window):
            self.virtual.migrate_to_devmem(self.mm, vpn)

    def unmap(self) -> None:
        munmap(self.mm, sched.choose(2, "which page") if self.window == 2 else 0, 1)

    def remap(self) -> None:
        mremap(self.mm, 0, 1, TARGET)

    def gpu(self, vm: XeVm | SmallVm) -> None:
        for _ in range(GPU_FAULTS):
            vpn = self.which()
            if isinstance(vm, XeVm):
                handle_pagefault(vm, vpn, False)
            else:
                vm.fault(vpn)

    def fork(self) -> None:
        children: list[Mm | None] = []
        self.call("fork-returns", lambda: children.append(fork(self.mm, "child")))
        child = children[0]
        if child is None:
            return
        sched.spawn("child thread", lambda: touch(child, self.which()))
        if self.child_gpus:
            sched.spawn("child gpu", lambda: self.gpu(self.open(child)))

    def open(self, mm: Mm) -> XeVm | SmallVm:
        """The child opens the device for its own address space."""
        if self.drm.config.driver == "drm-pagemap":
            vm: XeVm | SmallVm = XeVm(self.drm, self.xe, mm, notifier_size=4, read_only=True)
        else:
            vm = self.virtual.new_vm("child", mm)
        self.children.append(vm.page_table)
        return vm

    def exit(self) -> None:
        """The last user of the parent's mm goes, and closes the device."""
        for call in self.calls:
            call.wait()
        with sched.pending("exit-returns"):
            mmput(self.mm)
            if isinstance(self.vm, SmallVm):
                self.vm.fini()
            else:
                self.vm.close()


_CALLS = ("unmappers", "remappers", "forks")
