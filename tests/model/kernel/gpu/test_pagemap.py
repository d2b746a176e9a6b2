# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Migration to a device and back, eviction, and who owns the memory meanwhile: one thing after the other."""

from __future__ import annotations

from errno import EBUSY, EFAULT, ENODEV, ENOENT, ENOSPC

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.gpu.xe_device import XeDevice
from svmcheck.model.kernel.mm.access import Signal, cpu_read, cpu_write
from svmcheck.model.kernel.mm.exit import mmput
from svmcheck.model.kernel.mm.fork import fork
from svmcheck.model.kernel.mm.mmap import munmap
from svmcheck.model.kernel.mm.mremap import mremap
from svmcheck.model.kernel.mm.pte import DEVICE_PRIVATE, PRESENT
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenarios.gpu_world import GpuWorld


def world(window: int, vram: int, config: Config | None = None) -> tuple[GpuWorld, XeDevice]:
    sched.install(None)
    made = GpuWorld(config or Config(copy="cpu"), window)
    return made, made.device("xe0", vram)


def kinds(made: GpuWorld) -> list[int]:
    return [made.mm.pte(vpn).kind for vpn in range(made.window)]


def finish(made: GpuWorld) -> None:
    made.kernel.check()
    made.kernel.finish()


def test_to_the_device_and_back_by_one_fault() -> None:
    made, device = world(2, 2)
    made.move_to(device)
    assert kinds(made) == [DEVICE_PRIVATE] * 2
    assert made.kernel.memory.used == 0
    bo = device.bos()[0]
    assert cpu_read(made.mm, 1) == b"\x02"
    assert kinds(made) == [PRESENT] * 2, "the window of the allocation comes along"
    assert bo.freed
    assert len(device.vram.free) == 2
    finish(made)


def test_a_fault_may_bring_back_its_page_only() -> None:
    made, device = world(2, 4, Config(copy="cpu", migrate_window="fault-page-only"))
    made.move_to(device)
    assert cpu_read(made.mm, 0) == b"\x01"
    assert kinds(made) == [PRESENT, DEVICE_PRIVATE]
    assert device.populate_mm(made.mm, 0, 2) == -EBUSY, "all pages or none, and one of them is ours already"
    assert kinds(made) == [PRESENT, DEVICE_PRIVATE]
    finish(made)


def test_what_is_on_the_device_already_stays() -> None:
    made, device = world(1, 2)
    made.move_to(device)
    before = made.mm.pte(0).folio
    assert device.populate_mm(made.mm, 0, 1) == 0
    assert made.mm.pte(0).folio is before
    assert len(device.bos()) == 1


def test_pages_of_another_device_are_moved_only_between_peers() -> None:
    sched.install(None)
    made = GpuWorld(Config(copy="cpu"), 1)
    owner = object()
    alone, one, two = made.device("a", 1), made.device("b", 1, owner), made.device("c", 1, owner)
    made.move_to(one)
    assert alone.populate_mm(made.mm, 0, 1) == -EBUSY
    assert two.populate_mm(made.mm, 0, 1) == 0
    assert one.bos() == []
    assert cpu_read(made.mm, 0) == b"\x01"
    finish(made)


@pytest.mark.parametrize(("start", "end"), [(1, 3), (8, 9)])
def test_a_range_has_to_be_mapped(start: int, end: int) -> None:
    made, device = world(2, 4)
    assert device.populate_mm(made.mm, start, end) == -ENOENT
    assert device.bos() == []


def test_vram_is_taken_from_others_when_it_runs_out() -> None:
    made, device = world(2, 1)
    assert device.populate_mm(made.mm, 0, 1) == 0
    assert device.populate_mm(made.mm, 1, 2) == 0
    assert kinds(made) == [PRESENT, DEVICE_PRIVATE]
    assert cpu_read(made.mm, 0) == b"\x01"
    assert device.populate_mm(made.mm, 0, 2) == -ENOSPC, "the device has not that much"
    finish(made)


def test_eviction_follows_the_pages_through_mremap_and_fork() -> None:
    made, device = world(2, 2)
    made.move_to(device)
    bo = device.bos()[0]
    child = fork(made.mm, "child")
    assert child is not None
    assert mremap(made.mm, 0, 1, 8) == 0
    assert device.evict_bo(bo) == 0
    assert (child.pte(0).kind, made.mm.pte(8).kind, child.pte(1).kind) == (PRESENT,) * 3
    assert child.pte(0).folio is made.mm.pte(8).folio
    assert cpu_write(made.mm, 8, 0, b"\x09") is None
    assert (cpu_read(made.mm, 8), cpu_read(child, 0)) == (b"\x09", b"\x01")
    finish(made)


def test_eviction_after_a_partial_unmap() -> None:
    made, device = world(2, 2)
    made.move_to(device)
    bo = device.bos()[0]
    assert munmap(made.mm, 1, 1) == 0
    assert device.evict_bo(bo) == 0
    assert cpu_read(made.mm, 0) == b"\x01"
    assert isinstance(cpu_read(made.mm, 1), Signal)
    finish(made)


def test_eviction_needs_a_user_of_the_address_space() -> None:
    made, device = world(1, 1)
    made.move_to(device)
    bo = device.bos()[0]
    child = fork(made.mm, "child")
    assert child is not None
    mmput(made.mm)
    assert device.evict_bo(bo) == -EFAULT
    assert cpu_read(child, 0) == b"\x01"
    assert bo.freed


def test_a_time_slice_keeps_the_pages_where_they_are() -> None:
    made, device = world(1, 1, Config(copy="cpu", timeslice="until-bound"))
    slices: list[object] = []
    assert device.populate_mm(made.mm, 0, 1, slices) == 0  # pyright: ignore[reportArgumentType]
    devmem = device.bos()[0].devmem
    assert devmem is not None
    assert slices == [devmem.timeslice]
    assert devmem.timeslice.running
    devmem.timeslice.end()
    assert cpu_read(made.mm, 0) == b"\x01"
    finish(made)


def test_nothing_moves_to_a_device_that_is_gone() -> None:
    made, device = world(1, 1)
    made.move_to(device)
    device.unplug()
    assert kinds(made) == [PRESENT]
    assert device.dpagemap.pgmap.dead
    assert device.populate_mm(made.mm, 0, 1) == -ENODEV


def test_zone_device_data_counts_the_pages_of_an_allocation() -> None:
    made, device = world(2, 2, Config(copy="cpu", migrate_window="fault-page-only"))
    made.move_to(device)
    zdds = [made.mm.pte(vpn).folio.zone_device_data for vpn in range(2)]  # pyright: ignore[reportOptionalMemberAccess]
    assert zdds[0] is zdds[1]
    assert (zdds[0].refs.value, zdds[0].devmem.detached.done) == (2, False)
    cpu_read(made.mm, 0)
    assert (zdds[0].refs.value, zdds[0].devmem.detached.done) == (1, False)
    cpu_read(made.mm, 1)
    assert zdds[0].freed
    assert zdds[0].devmem.detached.done
