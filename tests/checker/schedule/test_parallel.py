# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Strategies in worker processes: the same runs and the same first failure, however many workers there are."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from svmcheck.checker.engine import Tick
from svmcheck.checker.schedule.parallel import Campaign, Piece, Plan, explore, pieces
from svmcheck.checker.selection import BadRequest
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from svmcheck.model.kernel.sync.atomic import Atomic


def rare() -> World:
    """Fails in one of very many interleavings."""
    number, order = Atomic("number"), list[int]()

    def body(mine: int) -> None:
        for _ in range(4):
            number.add(1)
            order.append(mine)
        if order == [0, 1, 1, 0, 0, 1, 1, 0]:
            raise Oops("planted", "the one order")

    for mine in range(2):
        sched.spawn(f"task[{mine}]", lambda mine=mine: body(mine))
    return World([])


def mistaken() -> World:
    flag = Flag()

    def task() -> None:
        flag.read("value")
        raise ValueError("no such thing")

    sched.spawn("task", task)
    return World([flag])


def deaf() -> World:
    """A task that cannot be ended, when the other has failed."""
    flag = Flag()

    def listen() -> None:
        while True:
            with suppress(BaseException):
                flag.read("value")

    sched.spawn("deaf", listen)
    sched.spawn("other", mistakes)
    return World([flag])


def mistakes() -> None:
    raise Oops("planted", "at once")


def sound() -> World:
    number = Atomic("number")
    for _ in range(2):
        sched.spawn("adder", lambda: number.add(1))
    return World([])


class Flag(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0


def endless() -> World:
    flag = Flag()

    def spin() -> None:
        while flag.read("value") == 0:
            pass

    sched.spawn("spin", spin)
    return World([])


def deadly() -> World:
    os.kill(os.getpid(), signal.SIGKILL)
    return World([])


def broken() -> World:
    raise KeyError("no such thing")


def told(campaign: Campaign) -> list[tuple[str, int, int, tuple[int, ...]]]:
    return [(f.strategy, f.seed, f.number, f.run.schedule) for f in campaign.failures]


def test_work_is_shared_out_in_one_order() -> None:
    found = pieces(["dpor", "random", "pos"], [5, 6], 500, 200)
    assert found[:5] == [
        Piece("dpor"),
        Piece("random", 5, 0, 200),
        Piece("random", 6, 0, 200),
        Piece("pos", 5, 0, 200),
        Piece("pos", 6, 0, 200),
    ]
    assert found[-1] == Piece("pos", 6, 400, 500)
    assert len(found) == 1 + 4 * 3


@pytest.mark.parametrize("first_failure", [True, False])
def test_the_number_of_workers_does_not_matter(first_failure: bool) -> None:
    work = pieces(["random", "pct"], [1, 2], 300, 50)
    plan = Plan(rare, first_failure=first_failure)
    alone, together = explore(plan, work, 1), explore(plan, work, 3)
    assert told(alone)
    assert alone == together
    assert (len(told(alone)) == 1) is first_failure
    if not first_failure:
        assert alone.complete
        assert len(alone.parts) == len(work)


def test_strategies_that_are_one_piece_tell_whether_they_saw_all() -> None:
    campaign = explore(Plan(sound), [Piece("dpor"), Piece("delay"), Piece("random", 1, 0, 10)], 1)
    assert campaign.complete
    assert not campaign.cut
    assert [part.runs for part in campaign.parts] == [2, 2, 10]
    assert campaign.steps == 14 * 2
    campaign = explore(Plan(rare), [Piece("dpor")], 1)
    assert not campaign.complete
    assert [f.run.failure.check for f in campaign.failures if f.run.failure] == ["planted"]


def test_runs_that_are_cut_off_make_it_incomplete() -> None:
    campaign = explore(Plan(endless, steps=50), [Piece("random", 1, 0, 3)], 1)
    assert [part.long for part in campaign.parts] == [3]
    assert not campaign.complete


def test_it_tells_how_far_it_is_and_stops_when_asked() -> None:
    ticks: list[Tick] = []
    work = pieces(["random"], [1], 1000, 100)
    campaign = explore(Plan(sound), work, 1, ticks.append, lambda: "enough" if ticks[-1].states >= 300 else "")
    assert campaign.cut == "enough"
    assert not campaign.complete
    assert 200 <= campaign.runs <= 300
    assert [tick.states for tick in ticks] == sorted(tick.states for tick in ticks)


def test_an_interrupt_keeps_what_was_done() -> None:
    def interrupt(tick: Tick) -> None:
        if tick.states >= 200:
            raise KeyboardInterrupt

    campaign = explore(Plan(sound), pieces(["random"], [1], 1000, 100), 1, interrupt)
    assert campaign.cut == "interrupted"
    assert campaign.runs >= 100


def test_a_killed_worker_is_missed() -> None:
    campaign = explore(Plan(deadly), pieces(["random"], [1], 20, 10), 2)
    assert [piece.first for piece in campaign.died] == [0, 10]
    assert not campaign.complete


def test_a_broken_scenario_is_an_error_and_no_result() -> None:
    with pytest.raises(KeyError, match="no such thing"):
        explore(Plan(broken), [Piece("random", 1, 0, 10)], 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_in_a_task_is_a_failure_where_that_is_asked_for(workers: int) -> None:
    work = pieces(["random"], [1], 20, 10)
    campaign = explore(Plan(mistaken, raises=False), work, workers)
    failure = campaign.failures[0].run.failure
    assert failure is not None
    assert failure.check == "exception"
    assert failure.message.startswith("ValueError: no such thing, at ")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_cannot_be_ended_is_told_from_a_worker(workers: int) -> None:
    with pytest.raises(BadRequest, match='task "deaf" cannot be ended') as error:
        explore(Plan(deaf), pieces(["random"], [1], 20, 10), workers)
    assert "except Exception" in error.value.advice
    assert "test_parallel.py:" in error.value.where
