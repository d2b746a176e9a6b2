# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What makes a loop a livelock, judged from moments written by hand and from loops that are gone round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.livelock import Moment, refuted, starved
from svmcheck.checker.schedule.progress import Lasso, Progress
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.checker.schedule.view import View
from tests.checker.schedule.miniature import explored, livelock

BOTH, FIRST, SECOND = 0b11, 0b01, 0b10
GOAL = (1, "done")


def moment(mover: int, enabled: int = BOTH, alive: int = BOTH, **more: object) -> Moment:
    owed, offers = more.pop("owed", frozenset({GOAL})), more.pop("offers", frozenset[object]())
    seen = View(alive, enabled, enabled, 0, offers, owed)  # pyright: ignore[reportArgumentType]
    return Moment(b"", seen, mover, **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("loop", "losers"),
    [
        ([moment(1), moment(2)], [GOAL]),
        ([moment(1), moment(1)], []),  # the second could move and never does
        ([moment(1), moment(1, enabled=FIRST)], [GOAL]),  # it cannot, somewhere
        ([moment(1, alive=FIRST, enabled=FIRST)], [GOAL]),  # it has ended
        ([moment(1, done=frozenset({"done"})), moment(2)], []),  # the goal is met in the loop
        ([moment(1), moment(2, done=frozenset({"done"}))], [GOAL]),  # somebody else's is
        ([moment(1), moment(2, owed=frozenset())], []),  # it is not owed all through
        ([moment(1, enabled=FIRST), moment(1, offers=frozenset({(2, "ptl")}))], []),  # a lock on offer is not taken
        ([moment(1), moment(2, offers=frozenset({(2, "ptl")}), takes=(2, "ptl"))], [GOAL]),
    ],
)
def test_a_loop_is_judged_by_fairness_and_by_what_it_leaves_undone(
    loop: list[Moment], losers: list[tuple[int, str]]
) -> None:
    assert starved(loop) == losers


def lasso() -> Lasso:
    found = livelock()
    states, _ = explored(found)
    loops = [one.lasso for one in Progress(states.space).judge() if one.lasso is not None]
    return loops[0]


def why_not(wrong: Lasso) -> str:
    return refuted(livelock().setup, Runtime(make_backend("greenlets"), Replay(())), wrong)


def test_a_loop_that_was_found_repeats() -> None:
    assert why_not(lasso()) == ""


def test_a_loop_that_starves_nobody_in_particular_does_not_starve_him() -> None:
    runtime = Runtime(make_backend("greenlets"), Replay(()))
    assert "completes" in refuted(livelock().setup, runtime, lasso(), [(7, "nothing")])


def test_a_loop_that_leads_elsewhere_is_told() -> None:
    right = lasso()
    assert "left another state behind" in why_not(replace(right, stem=right.stem[:-1], loop=right.stem[-1:]))


def test_a_loop_that_cannot_be_taken_is_told() -> None:
    right = lasso()
    assert "could not be repeated" in why_not(replace(right, loop=(*right.loop, (9,))))


def test_a_run_that_ends_is_no_loop() -> None:
    assert "could not be repeated" in why_not(Lasso((), ((1,),) * 30))
