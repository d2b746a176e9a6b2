# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault(): what is found, what is faulted in, and which errors are for good."""

from __future__ import annotations

from errno import EBUSY, EFAULT, EPERM

from svmcheck.model.kernel.mm.access import cpu_read
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.mm.hmm import ERROR, NOTHING, REQ_FAULT, REQ_WRITE, HmmPfn, HmmRange, hmm_range_fault
from svmcheck.model.kernel.mm.mmap import madvise_dontneed, mmap, mprotect
from svmcheck.model.kernel.mm.mmu_notifier import mmu_interval_notifier_insert, mmu_interval_read_begin
from svmcheck.model.kernel.mm.pte import DEVICE_PRIVATE, EMPTY, PRESENT
from tests.model.kernel.small import Listener, SmallDevice, kernel_with


def ask(
    mm: Mm, start: int, end: int, flags: int = 0, owner: object = None, requests: list[int] | None = None
) -> tuple[int, list[HmmPfn]]:
    """The error and the answer, as a driver would ask."""
    if mm.subscriptions is None:
        mmu_interval_notifier_insert(mm, 0, 100, Listener())
    assert mm.subscriptions is not None
    sub = mm.subscriptions.tree[0]
    found = HmmRange(sub, mmu_interval_read_begin(sub), start, end, flags, 3, owner, requests or [])
    mm.mmap_lock.down_read()
    err = hmm_range_fault(found)
    mm.mmap_lock.up_read()
    return err, found.hmm_pfns


def test_a_snapshot_takes_what_is_there_and_faults_nothing() -> None:
    kernel, mm = kernel_with(1)
    mmap(mm, 1, 1)
    mmap(mm, 3, 1, readable=False, writable=False)
    err, pfns = ask(mm, 0, 5)
    assert err == 0
    assert pfns == [HmmPfn(mm.pte(0).folio, True), NOTHING, ERROR, ERROR, ERROR]
    assert kernel.memory.used == 1


def test_what_is_asked_for_is_faulted_in() -> None:
    kernel, mm = kernel_with(0)
    mmap(mm, 0, 2)
    err, pfns = ask(mm, 0, 2, REQ_FAULT)
    assert err == 0
    assert pfns == [HmmPfn(kernel.zero_page, False)] * 2
    err, _ = ask(mm, 0, 2, REQ_FAULT | REQ_WRITE)
    assert err == -EBUSY, "replacing the page of zeros is an invalidation of its own"
    err, pfns = ask(mm, 0, 1, REQ_FAULT | REQ_WRITE)
    assert err == 0
    assert pfns == [HmmPfn(mm.pte(0).folio, True)]


def test_one_page_asked_for_faults_in_those_after_it_too() -> None:
    """hmm_vma_fault() goes on to the end of the range that was walked, whatever was asked of the rest."""
    kernel, mm = kernel_with(0)
    mmap(mm, 0, 3)
    err, pfns = ask(mm, 0, 3, requests=[0, REQ_FAULT | REQ_WRITE, 0])
    assert err == 0
    assert pfns[0] == NOTHING
    assert kernel.memory.used == 2
    assert mm.pte(0).kind == EMPTY
    assert mm.pte(2).kind == PRESENT


def test_an_own_page_after_a_hole_goes_back_unless_the_page_is_faulted_alone() -> None:
    for reach, kind in (("to-the-end", PRESENT), ("page-alone", DEVICE_PRIVATE)):
        kernel, mm = kernel_with(2, fault_reach=reach)
        device = SmallDevice(kernel)
        device.bring(mm, 1)
        madvise_dontneed(mm, 0, 1)
        err, _ = ask(mm, 0, 2, owner=device, requests=[REQ_FAULT | REQ_WRITE, 0])
        assert err == (-EBUSY if reach == "to-the-end" else 0), "the way back is an invalidation of its own"
        assert mm.pte(1).kind == kind


def test_pages_of_any_device_are_reported_if_owners_are_not_compared() -> None:
    kernel, mm = kernel_with(1, owner_match="any")
    SmallDevice(kernel).bring(mm, 0, 1)
    assert ask(mm, 0, 1, REQ_FAULT, "another device") == (0, [HmmPfn(mm.pte(0).folio, True)])


def test_pages_of_the_callers_device_stay_and_others_come_back() -> None:
    kernel, mm = kernel_with(2)
    device = SmallDevice(kernel)
    device.bring(mm, 0, 2)
    err, pfns = ask(mm, 0, 2, REQ_FAULT, device)
    assert err == 0
    assert pfns == [HmmPfn(mm.pte(i).folio, True) for i in range(2)]
    assert mm.pte(0).kind == DEVICE_PRIVATE
    assert ask(mm, 0, 2) == (0, [NOTHING, NOTHING])
    err, _ = ask(mm, 0, 2, REQ_FAULT, "another device")
    assert err == -EBUSY
    assert ask(mm, 0, 2, REQ_FAULT, "another device")[0] == 0
    assert mm.pte(0).kind == PRESENT
    kernel.check()


def test_a_shared_page_of_the_own_device_is_given_read_only_even_for_a_write() -> None:
    kernel, mm = kernel_with(1)
    device = SmallDevice(kernel)
    device.bring(mm, 0)
    mprotect(mm, 0, 1, True, False)
    mprotect(mm, 0, 1, True, True)
    err, pfns = ask(mm, 0, 1, REQ_FAULT | REQ_WRITE, device)
    assert (err, pfns[0].write) == (0, False)


def test_errors_for_good() -> None:
    _, mm = kernel_with(1)
    mmap(mm, 1, 1, writable=False)
    mmap(mm, 2, 1, readable=False, writable=False)
    mmap(mm, 3, 1)
    mm.vmas[3].io = True
    assert ask(mm, 1, 2, REQ_FAULT | REQ_WRITE)[0] == -EPERM
    assert ask(mm, 2, 3, REQ_FAULT)[0] == -EFAULT
    assert ask(mm, 3, 4, REQ_FAULT)[0] == -EFAULT
    assert ask(mm, 9, 10, REQ_FAULT)[0] == -EFAULT
    assert ask(mm, 0, 3, requests=[REQ_FAULT, 0, 0])[0] == 0


def test_a_range_that_was_invalidated_is_busy() -> None:
    _, mm = kernel_with(1)
    sub = mmu_interval_notifier_insert(mm, 0, 100, Listener())
    seq = mmu_interval_read_begin(sub)
    madvise_dontneed(mm, 0, 1)
    assert hmm_range_fault(HmmRange(sub, seq, 0, 1, REQ_FAULT)) == -EBUSY
    assert mm.pte(0).kind == EMPTY
    assert cpu_read(mm, 0) == b"\0"
