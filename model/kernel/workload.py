# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Workloads: lists of operations on one address space and one GPU, as values, and what carries them out.

Every operation may fail as the system call it stands for may; what may not happen is what the checks of the kernel
look for, and SIGBUS, which no race may end in.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from . import sched
from .gpu.core import Drm
from .gpu.xe_device import XeDevice
from .gpu.xe_fault import access, handle_pagefault
from .gpu.xe_svm import XeVm
from .kernel import Kernel
from .mm.access import Signal, cpu_read, cpu_write
from .mm.address_space import Mm
from .mm.exit import mmput
from .mm.fork import fork
from .mm.mmap import madvise_dontneed, mmap, mprotect, munmap
from .mm.mremap import mremap
from .options import Config
from .scenario import World
from .sched import Oops
from .sync.atomic import Atomic

PAGES: Final = 4  # addresses that operations are about; the first ``WINDOW`` are mapped in the beginning
WINDOW: Final = 3
VRAM_PAGES: Final = 2  # fewer than the window: moving pages there evicts others
KINDS: Final = (
    "read",
    "write",
    "gpu-read",
    "gpu-write",
    "migrate",
    "prefetch",
    "evict",
    "munmap",
    "mmap",
    "mremap",
    "mprotect",
    "madvise",
    "fork",
    "unplug",
)
WEIGHTS: Final = (6, 6, 6, 6, 4, 2, 4, 2, 2, 2, 2, 2, 1, 1)  # accesses find what the others break


@dataclass(frozen=True, slots=True)
class Operation:
    """``page``: where; ``value``: what is written, or where else (mremap), or what is allowed (mprotect)."""

    kind: str
    page: int
    value: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.page}" + (f" {self.value}" if self.kind in ("mremap", "mprotect") else "")


Plan = tuple[tuple[Operation, ...], ...]
"""For each task what it does, in order."""


def random_plan(seed: int, tasks: int, operations: int) -> Plan:
    """The same for the same numbers, whatever else was drawn."""
    draw = random.Random(f"{seed}:{tasks}:{operations}")

    def one() -> Operation:
        (kind,) = draw.choices(KINDS, WEIGHTS)
        return Operation(kind, draw.randrange(PAGES), draw.randrange(1, 4))

    return tuple(tuple(one() for _ in range(operations)) for _ in range(tasks))


@dataclass
class Machine:
    """One process, one GPU with a VM that mirrors it."""

    config: Config
    kernel: Kernel = field(init=False)
    mm: Mm = field(init=False)
    device: XeDevice = field(init=False)
    vm: XeVm = field(init=False)
    plugged: Atomic = field(init=False)

    def __post_init__(self) -> None:
        self.kernel = Kernel(self.config)
        drm = Drm(self.kernel)
        self.mm = self.kernel.new_mm("mm")
        mmap(self.mm, 0, WINDOW)
        for page in range(WINDOW):
            cpu_write(self.mm, page, 0, bytes([page + 1]))
        self.device = XeDevice(drm, "xe0", VRAM_PAGES)
        self.plugged = Atomic("plugged", 1)
        self.vm = XeVm(drm, self.device, self.mm, notifier_size=PAGES)

    def perform(self, operation: Operation) -> None:
        page, value = operation.page, operation.value
        match operation.kind:
            case "read" | "write":
                self._touch(self.mm, page, value if operation.kind == "write" else None)
            case "gpu-read" | "gpu-write":
                access(self.vm, page, 0, bytes([0x80 + value]) if operation.kind == "gpu-write" else None)
            case "migrate":
                self.device.populate_mm(self.mm, page, page + 1)
            case "prefetch":
                handle_pagefault(self.vm, page, False)
            case "evict":
                for bo in self.device.bos():
                    self.device.evict_bo(bo)
            case "unplug":
                if self.plugged.cmpxchg(1, 0):
                    self.device.unplug()
            case "fork":
                self._fork(page)
            case _:
                self._change(operation)

    def _change(self, operation: Operation) -> None:
        """A system call on the address space."""
        page, value = operation.page, operation.value
        with sched.pending(f"{operation.kind}-returns"):
            match operation.kind:
                case "munmap":
                    munmap(self.mm, page, 1)
                case "mmap":
                    mmap(self.mm, page, 1)
                case "mremap":
                    mremap(self.mm, page, 1, (page + value) % PAGES)
                case "mprotect":
                    mprotect(self.mm, page, 1, True, value != 1)
                case "madvise":
                    madvise_dontneed(self.mm, page, 1)
                case other:
                    raise ValueError(other)

    def _touch(self, mm: Mm, page: int, value: int | None) -> None:
        with sched.pending("cpu-access-completes"):
            got = cpu_read(mm, page) if value is None else cpu_write(mm, page, 0, bytes([value]))
        if got is Signal.SIGBUS:
            raise Oops("sigbus", f"{sched.current().name} gets SIGBUS at page {page}")

    def _fork(self, page: int) -> None:
        """The child reads one page, writes it and exits."""
        child = fork(self.mm, f"child of {sched.current().name}")
        if child is None:
            return

        def live() -> None:
            self._touch(child, page, None)
            self._touch(child, page, 0x40)
            mmput(child)

        sched.spawn("child", live)


def build(config: Config, plan: Sequence[Sequence[Operation]]) -> World:
    """A world with one task for each list of operations."""
    machine = Machine(config)

    def task(operations: Sequence[Operation]) -> None:
        for operation in operations:
            machine.perform(operation)

    for number, operations in enumerate(plan):
        sched.spawn(f"task {number}", lambda operations=operations: task(operations))
    return machine.kernel.world()
