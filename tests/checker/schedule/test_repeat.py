# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs that something beside the schedule decides are told, though they do not fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

import pytest

from svmcheck.checker.schedule.checks import DETERMINISM
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.session import Session, Wish, run_session
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import Oops
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, livelock

STRATEGIES = ["states", "dpor", "delay", "random", "pos", "sticky"]


class Box(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0


def _ticking(act: Callable[[Box, int], None]) -> Chosen:
    """A task that is told how often it ran before."""
    clock = count()

    def build(config: Config, sizes: Mapping[str, int]) -> World:
        box = Box()
        sched.spawn("task", lambda: act(box, next(clock)))
        sched.spawn("other", lambda: box.read("value"))
        return World([box])

    return Chosen(Scenario("ticking", "", build, {}, {}), (), ())


def writes_time(box: Box, time: int) -> None:
    box.write("value", time)
    box.read("value")


def sometimes_reads(box: Box, time: int) -> None:
    box.write("value", 1)
    if time % 2:
        box.read("value")


def turns(box: Box, time: int) -> None:
    if time % 3 == 2:
        box.read("value")
    else:
        box.write("value", 0)


def fails_later(box: Box, time: int) -> None:
    box.read("value")
    if time == 1:
        raise Oops("refcount", "late")


def session(found: Chosen, strategy: str) -> Session:
    return run_session(found, Wish(strategy, runs=20))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("act", [writes_time, sometimes_reads, turns, fails_later])
def test_what_the_schedule_does_not_decide_is_told(act: Callable[[Box, int], None], strategy: str) -> None:
    assert [v.property for v in session(_ticking(act), strategy).violations] == [DETERMINISM]


def test_it_names_what_differs() -> None:
    (found,) = session(_ticking(writes_time), "dpor").violations
    assert "after the same schedule and operations" in found.message
    assert "box.value was " in found.message


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("found", [livelock("g3"), chosen(miniature.WORK)])
def test_what_the_schedule_decides_is_not(found: Chosen, strategy: str) -> None:
    assert not session(found, strategy).violations
