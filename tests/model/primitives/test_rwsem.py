# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who waits for whom at an rwsem: later readers for writers that wait, later writers for readers that wait."""

from __future__ import annotations

import pytest

from svmcheck.specs.verdict import Grade
from tests.model.primitives.deciding import engines_disagree, results, steps_to, undecided, variant, violated

TURNS = variant("rwsems", "Turns", readers=2)
WRITERS_FIRST = variant("rwsems", "WritersFirst")
TOGETHER = variant("rwsems", "Together")
TRIES = variant("rwsems", "Tries")
ALL = (TURNS, WRITERS_FIRST, TOGETHER, TRIES)


def test_nobody_starves_where_each_has_a_turn() -> None:
    assert violated(TURNS) == {}
    assert undecided(TURNS) == set()
    assert any("hand-over of lock is strongly fair" in a for a in results(TURNS)["read-completes"].assumptions)


def test_writers_that_come_for_ever_keep_a_reader_out_where_they_pass_it() -> None:
    assert set(violated(WRITERS_FIRST)) == {"read-completes", "system-progress"}
    assert results(WRITERS_FIRST)["read-completes"].grade is Grade.ADVERSARIAL


def test_a_reader_that_waits_for_a_later_one_deadlocks_with_a_writer_between_them() -> None:
    assert set(violated(TOGETHER)) == {"no-deadlock", "no-partial-deadlock"}
    assert steps_to("no-deadlock", TOGETHER) == 3


def test_a_trylock_passes_nobody_who_waits() -> None:
    assert violated(TRIES) == {}


@pytest.mark.parametrize("chosen", ALL, ids=lambda chosen: chosen[1])
def test_engines_agree(chosen: tuple[str, str, tuple[tuple[str, str], ...]]) -> None:
    assert engines_disagree([chosen]) == []
