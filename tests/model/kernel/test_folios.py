# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Folios: references, allocation, what a free page is, and the checks that look at all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.model.kernel.mm.access import cpu_read, cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.exit import mmput
from svmcheck.model.kernel.mm.mmap import mmap, munmap
from svmcheck.model.kernel.mm.page import (
    POISON,
    Folio,
    PageAllocator,
    folio_get,
    folio_put,
    folio_try_get,
    zone_device_page_init,
)
from svmcheck.model.kernel.mm.pte import NONE, device_private, like, migration, present
from svmcheck.model.kernel.sched import Oops
from tests.model.kernel.small import SmallDevice, kernel_with


def mapped(mm: Mm, vpn: int = 0) -> Folio:
    folio = mm.pte(vpn).folio
    assert folio is not None
    return folio


def test_entries_are_values_that_compare_by_identity() -> None:
    kernel, mm = kernel_with(2)
    one, two = mapped(mm, 0), mapped(mm, 1)
    assert present(one, True) is present(one, True)
    assert present(one, True) is not present(one, False)
    assert present(one, True) is not present(two, True)
    assert like(present(one, True), False) is present(one, False)
    assert present(one, True, readable=False).present
    assert not migration(one, True).mapped
    assert device_private(one, False).mapped
    assert not NONE.mapped
    assert kernel.memory.used == 2


def test_zone_device_data_is_constant_while_the_page_is_in_use() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    args, first, folio = device.collect(mm, 0), object(), device.pgmap.folios[-1]
    for value in (object(), first):
        folio.zone_device_data = value  # of a free page it may be anything
    device.finish(args)
    assert mapped(mm) is folio
    folio.zone_device_data = first
    for change in (lambda: setattr(folio, "zone_device_data", None), lambda: folio.set_zone_device_data(object())):
        with pytest.raises(Oops, match="zone_device_data of vram page 3 is changed while the page is in use") as found:
            change()
        assert found.value.check == "backpointer"
    assert folio.zone_device_data is first
    assert cpu_read(mm, 0) is not None  # it moves back, and the page is free
    folio.zone_device_data = None


def test_the_last_reference_frees_and_poisons() -> None:
    kernel, _ = kernel_with(0)
    folio = kernel.memory.alloc()
    assert folio is not None
    folio_get(folio)
    folio_put(folio)
    assert bytes(folio.data) == bytes(4)
    folio_put(folio)
    assert bytes(folio.data) == POISON
    assert kernel.memory.used == 0
    assert not folio_try_get(folio)
    again = kernel.memory.alloc()
    assert again is folio
    assert bytes(folio.data) == bytes(4)


@pytest.mark.parametrize("act", [folio_get, folio_put])
def test_a_free_page_has_no_reference_to_take_or_drop(act: Callable[[Folio], None]) -> None:
    kernel, _ = kernel_with(0)
    folio = kernel.memory.alloc()
    assert folio is not None
    folio_put(folio)
    with pytest.raises(Oops) as caught:
        act(folio)
    assert caught.value.check in ("use-after-free", "refcount")


def test_memory_may_run_out() -> None:
    kernel, mm = kernel_with(2)
    kernel.memory = PageAllocator(kernel, 1)
    assert mmap(mm, 8, 2) == 0
    assert cpu_write(mm, 8, 0, b"a") is None
    signal = cpu_write(mm, 9, 0, b"a")
    assert signal is not None
    assert signal.name == "OOM"
    assert cpu_read(mm, 9) == b"\0"  # the page of zeros needs no memory
    munmap(mm, 8, 1)
    assert cpu_write(mm, 9, 0, b"a") is None


def test_a_device_page_is_handed_out_once() -> None:
    kernel, _ = kernel_with(0)
    device = SmallDevice(kernel)
    folio = device.take()
    assert folio.lock.locked()
    with pytest.raises(Oops, match="handed out while 1 references"):
        zone_device_page_init(folio)
    folio.lock.unlock()
    folio_put(folio)
    assert len(device.free) == 4


def test_zone_device_data_may_change_while_nobody_can_reach_the_page() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    folio = mapped(mm)
    with pytest.raises(Oops, match="zone_device_data") as caught:
        folio.set_zone_device_data("other")
    assert caught.value.check == "backpointer"
    assert cpu_read(mm, 0) == b"\1"
    assert folio.refcount == 0
    folio.set_zone_device_data("free, so anybody's")


# ---- each check finds what it is there for


def test_entries_and_mapcount_must_agree() -> None:
    kernel, mm = kernel_with(1)
    mapped(mm).mapcount = 2
    mapped(mm).touched()
    with pytest.raises(Oops, match="mapcount") as caught:
        kernel.check()
    assert caught.value.check == "refcount"


def test_an_entry_holds_a_reference() -> None:
    kernel, mm = kernel_with(1)
    with mm.ptl:
        mm.set_pte(8, present(mapped(mm), False))
    mapped(mm).mapcount += 1
    with pytest.raises(Oops, match="1 references, but 2 entries"):
        kernel.check()


def test_a_page_is_not_freed_while_entries_map_it() -> None:
    _, mm = kernel_with(1)
    with pytest.raises(Oops) as caught:
        folio_put(mapped(mm))
    assert caught.value.check == "use-after-free"


def test_a_migration_entry_means_a_locked_page() -> None:
    kernel, mm = kernel_with(1)
    folio = mapped(mm)
    with mm.ptl:
        mm.set_pte(0, migration(folio, True))
    folio.mapcount = 0
    with pytest.raises(Oops) as caught:
        kernel.check()
    assert caught.value.check == "page-lock"


def test_a_page_table_changes_under_its_lock_only() -> None:
    _, mm = kernel_with(1)
    with pytest.raises(Oops) as caught:
        mm.set_pte(0, NONE)
    assert caught.value.check == "lock-held"


def test_a_reference_that_nobody_gives_back_is_a_leak() -> None:
    kernel, mm = kernel_with(1)
    kernel.finish()
    folio_get(mapped(mm))
    with pytest.raises(Oops, match="left with 2 references") as caught:
        kernel.finish()
    assert caught.value.check == "leak"


def test_a_page_that_nobody_maps_is_a_leak() -> None:
    kernel, mm = kernel_with(1)
    assert kernel.memory.alloc() is not None
    with pytest.raises(Oops, match="2 pages of RAM are in use") as caught:
        kernel.finish()
    assert caught.value.check == "leak"
    assert mm.mm_users.value == 1


def test_a_lock_that_is_left_is_a_leak() -> None:
    kernel, mm = kernel_with(1)
    mapped(mm).lock.lock()
    with pytest.raises(Oops, match="left locked"):
        kernel.finish()


def test_the_end_of_an_address_space_gives_everything_back() -> None:
    kernel, mm = kernel_with(3)
    SmallDevice(kernel).bring(mm, 1)
    mmap(mm, 8, 2, shared=True)
    cpu_write(mm, 8, 0, b"s")
    mmput(mm)
    kernel.check()
    kernel.finish()
    assert kernel.memory.used == 0
    assert mm.page_table == {}
