# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""System calls on an address space, alone: what they leave behind, and what drivers hear of them."""

from __future__ import annotations

from errno import EEXIST, EFAULT, EINVAL, ENOMEM

import pytest

from svmcheck.model.kernel.mm.access import Signal, cpu_read, cpu_write
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.exclusive import make_device_exclusive
from svmcheck.model.kernel.mm.exit import mmput
from svmcheck.model.kernel.mm.fork import fork
from svmcheck.model.kernel.mm.mmap import madvise_dontneed, mmap, mprotect, munmap
from svmcheck.model.kernel.mm.mmu_notifier import Event, mmu_interval_notifier_insert
from svmcheck.model.kernel.mm.mremap import mremap
from svmcheck.model.kernel.mm.oom import oom_reap_task_mm
from svmcheck.model.kernel.mm.page import put_page
from svmcheck.model.kernel.mm.pte import DEVICE_EXCLUSIVE, DEVICE_PRIVATE, EMPTY, PRESENT, PROTNONE
from svmcheck.model.kernel.sched import Oops
from tests.model.kernel.small import Listener, SmallDevice, kernel_with


def events(listener: Listener) -> list[tuple[Event, int, int]]:
    found = [(heard.event, heard.start, heard.end) for heard in listener.heard]
    listener.heard.clear()
    return found


def listening(mm: Mm) -> Listener:
    listener = Listener()
    mmu_interval_notifier_insert(mm, 0, 100, listener)
    return listener


# ---- faults


def test_memory_begins_as_zeros_shared_by_all_readers() -> None:
    kernel, mm = kernel_with(0)
    mmap(mm, 0, 2)
    assert cpu_read(mm, 0, 0, 4) == bytes(4)
    assert mm.pte(0).folio is kernel.zero_page
    assert kernel.memory.used == 0
    assert cpu_write(mm, 0, 3, b"x") is None
    assert cpu_read(mm, 0, 0, 4) == b"\0\0\0x"
    assert kernel.memory.used == 1


def test_accesses_that_no_vma_allows() -> None:
    _, mm = kernel_with(1)
    mmap(mm, 4, 1, writable=False)
    assert cpu_read(mm, 9) is Signal.SIGSEGV
    assert cpu_write(mm, 4, 0, b"x") is Signal.SIGSEGV
    assert cpu_read(mm, 4) == b"\0"


def test_shared_memory_is_one_memory() -> None:
    kernel, mm = kernel_with(0)
    mmap(mm, 0, 1, shared=True)
    cpu_write(mm, 0, 0, b"a")
    child = fork(mm, "child")
    assert child is not None
    cpu_write(child, 0, 1, b"b")
    assert cpu_read(mm, 0, 0, 2) == b"ab"
    mremap(mm, 0, 1, 5)
    assert cpu_read(mm, 5, 0, 2) == b"ab"
    mmput(child)
    mmput(mm)
    kernel.check()
    assert kernel.memory.used == 0


# ---- mmap() and munmap()


def test_mmap_does_not_replace() -> None:
    _, mm = kernel_with(2)
    assert mmap(mm, 1, 2) == -EEXIST


def test_munmap_cuts_vmas_and_frees_pages() -> None:
    kernel, mm = kernel_with(5)
    listener = listening(mm)
    assert munmap(mm, 1, 2) == 0
    assert [(vma.start, vma.end) for vma in mm.vmas] == [(0, 1), (3, 5)]
    assert [cpu_read(mm, page) for page in (0, 3, 4)] == [b"\1", b"\4", b"\5"]
    assert cpu_read(mm, 1) is Signal.SIGSEGV
    assert events(listener) == [(Event.UNMAP, 1, 3)]
    assert kernel.memory.used == 3
    assert munmap(mm, 20, 3) == 0
    assert events(listener) == []


def test_munmap_frees_device_pages() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    device.bring(mm, 0, 2)
    munmap(mm, 0, 1)
    kernel.check()
    assert len(device.free) == 3
    assert cpu_read(mm, 1) == b"\2"


def test_madvise_keeps_the_vma() -> None:
    kernel, mm = kernel_with(2)
    listener = listening(mm)
    assert madvise_dontneed(mm, 0, 2) == 0
    assert events(listener) == [(Event.CLEAR, 0, 2)]
    assert kernel.memory.used == 0
    assert cpu_read(mm, 0) == b"\0"
    assert madvise_dontneed(mm, 1, 2) == -ENOMEM


# ---- mprotect()


def test_mprotect_takes_away_at_once_and_gives_by_faults() -> None:
    _, mm = kernel_with(3)
    folio = mm.pte(1).folio
    listener = listening(mm)
    assert mprotect(mm, 1, 1, True, False) == 0
    assert events(listener) == [(Event.PROTECTION_VMA, 1, 2)]
    assert cpu_write(mm, 1, 0, b"x") is Signal.SIGSEGV
    assert mprotect(mm, 1, 1, True, True) == 0
    assert not mm.pte(1).write
    assert cpu_write(mm, 1, 0, b"x") is None
    assert mm.pte(1).folio is folio, "the page is used again, as nobody else has it"
    assert len(mm.vmas) == 3


def test_prot_none_keeps_the_page() -> None:
    _, mm = kernel_with(1)
    mprotect(mm, 0, 1, False, False)
    assert mm.pte(0).kind == PROTNONE
    assert cpu_read(mm, 0) is Signal.SIGSEGV
    mprotect(mm, 0, 1, True, False)
    assert cpu_read(mm, 0) == b"\1"


def test_mprotect_of_what_is_not_there() -> None:
    _, mm = kernel_with(1)
    assert mprotect(mm, 0, 2, True, False) == -ENOMEM
    assert mm.vmas[0].writable


def test_device_pages_become_read_only_by_any_mprotect() -> None:
    kernel, mm = kernel_with(1)
    SmallDevice(kernel).bring(mm, 0)
    mprotect(mm, 0, 1, True, False)
    mprotect(mm, 0, 1, True, True)
    assert not mm.pte(0).write
    assert cpu_write(mm, 0, 1, b"x") is None
    assert cpu_read(mm, 0, 0, 2) == b"\1x"


# ---- mremap()


@pytest.mark.parametrize("on_device", [False, True])
def test_mremap_moves_entries_as_they_are(on_device: bool) -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    if on_device:
        device.bring(mm, 0, 2)
    before = mm.pte(0), mm.pte(1)
    listener = listening(mm)
    assert mremap(mm, 0, 2, 10) == 0
    assert (mm.pte(10), mm.pte(11)) == before
    assert mm.pte(0).kind == EMPTY
    assert {heard[1:] for heard in events(listener)} == {(0, 2)}, "nobody hears of the new addresses"
    device.evict()
    kernel.check()
    assert [cpu_read(mm, 10), cpu_read(mm, 11), cpu_read(mm, 0)] == [b"\1", b"\2", Signal.SIGSEGV]


def test_mremap_may_leave_the_old_vma_empty() -> None:
    _, mm = kernel_with(1)
    assert mremap(mm, 0, 1, 10, dontunmap=True) == 0
    assert cpu_read(mm, 10) == b"\1"
    assert cpu_read(mm, 0) == b"\0"
    assert cpu_write(mm, 0, 0, b"n") is None
    assert cpu_read(mm, 10) == b"\1"


def test_mremap_unmaps_what_is_in_the_way() -> None:
    kernel, mm = kernel_with(4)
    assert mremap(mm, 0, 1, 2) == 0
    assert cpu_read(mm, 2) == b"\1"
    assert kernel.memory.used == 3
    assert mremap(mm, 2, 2, 3) == -EINVAL
    assert mremap(mm, 50, 1, 60) == -EFAULT


# ---- fork()


def test_private_memory_is_copied_when_somebody_writes() -> None:
    kernel, mm = kernel_with(1)
    listener = listening(mm)
    child = fork(mm, "child")
    assert child is not None
    assert (Event.PROTECTION_PAGE, 0, 1) in events(listener)
    assert child.subscriptions is None
    assert mm.pte(0) is child.pte(0)
    assert cpu_write(mm, 0, 0, b"p") is None
    assert cpu_write(child, 0, 0, b"c") is None
    assert (cpu_read(mm, 0), cpu_read(child, 0)) == (b"p", b"c")
    mmput(child)
    kernel.check()
    kernel.finish()


def test_a_device_page_has_two_owners_after_fork_and_one_fault_moves_both() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    child = fork(mm, "child")
    assert child is not None
    folio = mm.pte(0).folio
    assert folio is not None
    assert (folio.mapcount, folio.refcount) == (2, 2)
    assert cpu_read(child, 0) == b"\1"
    kernel.check()
    assert mm.pte(0).kind == PRESENT
    assert len(device.free) == 4
    assert cpu_write(mm, 0, 0, b"p") is None
    assert cpu_read(child, 0) == b"\1"


def test_a_page_lent_to_a_device_comes_back_when_the_process_forks() -> None:
    kernel, mm = kernel_with(1)
    folio = make_device_exclusive(mm, 0, None)
    assert not isinstance(folio, int)
    assert mm.pte(0).kind == DEVICE_EXCLUSIVE
    assert fork(mm, "too early") is None, "the device has it locked"
    folio.lock.unlock()
    put_page(folio)
    child = fork(mm, "child")
    assert child is not None
    assert mm.pte(0).kind == child.pte(0).kind == PRESENT
    kernel.check()


def test_without_write_protection_the_parents_write_shows_in_the_child() -> None:
    _, mm = kernel_with(1, write_protect="child-only")
    child = fork(mm, "child")
    assert child is not None
    cpu_write(mm, 0, 0, b"p")
    with pytest.raises(Oops) as caught:
        cpu_read(child, 0)
    assert caught.value.check == "data-coherence"


# ---- pages lent to a device


def test_an_access_takes_the_page_back() -> None:
    kernel, mm = kernel_with(1)
    listener = listening(mm)
    folio = make_device_exclusive(mm, 0, "device")
    assert not isinstance(folio, int)
    folio.lock.unlock()
    put_page(folio)
    assert [(heard.event, heard.owner) for heard in listener.heard] == [(Event.EXCLUSIVE, "device")]
    listener.heard.clear()
    assert cpu_write(mm, 0, 0, b"x") is None
    assert [(heard.event, heard.owner) for heard in listener.heard] == [(Event.EXCLUSIVE, None)]
    assert mm.pte(0).folio is folio
    kernel.check()
    kernel.finish()


def test_only_anonymous_writable_memory_is_lent() -> None:
    _, mm = kernel_with(0)
    mmap(mm, 0, 1, writable=False)
    assert make_device_exclusive(mm, 0, None) == -EFAULT
    assert make_device_exclusive(mm, 7, None) == -EFAULT
    mmap(mm, 8, 1, shared=True)
    assert isinstance(make_device_exclusive(mm, 8, None), int)


# ---- the OOM reaper


def test_the_oom_reaper_takes_what_it_can_have_without_waiting() -> None:
    kernel, mm = kernel_with(2)
    SmallDevice(kernel).bring(mm, 0)
    listener = listening(mm)
    listener.refuses = True
    assert not oom_reap_task_mm(mm)
    assert mm.pte(0).kind == DEVICE_PRIVATE
    assert mm.subscriptions is not None
    assert mm.subscriptions.active_invalidate_ranges == 0
    listener.refuses = False
    assert oom_reap_task_mm(mm)
    assert mm.page_table == {}
    kernel.check()


def test_a_refused_bracket_is_not_ended_twice() -> None:
    _, mm = kernel_with(1, refused="ends-again")
    listening(mm).refuses = True
    with pytest.raises(Oops) as caught:
        oom_reap_task_mm(mm)
    assert caught.value.check == "notifier"
