# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Ranges, their pages, and what a GPU reaches through them: one thing after the other."""

from __future__ import annotations

from errno import EFAULT, ENOENT, EOPNOTSUPP, EPERM

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.gpu import range_pages
from svmcheck.model.kernel.gpu.gpusvm import Range
from svmcheck.model.kernel.gpu.page_table import GpuPte
from svmcheck.model.kernel.gpu.xe_fault import access, handle_pagefault
from svmcheck.model.kernel.gpu.xe_svm import XeVm
from svmcheck.model.kernel.mm.access import cpu_read, cpu_write
from svmcheck.model.kernel.mm.mmap import madvise_dontneed, mprotect, munmap
from svmcheck.model.kernel.mm.mremap import mremap
from svmcheck.model.kernel.mm.pte import like
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenarios.gpu_world import GpuWorld
from svmcheck.model.kernel.sched import Oops


class Mirror(GpuWorld):
    def __init__(self, window: int = 2, chunk: int = 1, vram: int = 4, **options: object) -> None:
        sched.install(None)
        super().__init__(Config(copy="cpu", **options), window)  # pyright: ignore[reportArgumentType]
        self.xe = self.device("xe0", vram)
        self.vm = XeVm(self.drm, self.xe, self.mm, notifier_size=4, chunk=chunk)

    def ranges(self) -> list[tuple[int, int]]:
        return [(r.start, r.end) for notifier in self.vm.gpusvm.notifiers for r in notifier.ranges]

    def find(self, vpn: int) -> Range:
        with self.vm.svm_lock:
            found = self.vm.gpusvm.range_find_or_insert(vpn, True)
        assert isinstance(found, Range)
        return found

    def checked(self) -> None:
        self.kernel.check()
        self.kernel.finish()


def test_cpu_and_gpu_see_each_others_stores_wherever_the_page_is() -> None:
    made = Mirror()
    assert access(made.vm, 0) == b"\x01"
    assert made.mm.pte(0).folio in made.xe.dpagemap.pgmap.folios
    assert access(made.vm, 0, 1, b"\x20") == b"\x20"
    assert cpu_read(made.mm, 0, 0, 2) == b"\x01\x20"
    assert made.vm.page_table.ptes == {}
    assert made.vm.page_table.tlb == {}
    assert cpu_write(made.mm, 0, 0, b"\x05") is None
    assert access(made.vm, 0) == b"\x05"
    made.checked()


def test_the_largest_chunk_that_fits_the_vma() -> None:
    made = Mirror(window=3, chunk=2)
    access(made.vm, 1)
    access(made.vm, 2)
    assert made.ranges() == [(0, 2), (2, 3)]
    assert len(made.vm.gpusvm.notifiers) == 1


def test_errors_of_find_or_insert() -> None:
    made = Mirror()
    assert handle_pagefault(made.vm, 9, False) == -ENOENT
    assert made.vm.gpusvm.notifiers == [], "a notifier that got no range is removed"
    mprotect(made.mm, 0, 1, True, False)
    assert handle_pagefault(made.vm, 0, False) == -EPERM
    with pytest.raises(Oops, match="without the driver's lock"):
        made.vm.gpusvm.range_find_or_insert(0, True)


def test_a_read_only_vm_maps_what_it_may_not_write() -> None:
    made = Mirror()
    vm = XeVm(made.drm, made.xe, made.mm, notifier_size=4, chunk=1, read_only=True)
    mprotect(made.mm, 0, 1, True, False)
    assert access(vm, 0) == b"\x01"
    assert access(vm, 0, 0, b"\x02") == -EPERM


def test_pages_of_two_kinds_are_refused_and_brought_together() -> None:
    made = Mirror(chunk=2, placement="system")
    assert made.xe.populate_mm(made.mm, 1, 2) == 0
    found = made.find(0)
    owner = made.xe.dpagemap.owner
    assert range_pages.get_pages(made.vm.gpusvm, found, True, owner, False) == -EOPNOTSUPP
    assert not found.pages_valid()
    assert range_pages.range_evict(made.vm.gpusvm, found) == 0
    assert made.xe.bos() == []
    assert range_pages.get_pages(made.vm.gpusvm, found, True, owner, True) == -EFAULT, (
        "system pages, device memory only"
    )
    assert range_pages.get_pages(made.vm.gpusvm, found, True, owner, False) == 0
    assert found.has_dma_mapping
    assert not found.has_devmem_pages


def test_an_unmapped_range_is_collected_by_the_next_fault() -> None:
    made = Mirror(chunk=2)
    access(made.vm, 0)
    found = made.find(0)
    munmap(made.mm, 1, 1)
    assert found.unmapped
    assert found.partial_unmap
    assert made.vm.garbage == [found]
    assert access(made.vm, 0) == b"\x01"
    assert found.freed
    assert made.ranges() == [(0, 1)]
    made.checked()


def test_mremap_leaves_nothing_behind_at_the_old_address() -> None:
    made = Mirror(window=1)
    access(made.vm, 0)
    assert mremap(made.mm, 0, 1, 8) == 0
    assert access(made.vm, 0) == -ENOENT
    assert access(made.vm, 8) == b"\x01"
    made.checked()


def test_other_invalidations_keep_the_range() -> None:
    made = Mirror(window=1)
    access(made.vm, 0)
    found = made.find(0)
    madvise_dontneed(made.mm, 0, 1)
    assert not found.pages_valid()
    assert found.tile_invalidated
    assert access(made.vm, 0) == b"\x00"
    assert made.find(0) is found


def test_a_strict_placement_fails_where_there_is_no_vram() -> None:
    made = Mirror(window=2, chunk=2, vram=1, placement="vram-only")
    assert isinstance(access(made.vm, 0), int)
    assert made.vm.page_table.ptes == {}


def test_closing_a_vm_unmaps_everything() -> None:
    made = Mirror()
    access(made.vm, 0)
    made.vm.close()
    assert made.vm.page_table.ptes == {}
    assert made.ranges() == []
    assert made.drm.dma == {}
    assert access(made.vm, 0) == -ENOENT
    made.checked()


def test_checks_name_a_stale_entry() -> None:
    made = Mirror(window=1)
    access(made.vm, 0)
    made.kernel.check()
    other = made.xe.dpagemap.pgmap.folios[-1]
    made.vm.page_table.write_pte(0, GpuPte(other, False))
    with pytest.raises(Oops, match=r"reaches .* which is free") as caught:
        made.kernel.check()
    assert caught.value.check == "gpu-mapping"


def test_checks_name_an_entry_that_allows_too_much() -> None:
    made = Mirror(window=1)
    access(made.vm, 0)
    with made.mm.ptl:
        made.mm.set_pte(0, like(made.mm.pte(0), False))
    with pytest.raises(Oops, match="may write") as caught:
        made.kernel.check()
    assert caught.value.check == "gpu-mapping"
