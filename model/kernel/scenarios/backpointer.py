# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What zone_device_data may lead to: drivers that find a physical object there, and drivers that find an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from .. import sched
from ..gpu.small_vm import SmallVm
from ..gpu.virtual_data import VirtualPagemap
from ..gpu.xe_fault import access
from ..gpu.xe_svm import XeVm
from ..mm.address_space import Mm
from ..mm.exit import exit_mmap
from ..mm.fork import fork
from ..mm.mmap import munmap
from ..mm.mremap import mremap
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from .gpu_world import GpuWorld, must_touch, tasks, touch

TARGET = 8  # where mremap() moves the first page to

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


@scenario("backpointer", sizes=SIZES, copy="cpu")
def backpointer(config: Config, sizes: Mapping[str, int]) -> World:
    """Pages in VRAM are moved by mremap(), shared by fork(), unmapped in part, and outlive the process that put them
    there; CPUs bring them back, and GPUs of the parent and the child mirror them.

    ``driver`` says what zone_device_data is. Virtual data invalidates the wrong address, is gone, or finds no range.
    """
    world = _Moved(config, sizes)
    tasks(sizes["parent_gpus"], "parent gpu", world.parent_gpu)
    for name, body in (
        ("cpu_threads", world.parent_thread),
        ("unmappers", world.unmapper),
        ("remappers", world.remapper),
        ("forks", world.forker),
    ):
        tasks(sizes[name], name[:-1], world.thread(body, sizes[name]))
    return world.kernel.world()


class _Moved(GpuWorld):
    """The actors. The pages are in VRAM, and the parent's GPU has read them."""

    def __init__(self, config: Config, sizes: Mapping[str, int]) -> None:
        super().__init__(config, sizes["pages_moved"])
        self.child_gpus = sizes["child_gpus"]
        self.setting_up = 1  # the user that the set-up has been
        self.exits = bool(sizes["exits"])
        if config.driver == "drm-pagemap":
            self.xe = self.device("xe0", self.window)
            self.vm: XeVm | SmallVm = XeVm(self.drm, self.xe, self.mm, notifier_size=16)
            self.move_to(self.xe)
        else:
            self.virtual = VirtualPagemap(self.drm, "gpu0", self.window, self.mm)
            self.vm = self.virtual.vm
            for vpn in range(self.window):
                if self.virtual.migrate_to_devmem(self.mm, vpn):
                    raise Oops("setup", f"page {vpn} does not move to the device")
        for vpn in range(self.window if sizes["parent_gpus"] else 0):
            _load(self.vm, vpn)

    def open(self, mm: Mm) -> XeVm | SmallVm:
        """A process opens the device for its own address space."""
        if self.drm.config.driver == "drm-pagemap":
            return XeVm(self.drm, self.xe, mm, notifier_size=16)
        return self.virtual.new_vm("child", mm)

    def thread(self, body: Callable[[int], None], number: int) -> Callable[[int], None]:
        """``number`` threads of the parent will run ``body``: each is a user of its mm, and the last one to end tears
        it down, and closes the device."""
        if not self.exits:
            return body
        self.mm.mm_users.value += number - self.setting_up
        self.setting_up = 0

        def run(i: int) -> None:
            body(i)
            self.leave()

        return run

    def leave(self) -> None:
        """exit_mm() and the last close of the device; a child lives on."""
        with sched.pending("exit-returns"):
            if self.mm.mm_users.put():
                exit_mmap(self.mm)
                if isinstance(self.vm, SmallVm):
                    self.vm.fini()
                else:
                    self.vm.close()

    def parent_thread(self, number: int) -> None:
        touch(self.mm, number % self.window, 100 + number)
        touch(self.mm, number % self.window)

    def parent_gpu(self, _: int) -> None:
        for _ in range(2):
            for vpn in range(self.window):
                _load(self.vm, vpn)

    def unmapper(self, _: int) -> None:
        """munmap() of one page: a part of what was migrated together."""
        with sched.pending("munmap-returns"):
            munmap(self.mm, self.window - 1, 1)

    def remapper(self, _: int) -> None:
        with sched.pending("mremap-returns"):
            err = mremap(self.mm, 0, 1, TARGET)
        if not err:
            sched.spawn("gpu at target", partial(_load, self.vm, TARGET))
            must_touch(self.mm, TARGET)
            must_touch(self.mm, TARGET, 50)

    def forker(self, _: int) -> None:
        with sched.pending("fork-returns"):
            child = fork(self.mm, "child")
        if child is None:
            return
        mapped = [vpn for vpn in range(self.window) if child.find_vma(vpn) is not None]
        if self.child_gpus:
            vm = self.open(child)
            for vpn in mapped:
                sched.spawn(f"child gpu {vpn}", partial(_load, vm, vpn))
        for vpn in mapped:
            sched.spawn(f"child thread {vpn}", partial(must_touch, child, vpn))


def _load(vm: XeVm | SmallVm, vpn: int) -> bytes | int:
    return access(vm, vpn) if isinstance(vm, XeVm) else vm.load(vpn)
