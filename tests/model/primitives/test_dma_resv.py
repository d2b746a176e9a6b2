# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who waits for a usage waits for all fences of it and of stronger ones, and for those only."""

from __future__ import annotations

import pytest

from svmcheck.checker.lockorder.analyse import analyse
from tests.model.primitives.deciding import Variant, engines_disagree, program, undecided, variant, violated

SHARED = variant("reservations", "Shared")
STREAM = variant("reservations", "Stream")
UNDER_A_LOCK = variant("reservations", "WaitsUnderALock")
USAGES = ["kernel", "write", "read", "bookkeep"]


def memory(job_adds: str, eviction_waits: str, **settings: object) -> Variant:
    return variant("reservations", "Memory", job_adds=job_adds, eviction_waits=eviction_waits, **settings)


@pytest.mark.parametrize("waits", USAGES[1:])
@pytest.mark.parametrize("adds", USAGES)
def test_waiting_for_a_usage_includes_those_before_it(adds: str, waits: str) -> None:
    kept = USAGES.index(adds) <= USAGES.index(waits)
    assert set(violated(memory(adds, waits))) == (set() if kept else {"memory-stays-while-a-job-runs"})


@pytest.mark.parametrize(("adds", "waits"), [("nothing", "bookkeep"), ("read", "not-at-all")])
def test_without_a_fence_or_without_waiting_memory_moves_away(adds: str, waits: str) -> None:
    assert set(violated(memory(adds, waits))) == {"memory-stays-while-a-job-runs"}


@pytest.mark.parametrize("waits", ["bookkeep", "tests-only"])
def test_several_jobs(waits: str) -> None:
    chosen = memory("read", waits, jobs=2)
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_one_fence_in_two_reservations() -> None:
    assert violated(SHARED) == {}


def test_jobs_that_follow_keep_nobody_waiting() -> None:
    assert violated(STREAM) == {}
    assert undecided(STREAM) == set()


def test_the_last_of_as_many_as_there_is_room_for_is_waited_for() -> None:
    assert violated(variant("reservations", "Full")) == {}


def test_what_is_signalled_makes_room() -> None:
    assert violated(variant("reservations", "OneOfFour")) == {}


@pytest.mark.parametrize(
    ("what", "property", "message"),
    [
        ("adds-without-lock", "no-reservation-misuse", "added without the lock"),
        ("reserves-without-lock", "no-reservation-misuse", "reserved without the lock"),
        ("adds-without-slot", "no-reservation-misuse", "no slot was reserved"),
        ("adds-in-a-slot-of-before", "no-reservation-misuse", "no slot was reserved"),
        ("adds-two-in-one-slot", "no-reservation-misuse", "no slot was reserved"),
        ("adds-unsubmitted", "no-reservation-misuse", "never submitted"),
        ("adds-five", "bounds", "too many fences"),
    ],
)
def test_misuse(what: str, property: str, message: str) -> None:
    found = violated(variant("reservations", "Misuse", what=what))
    assert set(found) == {property}
    assert message in found[property]


def test_proper_use() -> None:
    assert violated(variant("reservations", "Misuse")) == {}


def test_waiting_for_fences_is_waiting_for_the_locks_of_who_signals_them() -> None:
    assert "no-deadlock" in violated(UNDER_A_LOCK)
    assert [cycle.text for cycle in analyse(program(UNDER_A_LOCK)).cycles] == ["fences -> lock -> fences"]


def test_the_engines_agree() -> None:
    chosen = [memory("bookkeep", "read"), memory("read", "bookkeep", jobs=2)]
    assert engines_disagree([*chosen, SHARED, STREAM, UNDER_A_LOCK]) == []
