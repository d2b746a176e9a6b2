# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""do_swap_page() in its four generations: what each makes of threads that touch the same device page."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.progress import Progress
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.states import States
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.mm.access import cpu_read
from svmcheck.model.kernel.mm.address_space import Mm
from svmcheck.model.kernel.sched import Oops
from svmcheck.specs.verdict import Grade, Verdict
from tests.model.kernel.small import explore, failures, faulting, sample


def touch(mm: Mm, _: int) -> None:
    with sched.pending("fault"):
        if cpu_read(mm, 0) != b"\1":
            raise Oops("test", "wrong data")


def graded(threads: int, **options: object) -> tuple[Verdict, Grade | None]:
    """Does every fault complete, decided on all states."""
    strategy = States(20_000)
    runtime = Runtime(Greenlets(), strategy)
    while strategy.begin(runtime):
        runtime.run(faulting(threads, touch, **options))
    assert strategy.complete
    (judged,) = [found for found in Progress(strategy.space).judge() if found.property == "fault"]
    return judged.verdict, judged.grade


@pytest.mark.parametrize("generation", ["g0", "g1", "g2", "g3"])
@pytest.mark.parametrize("driver_lock", [False, True])
def test_two_threads_read_the_right_data_whatever_the_schedule(generation: str, driver_lock: bool) -> None:
    """A run may be long where a fair loop exists; none that ends is wrong."""
    runs = sample(faulting(2, touch, generation=generation, driver_lock=driver_lock), 100)
    assert failures(runs) == {}


@pytest.mark.parametrize("driver_lock", [False, True])
def test_g3_has_few_traces_and_all_end(driver_lock: bool) -> None:
    explored, failure = explore(faulting(2, touch, generation="g3", driver_lock=driver_lock))
    assert failure is None
    assert explored.complete
    assert explored.traces > 2


def test_a_lock_of_the_driver_makes_g1_a_livelock_that_nothing_ends_if_threads_fault_again_at_once() -> None:
    assert graded(2, generation="g1", driver_lock=True, urgent_refault=True) == (Verdict.VIOLATED, Grade.INEVITABLE)


def test_with_other_timing_the_livelock_is_one_of_bad_luck() -> None:
    assert graded(2, generation="g1", driver_lock=True) == (Verdict.VIOLATED, Grade.ADVERSARIAL)


def test_without_the_driver_lock_g1_can_always_get_through() -> None:
    assert graded(2, generation="g1", urgent_refault=True) == (Verdict.VIOLATED, Grade.ADVERSARIAL)


@pytest.mark.parametrize("generation", ["g2", "g3"])
@pytest.mark.parametrize("driver_lock", [False, True])
def test_the_page_lock_ends_the_livelock(generation: str, driver_lock: bool) -> None:
    """Only the thread that has the page lock takes a reference."""
    assert graded(2, generation=generation, driver_lock=driver_lock) == (Verdict.HOLDS, None)


def test_one_thread_alone_needs_no_luck_in_any_generation() -> None:
    for generation in ("g0", "g1", "g2", "g3"):
        assert graded(1, generation=generation, driver_lock=True) == (Verdict.HOLDS, None)


def test_who_forgets_to_tell_which_page_faulted_never_migrates_it() -> None:
    """From g2 on migrate_vma_setup() tries to lock the fault page, which do_swap_page() has locked."""
    assert graded(1, generation="g3", fault_page="missing") == (Verdict.VIOLATED, Grade.INEVITABLE)


def test_the_page_is_unlocked_before_its_last_reference_goes() -> None:
    _, failure = explore(faulting(1, touch, generation="g3", release="put-then-unlock"))
    assert failure is not None
    assert failure.check == "page-lock"


def test_waiting_with_a_reference_can_defeat_the_migration_that_is_waited_for() -> None:
    """Before ffa65753c431: the sleeper's reference is one too many for folio_migrate_mapping()."""
    verdict, _ = graded(2, generation="g2", entry_wait="reference")
    assert verdict is Verdict.VIOLATED


@pytest.mark.parametrize("generation", ["g1", "g2", "g3"])
def test_an_entry_is_compared_again_under_its_lock(generation: str) -> None:
    """The page that the entry named when it was read without the lock may be free by now."""
    _, failure = explore(faulting(2, touch, generation=generation, pte_same="skipped"))
    assert failure is not None
    assert failure.check == "use-after-free"
