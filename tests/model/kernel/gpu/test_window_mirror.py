# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU that mirrors the neighbours of the page it faulted on: what each way of looking for them finds and does."""

from __future__ import annotations

from errno import EFAULT

import pytest

from svmcheck.model.kernel.gpu.window_mirror import WindowMirror
from svmcheck.model.kernel.mm.mmap import madvise_dontneed, munmap
from svmcheck.model.kernel.scenario import configure
from svmcheck.model.kernel.scenarios import load
from svmcheck.model.kernel.scenarios.gpu_world import GpuWorld
from svmcheck.model.kernel.sched import Oops


def mirror(**options: str) -> tuple[GpuWorld, WindowMirror]:
    """Two pages, both in RAM, and a device that has neither."""
    config = configure(load()["hmm-range-fault-as-protocol"], {"copy": "cpu", **options})
    world = GpuWorld(config, 2)
    device = world.device("gpu", 2)
    return world, WindowMirror(world.drm, world.mm, device.dpagemap.owner, 2)


def mapped(gpu: WindowMirror) -> list[int]:
    return sorted(gpu.page_table.ptes)


def test_a_neighbour_that_is_there_is_mapped_too() -> None:
    _, gpu = mirror()
    assert gpu.fault() == 0
    assert mapped(gpu) == [0, 1]


def test_a_neighbour_that_is_not_there_is_left_out_or_faulted_in() -> None:
    for neighbours, found in (("as-they-are", [0]), ("fault-in", [0, 1])):
        world, gpu = mirror(neighbours=neighbours)
        madvise_dontneed(world.mm, 0, 2)
        assert gpu.fault() == 0
        assert mapped(gpu) == found


def test_one_walk_for_one_page_faults_its_neighbour_in() -> None:
    world, gpu = mirror(pass_one="one-walk")
    madvise_dontneed(world.mm, 0, 2)
    with pytest.raises(Oops, match="faults page 1 in") as oops:
        gpu.fault()
    assert oops.value.check == "prefetch"


def test_a_neighbour_without_a_vma_fails_only_who_asks_for_it() -> None:
    world, gpu = mirror(neighbours="fault-in")
    munmap(world.mm, 1, 1)
    assert gpu.fault() == 0
    assert mapped(gpu) == [0]
    munmap(world.mm, 0, 1)
    assert mapped(gpu) == []
    assert gpu.fault() == -EFAULT


def test_a_scan_finds_pages_and_faults_none() -> None:
    world, gpu = mirror()
    madvise_dontneed(world.mm, 1, 1)
    found = gpu.scan()
    assert not isinstance(found, int)
    assert [found[vpn].folio for vpn in range(2)] == [world.mm.pte(0).folio, None]
    assert mapped(gpu) == []


def test_pages_of_another_device_are_not_mapped() -> None:
    for match in ("own", "any"):
        world, gpu = mirror(owner_match=match)
        world.move_to(world.device("another", 2), at_once=False)
        if match == "own":
            assert gpu.fault() == 0
            assert mapped(gpu) == [0]
        else:
            with pytest.raises(Oops, match="only another device reaches"):
                gpu.fault()
