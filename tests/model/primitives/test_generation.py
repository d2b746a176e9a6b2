# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A number that never comes round: what it says is exact, where a modulo number misses changes."""

from __future__ import annotations

import pytest

from tests.model.primitives.deciding import engines_disagree, results, steps_to, undecided, variant, violated

THREE_CHANGES = variant("generations", "Bumped", readers=2, changers=3)
ROUND = variant("generations", "Bumped", asks="modulo-two")


@pytest.mark.parametrize("changers", [1, 2, 3])
@pytest.mark.parametrize("readers", [1, 2])
def test_each_reader_is_told_of_each_change(readers: int, changers: int) -> None:
    chosen = variant("generations", "Bumped", readers=readers, changers=changers)
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_a_number_that_comes_round_misses_two_changes() -> None:
    """Look, change, change, ask."""
    assert set(violated(ROUND)) == {"changed-is-what-was-changed"}
    assert steps_to("changed-is-what-was-changed", ROUND) == 4


def test_a_number_that_comes_round_sees_one() -> None:
    assert violated(variant("generations", "Bumped", asks="modulo-two", changers=1)) == {}


def test_who_never_looked_has_nothing_that_is_current() -> None:
    assert violated(variant("generations", "Never")) == {}


def test_forgetting_in_the_step_of_the_question_keeps_states_fewer() -> None:
    def states(forgets: bool) -> int:
        chosen = variant("generations", "Bumped", readers=2, changers=1, forgets=forgets)
        return results(chosen)["no-deadlock"].states

    assert states(True) < states(False)


def test_the_engines_agree() -> None:
    assert engines_disagree([THREE_CHANGES, ROUND]) == []
