# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""synchronize() waits for the readers that are there when it begins, and for no others."""

from __future__ import annotations

import pytest

from svmcheck.checker.lockorder.analyse import analyse
from tests.model.primitives.deciding import Variant, engines_disagree, program, results, undecided, variant, violated

TWO_UPDATERS = variant("srcus", "Lookup", updaters=2, endless_readers=True)
SKIPPED = variant("srcus", "Lookup", waits=False)
ENDLESS = variant("srcus", "Lookup", endless_readers=True)
UNDER_A_LOCK = variant("srcus", "UnderALock")


@pytest.mark.parametrize("chosen", [variant("srcus", "Lookup"), TWO_UPDATERS])
def test_what_is_freed_after_a_grace_period_nobody_uses(chosen: Variant) -> None:
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_without_waiting_a_reader_uses_what_is_freed() -> None:
    assert set(violated(SKIPPED)) == {"no-use-after-free"}


def test_readers_that_come_later_keep_nobody_waiting() -> None:
    assert violated(ENDLESS) == {}
    assert "weak fairness of every process" in results(ENDLESS)["update-completes"].assumptions


def test_a_reader_that_came_later_may_wait_for_what_follows() -> None:
    assert violated(variant("srcus", "Late")) == {}


def test_one_that_was_there_may_not() -> None:
    assert "no-deadlock" in violated(variant("srcus", "Late", late_reader="comes-when-it-likes"))


@pytest.mark.parametrize(
    ("what", "property", "message"),
    [
        ("unlocks-twice", "no-unlock-by-non-owner", "in no read section"),
        ("synchronizes-inside", "no-self-deadlock", "in a read section, which it waits for"),
        ("never-unlocks", "no-lock-held-at-end", "ends with srcu held"),
        ("nests-four-times", "bounds", "more than 3 read sections"),
    ],
)
def test_misuse(what: str, property: str, message: str) -> None:
    found = violated(variant("srcus", "Misuse", what=what))
    assert set(found) == {property}
    assert message in found[property]


@pytest.mark.parametrize("what", ["nothing", "nests-three-times"])
def test_proper_use(what: str) -> None:
    assert violated(variant("srcus", "Misuse", what=what)) == {}


def test_waiting_for_readers_is_waiting_for_their_locks() -> None:
    assert "no-deadlock" in violated(UNDER_A_LOCK)
    assert [cycle.text for cycle in analyse(program(UNDER_A_LOCK)).cycles] == ["lock -> srcu -> lock"]


def test_the_engines_agree() -> None:
    late = variant("srcus", "Late")
    assert engines_disagree([TWO_UPDATERS, SKIPPED, ENDLESS, late, UNDER_A_LOCK]) == []
