# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""migrate_vma_*() and migrate_device_*(): what is collected, who may hold a reference, and what is left behind."""

from __future__ import annotations

from errno import EAGAIN, EINVAL

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.access import cpu_read, cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.fork import fork
from svmcheck.model.kernel.mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from svmcheck.model.kernel.mm.migrate_device import Source, Sources, folio_migrate_mapping, migrate_device_unmap
from svmcheck.model.kernel.mm.mmap import mmap, mprotect, munmap
from svmcheck.model.kernel.mm.mmu_notifier import Event, mmu_interval_notifier_insert
from svmcheck.model.kernel.mm.mremap import mremap
from svmcheck.model.kernel.mm.page import folio_get
from svmcheck.model.kernel.mm.pte import DEVICE_PRIVATE, EMPTY, MIGRATION, PRESENT
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sync.work import WorkItem, WorkQueue
from tests.model.kernel.small import Listener, SmallDevice, failures, kernel_with, sample


def test_a_page_goes_to_the_device_and_comes_back_with_its_data() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    kernel.check()
    assert mm.pte(0).kind == DEVICE_PRIVATE
    assert mm.pte(0).write
    assert kernel.memory.used == 0
    assert cpu_read(mm, 0) == b"\1"
    kernel.check()
    assert mm.pte(0).kind == PRESENT
    assert len(device.free) == 4
    kernel.finish()


def test_what_is_collected() -> None:
    """Data, the page of zeros, nothing at all; not a page of another device, and not one that is locked."""
    kernel, mm = kernel_with(2)
    mmap(mm, 2, 3)
    assert cpu_read(mm, 2) == b"\0"
    SmallDevice(kernel).bring(mm, 1)
    cpu_write(mm, 4, 0, b"l")
    locked = mm.pte(4).folio
    assert locked is not None
    locked.lock.lock()
    device = SmallDevice(kernel)
    args = MigrateVma(mm.vmas[1], 2, 5, device, select_system=True, select_device_private=True)
    assert migrate_vma_setup(args) == 0
    assert [s is not None and (s.folio is None, s.migrate) for s in args.src] == [(True, True), (True, True), False]
    assert args.cpages == 2
    migrate_vma_finalize(args)
    args = MigrateVma(mm.vmas[0], 0, 2, device, select_system=True, select_device_private=True)
    assert migrate_vma_setup(args) == 0
    assert [s is not None for s in args.src] == [True, False]
    assert mm.pte(0).kind == MIGRATION
    kernel.check()
    migrate_vma_pages(args)
    migrate_vma_finalize(args)
    kernel.check()
    assert (cpu_read(mm, 0), cpu_read(mm, 1)) == (b"\1", b"\2")


def test_only_what_is_selected() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    args = MigrateVma(mm.vmas[0], 0, 2, device, select_device_private=True)
    assert migrate_vma_setup(args) == 0
    assert [s is not None for s in args.src] == [True, False]
    migrate_vma_finalize(args)
    args = MigrateVma(mm.vmas[0], 0, 2, "another owner", select_device_private=True)
    assert migrate_vma_setup(args) == 0
    assert args.cpages == 0


@pytest.mark.parametrize(("start", "end"), [(0, 0), (1, 4), (3, 4)])
def test_a_range_lies_in_its_vma(start: int, end: int) -> None:
    _, mm = kernel_with(2)
    assert migrate_vma_setup(MigrateVma(mm.vmas[0], start, end, select_system=True)) == -EINVAL


def test_a_fault_page_is_a_device_page_and_locked() -> None:
    kernel, mm = kernel_with(2)
    args = MigrateVma(mm.vmas[0], 0, 1, None, select_device_private=True, fault_page=mm.pte(1).folio)
    assert migrate_vma_setup(args) == -EINVAL
    SmallDevice(kernel).bring(mm, 0)
    args.fault_page = mm.pte(0).folio
    assert migrate_vma_setup(args) == -EINVAL


def test_drivers_hear_of_the_range_with_the_owner_and_of_other_mappings_without() -> None:
    kernel, mm = kernel_with(1)
    child = fork(mm, "child")
    assert child is not None
    device, parents, childs = SmallDevice(kernel), Listener(), Listener()
    mmu_interval_notifier_insert(mm, 0, 9, parents)
    mmu_interval_notifier_insert(child, 0, 9, childs)
    device.bring(mm, 0)
    assert (parents.heard[0].event, parents.heard[0].owner) == (Event.MIGRATE, device)
    assert {(heard.event, heard.owner) for heard in childs.heard} == {(Event.CLEAR, None)}
    assert mm.pte(0).kind == child.pte(0).kind == DEVICE_PRIVATE
    kernel.check()


# ---- references


@pytest.mark.parametrize("strays", [0, 1, 2])
@pytest.mark.parametrize("faulting", [False, True])
def test_the_pin_check_tolerates_one_stray_reference_to_a_device_page_and_the_last_check_none(
    strays: int, faulting: bool
) -> None:
    """migrate_vma_check_page() and folio_migrate_mapping(), as the digest of the kernel's arithmetic has it."""
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    folio = mm.pte(0).folio
    assert folio is not None
    for _ in range(strays + faulting):
        folio_get(folio)
    folio_get(folio)
    folio.lock.lock()
    src: Sources = [Source(folio)]
    left = migrate_device_unmap(src, folio if faulting else None)
    assert left == (1 if strays <= 1 else 0)
    if left:
        assert folio_migrate_mapping(device.take(), folio, int(faulting)) == (0 if strays == 0 else -EAGAIN)
    else:
        assert src == [None]
        assert mm.pte(0).kind == DEVICE_PRIVATE
        assert not folio.lock.locked()


@pytest.mark.parametrize("strays", [0, 1])
def test_a_page_of_ram_may_have_no_stray_reference(strays: int) -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    folio = mm.pte(0).folio
    assert folio is not None
    for _ in range(strays):
        folio_get(folio)
    args = device.collect(mm, 0)
    assert args.cpages == 1 - strays
    device.finish(args)
    kernel.check()
    assert mm.pte(0).kind == (PRESENT if strays else DEVICE_PRIVATE)


def test_a_failed_migration_puts_everything_back() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    before = mm.pte(0), mm.pte(1)
    args = device.collect(mm, 0, 2)
    migrate_vma_pages(args)
    migrate_vma_finalize(args)
    assert (mm.pte(0), mm.pte(1)) == before
    kernel.check()
    kernel.finish()


def test_what_is_unmapped_during_a_migration_is_gone() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    args = device.collect(mm, 0, 2)
    munmap(mm, 0, 1)
    device.finish(args)
    kernel.check()
    kernel.finish()
    assert mm.pte(0).kind == EMPTY
    assert cpu_read(mm, 1) == b"\2"


def test_what_moves_during_a_migration_is_found_at_its_new_place() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    args = device.collect(mm, 0)
    mremap(mm, 0, 1, 7)
    assert mm.pte(7).kind == MIGRATION
    device.finish(args)
    kernel.check()
    assert mm.pte(7).kind == DEVICE_PRIVATE
    assert cpu_read(mm, 7) == b"\1"


def test_a_protection_that_changes_during_a_migration_counts_after_it() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    args = device.collect(mm, 0)
    mprotect(mm, 0, 1, False, False)
    migrate_vma_pages(args)
    migrate_vma_finalize(args)
    assert not mm.pte(0).write
    assert mm.pte(0).kind != PRESENT
    kernel.check()


def test_shared_memory_does_not_go_to_a_device() -> None:
    kernel, mm = kernel_with(0)
    mmap(mm, 0, 2, shared=True)
    cpu_write(mm, 0, 0, b"s")
    device = SmallDevice(kernel)
    args = device.bring(mm, 0, 2)
    assert not any(s is not None and s.migrate for s in args.src)
    kernel.check()
    assert cpu_read(mm, 0) == b"s"
    assert len(device.free) == 4


def test_eviction_takes_pages_wherever_they_are_mapped() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    device.bring(mm, 0, 2)
    child = fork(mm, "child")
    assert child is not None
    mremap(mm, 0, 1, 30)
    busy = mm.pte(1).folio
    assert busy is not None
    busy.lock.lock()
    device.evict()
    kernel.check()
    assert [mm.pte(30).kind, child.pte(0).kind, mm.pte(1).kind] == [PRESENT, PRESENT, DEVICE_PRIVATE]
    busy.lock.unlock()
    device.evict()
    assert len(device.free) == 4
    assert [cpu_read(mm, 30), cpu_read(mm, 1), cpu_read(child, 0)] == [b"\1", b"\2", b"\1"]


def test_a_system_page_off_the_lru_drains_every_cpu_with_the_pages_locked() -> None:
    """lru_add_drain_all(): a work item on each CPU, once."""
    drained: list[bool] = []

    def setup() -> World:
        drained.clear()
        kernel = Kernel(Config())
        mm = kernel.new_mm("mm")
        mmap(mm, 0, 2)
        for page in range(2):
            cpu_write(mm, page, 0, b"x")
        device = SmallDevice(kernel)
        queue = WorkQueue("cpu1")
        kernel.drain.append(WorkItem(queue, "lru_add_drain", lambda: drained.append(_locked(mm))))
        sched.spawn("migrator", lambda: device.bring(mm, 0, 2))
        return kernel.world()

    assert failures(sample(setup, 20)) == {}
    assert drained == [True]


def _locked(mm: Mm) -> bool:
    return all(entry.folio is not None and entry.folio.lock.locked() for entry in mm.page_table.values())
