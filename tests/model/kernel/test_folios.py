# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Folios: references, allocation, what a free page is, and the checks that look at all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.progress import Progress
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statehash import value_hash
from svmcheck.checker.schedule.strategies.states import States
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.access import cpu_read, cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.exit import mmput
from svmcheck.model.kernel.mm.migrate import migrate_vma_finalize
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
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from svmcheck.specs.verdict import Verdict
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


def _freed(order: list[int]) -> tuple[Kernel, list[Folio]]:
    """Two pages, given back by the tasks named, one after the other; the pages are what is left to refer to."""
    kernel, _ = kernel_with(0)
    folios = [kernel.memory.alloc() for _ in order]
    found = [folio for folio in folios if folio is not None]
    for folio, number in zip(found, order, strict=True):
        sched.current().number = number
        folio_put(folio)
    sched.current().number = 0
    return kernel, found


def test_free_pages_that_nobody_refers_to_are_no_state() -> None:
    """One task allocates and another frees, again and again: the free list grows, and the state comes back."""
    assert len({value_hash(_freed(order)[0]) for order in ([], [0], [1], [0, 0], [0, 1], [1, 0], [1, 1])}) == 1


def test_pages_in_use_are_counted_though_nobody_can_reach_them() -> None:
    kernel, _ = kernel_with(0)
    before = value_hash(kernel)
    kernel.memory.alloc()
    assert value_hash(kernel) != before


def test_who_reuses_a_page_and_when_is_state_while_somebody_refers_to_it() -> None:
    def stale(order: list[int], which: int = 0) -> bytes:
        kernel, folios = _freed(order)
        return value_hash([kernel, folios[which]])

    assert stale([0]) != stale([1]), "another task reuses it"
    assert stale([0]) != stale([0, 0]), "another page is reused before it"
    assert stale([0]) == stale([0, 1]) == stale([0, 0], which=1), "other lists, and pages below, make no difference"


def test_a_reused_page_is_as_good_as_a_new_one() -> None:
    def allocated(reused: bool) -> bytes:
        kernel, _ = kernel_with(0)
        folio = kernel.memory.alloc()
        if reused and folio is not None:
            folio.zone_device_data = "of somebody else"
            folio_put(folio)
            folio = kernel.memory.alloc()
        return value_hash([kernel, folio])

    assert allocated(True) == allocated(False)


def test_a_page_that_goes_to_and_fro_for_ever_is_a_livelock() -> None:
    """The faulting task allocates what the migrating one frees: every round has to end in the states it began with."""

    def setup() -> World:
        kernel = Kernel(Config())
        mm = kernel.new_mm("mm")
        assert mmap(mm, 0, 1) == 0
        assert cpu_write(mm, 0, 0, b"\1") is None
        device = SmallDevice(kernel, 1)

        def mover() -> None:
            while True:
                mm.mmap_lock.down_read()
                args = device.collect(mm, 0)
                if args.cpages and device.free:
                    device.finish(args)
                else:
                    migrate_vma_finalize(args)
                mm.mmap_lock.up_read()

        def cpu() -> None:
            with sched.pending("access"):
                cpu_read(mm, 0)

        sched.spawn("cpu", cpu)
        sched.spawn("mover", mover, daemon=True)
        return kernel.world()

    states = States(2_000)
    runtime = Runtime(Greenlets(), states)
    while states.begin(runtime):
        assert runtime.run(setup).failure is None
    assert states.complete
    found = {judged.property: judged.verdict for judged in Progress(states.space).judge()}
    assert found["access"] is Verdict.VIOLATED
