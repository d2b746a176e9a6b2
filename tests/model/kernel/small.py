# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the tests of the memory management share: a device that does the least, worlds, and ways to run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Failure, Run, Runtime, Setup
from svmcheck.checker.schedule.strategies.dpor import Dpor, Explored
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.access import cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.fault import Vmf
from svmcheck.model.kernel.mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from svmcheck.model.kernel.mm.migrate_device import (
    Destinations,
    migrate_device_finalize,
    migrate_device_pages,
    migrate_device_pfns,
)
from svmcheck.model.kernel.mm.mmap import mmap
from svmcheck.model.kernel.mm.mmu_notifier import IntervalNotifier, NotifierRange, Seq, mmu_interval_set_seq
from svmcheck.model.kernel.mm.page import Folio, zone_device_page_init
from svmcheck.model.kernel.mm.pagemap import DevPagemap
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sync.mutex import Mutex


class SmallDevice:
    """Memory of ``pages`` pages and migrate_to_ram() of one page, with a mutex around it if ``driver_lock``."""

    def __init__(self, kernel: Kernel, pages: int = 4) -> None:
        self.kernel = kernel
        self.mutex = Mutex("driver")
        self.pgmap = DevPagemap(kernel, "vram", pages, self, self)
        self.free = list(self.pgmap.folios)

    def folio_free(self, folio: Folio) -> None:
        self.pgmap.page_freed()
        self.free.append(folio)

    def migrate_to_ram(self, vmf: Vmf) -> int:
        if self.kernel.config.driver_lock:
            with self.mutex:
                self._move(vmf)
        else:
            self._move(vmf)
        return 0

    def _move(self, vmf: Vmf) -> None:
        config = self.kernel.config
        told = vmf.page if config.fault_page == "passed" and config.generation != "g0" else None
        args = MigrateVma(vmf.vma, vmf.address, vmf.address + 1, self, select_device_private=True, fault_page=told)
        assert migrate_vma_setup(args) == 0
        for i, source in enumerate(args.src):
            if source is not None and source.folio is not None:
                args.dst[i] = self._copy_to_ram(source.folio)
        migrate_vma_pages(args)
        migrate_vma_finalize(args)

    def _copy_to_ram(self, folio: Folio) -> Folio:
        new = self.kernel.memory.alloc()
        assert new is not None
        assert new.lock.trylock_now()
        sched.point(folio.load_op)
        new.data[:] = folio.data
        return new

    def take(self) -> Folio:
        """A page of the device, locked and with one reference."""
        folio = self.free.pop()
        zone_device_page_init(folio)
        return folio

    def collect(self, mm: Mm, vpn: int, pages: int = 1) -> MigrateVma:
        """migrate_vma_setup() towards the device."""
        vma = mm.find_vma(vpn)
        assert vma is not None
        args = MigrateVma(vma, vpn, vpn + pages, self, select_system=True)
        assert migrate_vma_setup(args) == 0
        return args

    def finish(self, args: MigrateVma) -> None:
        """Copy to the device whatever was collected, switch, and map."""
        for i, source in enumerate(args.src):
            if source is not None and source.migrate:
                args.dst[i] = folio = self.take()
                folio.data[:] = source.folio.data if source.folio is not None else bytes(4)
        migrate_vma_pages(args)
        migrate_vma_finalize(args)

    def bring(self, mm: Mm, vpn: int, pages: int = 1) -> MigrateVma:
        """Migrate to the device."""
        args = self.collect(mm, vpn, pages)
        self.finish(args)
        return args

    def evict(self) -> None:
        """All pages of the device that can be taken go to RAM."""
        src = migrate_device_pfns(self.pgmap.folios)
        dst: Destinations = [None] * len(src)
        for i, source in enumerate(src):
            if source is not None and source.migrate and source.folio is not None:
                dst[i] = self._copy_to_ram(source.folio)
        migrate_device_pages(src, dst)
        migrate_device_finalize(src, dst)


@dataclass
class Listener:
    """A notifier callback that records what it hears, and may refuse when it must not block."""

    heard: list[NotifierRange] = field(default_factory=list[NotifierRange])
    refuses: bool = False

    def invalidate(self, sub: IntervalNotifier, notified: NotifierRange, seq: Seq) -> bool:
        if self.refuses and not notified.blockable:
            return False
        self.heard.append(notified)
        mmu_interval_set_seq(sub, seq)
        return True


def kernel_with(pages: int = 2, **options: object) -> tuple[Kernel, Mm]:
    """A kernel without a scheduler, and an address space with ``pages`` pages from 0, page i holding i + 1."""
    sched.install(None)
    kernel = Kernel(Config(**options))  # pyright: ignore[reportArgumentType]
    mm = kernel.new_mm("mm")
    assert mmap(mm, 0, pages) == 0
    for page in range(pages):
        assert cpu_write(mm, page, 0, bytes([page + 1])) is None
    kernel.check()
    return kernel, mm


def faulting(threads: int, body: Callable[[Mm, int], None], **options: object) -> Setup:
    """A world in which ``threads`` tasks run ``body(mm, i)`` and the page at 0, which holds 1, is on the device."""

    def setup() -> World:
        kernel = Kernel(Config(**options))  # pyright: ignore[reportArgumentType]
        mm = kernel.new_mm("mm")
        mmap(mm, 0, 1)
        cpu_write(mm, 0, 0, b"\1")
        SmallDevice(kernel).bring(mm, 0)
        for i in range(threads):
            sched.spawn(f"cpu{i}", lambda i=i: body(mm, i))
        return kernel.world()

    return setup


def explore(setup: Setup, most_steps: int = 2000) -> tuple[Explored, Failure | None]:
    """Every trace; stops at the first failure."""
    strategy = Dpor(first_failure=True)
    runtime = Runtime(Greenlets(), strategy, most_steps=most_steps)
    failure: Failure | None = None
    while strategy.begin(runtime):
        failure = runtime.run(setup).failure or failure
    return strategy.explored, failure


def sample(setup: Setup, runs: int, seed: int = 1, most_steps: int = 20_000) -> list[Run]:
    """Runs of a random walk."""
    strategy = RandomWalk(seed, runs)
    runtime = Runtime(Greenlets(), strategy, most_steps=most_steps)
    found: list[Run] = []
    while strategy.begin(runtime):
        found.append(runtime.run(setup))
    return found


def failures(runs: list[Run]) -> dict[str, str]:
    """What failed, by check."""
    return {run.failure.check: run.failure.message for run in runs if run.failure is not None}
