# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() and its callers with the set-up and the actors of their protocol, to hold the two together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .. import sched
from ..gpu.copy import copy_pages
from ..gpu.core import Drm
from ..gpu.window_mirror import WindowMirror
from ..gpu.xe_device import XeDevice
from ..kernel import Kernel
from ..mm.access import cpu_write
from ..mm.address_space import Mm
from ..mm.migrate_device import (
    Destinations,
    migrate_device_finalize,
    migrate_device_pages,
    migrate_device_pfns,
)
from ..mm.mmap import madvise_dontneed, mmap, munmap
from ..mm.mmu_notifier import (
    Event,
    NotifierRange,
    mmu_notifier_invalidate_range_end,
    mmu_notifier_invalidate_range_start,
)
from ..mm.page import Folio
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops, Task
from .gpu_world import tasks

WINDOW = 2
BESIDE = WINDOW  # an address under the same notifier
VRAM_PAGES = 4  # enough for the window, and for what two migrations bring and throw away

FIRST_PAGES = ("nothing", "system", "own", "foreign", "no-pages")
SECOND_PAGES = (*FIRST_PAGES, "no-vma")

SIZES = {
    "gpu_faults": Size(1, 0, 1),
    "scanners": Size(0, 0, 1),
    "mm_operations": Size(1, 0, 2),
    "invalidators": Size(0, 0, 1),
    "first_page": Size(0, 0, len(FIRST_PAGES) - 1),
    "second_page": Size(0, 0, len(SECOND_PAGES) - 1),
}


@scenario("hmm-range-fault-as-protocol", sizes=SIZES, fast=False, copy="cpu")
def hmm_range_fault(config: Config, sizes: Mapping[str, int]) -> World:
    """The world of ``model/protocols/hmm_range_fault.py``: a window of two pages, and a GPU fault on the first.

    ``first_page`` and ``second_page`` say what is there: 0 nothing, 1 a system page, 2 a page of the GPU, 3 of
    another one, 4 a VMA without pages, 5 no VMA.
    """
    world = _Process(config, FIRST_PAGES[sizes["first_page"]], SECOND_PAGES[sizes["second_page"]])

    def gpu_fault(_: int) -> None:
        with sched.pending("gpu-fault-returns"):
            world.mirror.fault()

    def scanner(_: int) -> None:
        with sched.pending("scan-returns"):
            world.mirror.scan()

    def mm_operation(_: int) -> None:
        with sched.pending("mm-operation-returns"):
            world.operation()

    callers = [
        *tasks(sizes["gpu_faults"], "gpu fault", gpu_fault),
        *tasks(sizes["scanners"], "scanner", scanner),
    ]
    tasks(sizes["mm_operations"], "mm operation", mm_operation)
    tasks(sizes["invalidators"], "invalidator", lambda _: world.invalidate_until_ended(callers))
    return world.kernel.world({"mirror": world.mirror})


class _Process:
    """An address space with the window, the GPU's device and another one."""

    def __init__(self, config: Config, first: str, second: str) -> None:
        self.kernel = Kernel(config)
        drm = self.drm = Drm(self.kernel)
        self.mm = self.kernel.new_mm("mm")
        self.own = XeDevice(drm, "own", VRAM_PAGES)
        self.foreign = XeDevice(drm, "foreign", VRAM_PAGES)
        _map(self.mm, first, second)
        for vpn, what in enumerate((first, second)):
            if what in ("system", "own", "foreign"):
                cpu_write(self.mm, vpn, 0, bytes([vpn + 1]))
            device = {"own": self.own, "foreign": self.foreign}.get(what)
            if device is not None and device.populate_mm(self.mm, vpn, vpn + 1):
                raise Oops("setup", f"page {vpn} does not move to {device!r}")
        self.mirror = WindowMirror(drm, self.mm, self.own.dpagemap.owner, WINDOW)

    def operation(self) -> None:
        """What happens to a page, as the environment wants."""
        vpn = sched.choose(WINDOW, "which page")
        operations: tuple[Callable[[int], object], ...] = (
            lambda vpn: munmap(self.mm, vpn, 1),
            lambda vpn: madvise_dontneed(self.mm, vpn, 1),
            self.to_system,
            lambda vpn: self.own.populate_mm(self.mm, vpn, vpn + 1),
            lambda vpn: self.foreign.populate_mm(self.mm, vpn, vpn + 1),
        )
        operations[sched.choose(len(operations), "what happens to it")](vpn)

    def to_system(self, vpn: int) -> None:
        """By the physical side: the device whose page is there evicts its memory, or a system page is compacted."""
        folio = self.mm.read_pte(vpn).folio
        if folio is not None and not folio.is_device:
            self._compact(folio)
            return
        for device in (self.own, self.foreign):
            for bo in device.bos():
                if folio in bo.blocks:
                    device.evict_bo(bo)

    def _compact(self, folio: Folio) -> None:
        """migrate_pages() of one system page to another; what it does to the page is what eviction does."""
        src = migrate_device_pfns([folio])
        dst: Destinations = [None]
        if src[0] is not None and src[0].migrate:
            new = self.kernel.memory.alloc()
            assert new is not None
            new.lock.trylock_now()
            copy_pages(self.drm, [(folio, new)])
            dst[0] = new
        migrate_device_pages(src, dst)
        migrate_device_finalize(src, dst)

    def invalidate_until_ended(self, callers: list[Task]) -> None:
        """Invalidations beside the window, by whatever changes other pages under the same notifier."""
        while not all(caller.done for caller in callers):
            notified = NotifierRange(Event.CLEAR, self.mm, BESIDE, BESIDE + 1)
            mmu_notifier_invalidate_range_start(notified)
            mmu_notifier_invalidate_range_end(notified)


def _map(mm: Mm, first: str, second: str) -> None:
    """Pages in normal VMAs are in one VMA."""
    kinds = {"no-pages": "io", "no-vma": ""}
    kept = [kinds.get(what, "normal") for what in (first, second)]
    if kept == ["normal", "normal"]:
        mmap(mm, 0, WINDOW)
        return
    for vpn, kind in enumerate(kept):
        if kind:
            mmap(mm, vpn, 1)
            mm.vmas[-1].io = kind == "io"
