# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Progress on states: the miniature of a CPU fault has the grades of the protocol, and loops are as short as can be."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.livelock import refuted
from svmcheck.checker.schedule.plan import slices
from svmcheck.checker.schedule.progress import Judged, Progress
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.model.ir.properties import PARTIAL_DEADLOCK, SYSTEM_PROGRESS
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import READ, Op
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.waitqueue import Completion
from svmcheck.specs.verdict import Grade, Verdict
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, explored, livelock


def judged(found: Chosen) -> dict[str, Judged]:
    states, runs = explored(found)
    assert states.complete, states.fault
    assert not any(run.failure for run in runs)
    return {one.property: one for one in Progress(states.space).judge()}


@pytest.mark.parametrize(
    ("options", "grade"),
    [
        ({"generation": "g1", "driver_lock": True, "urgent": True}, Grade.INEVITABLE),
        ({"generation": "g1", "driver_lock": True, "urgent": False}, Grade.ADVERSARIAL),
        ({"generation": "g1", "driver_lock": False, "urgent": True}, Grade.ADVERSARIAL),
        ({"generation": "g1", "driver_lock": False, "urgent": False}, Grade.ADVERSARIAL),
    ],
)
def test_g1_never_gets_done_and_how_badly_depends_on_timing(options: dict[str, object], grade: Grade) -> None:
    found = livelock(**options)  # pyright: ignore[reportArgumentType]
    results = judged(found)
    for name in ("fault-completes", SYSTEM_PROGRESS):
        result = results[name]
        assert (result.verdict, result.grade) == (Verdict.VIOLATED, grade)
        assert result.lasso is not None
        assert len(slices(result.lasso.loop)) <= 2
        assert refuted(found.setup, Runtime(make_backend("greenlets"), Replay(())), result.lasso) == ""
    assert results[PARTIAL_DEADLOCK].verdict is Verdict.HOLDS


@pytest.mark.parametrize("generation", ["g2", "g3"])
@pytest.mark.parametrize("driver_lock", [False, True])
@pytest.mark.parametrize("urgent", [False, True])
def test_later_generations_get_done(generation: str, driver_lock: bool, urgent: bool) -> None:
    results = judged(livelock(generation, driver_lock, urgent))
    assert {result.verdict for result in results.values()} == {Verdict.HOLDS}


def test_the_fairness_that_is_needed_is_named() -> None:
    assert (
        "holds only because hand-over of ptl is strongly fair" in judged(livelock("g2"))["fault-completes"].assumptions
    )
    assert "needs no strong fairness" in judged(livelock("g3"))["fault-completes"].assumptions


def test_an_idle_daemon_is_no_deadlock() -> None:
    assert {r.verdict for r in judged(chosen(miniature.WORK)).values()} == {Verdict.HOLDS}


def test_an_unfinished_space_says_only_what_it_shows() -> None:
    states, _ = explored(livelock(), most_states=200)
    found = Progress(states.space).judge()
    assert all(one.verdict is Verdict.VIOLATED and one.grade is not Grade.INEVITABLE for one in found)
    states, _ = explored(livelock("g3"), most_states=20)
    assert Progress(states.space).judge() == []


# ---- other ways not to get done


def _spinners(config: object, sizes: object) -> World:
    """One task waits for what the other never does, which spins on its own."""
    ready, step = Completion("ready"), Op("spin", None, READ)

    def waiter() -> None:
        ready.wait()

    def spinner() -> None:
        while True:
            sched.point(step)

    sched.spawn("waiter", waiter)
    sched.spawn("spinner", spinner)
    return World([ready])


def test_waiting_for_ever_while_others_move_is_a_partial_deadlock() -> None:
    result = judged(chosen(Scenario("spinners", "", _spinners, {}, {})))[PARTIAL_DEADLOCK]
    assert result.verdict is Verdict.VIOLATED
    assert result.message == "waiting for ever, while others can still move: waiter"


def _turns(config: object, sizes: object) -> World:
    """A daemon takes and gives back a lock for ever; a task wants it once."""
    lock = Mutex("lock")

    def greedy() -> None:
        while True:
            with lock:
                pass

    def modest() -> None:
        with sched.pending("gets-it"), lock:
            pass

    sched.spawn("greedy", greedy, daemon=True)
    sched.spawn("modest", modest)
    return World([lock])


def test_a_lock_is_handed_over_in_the_end() -> None:
    result = judged(chosen(Scenario("turns", "", _turns, {}, {})))["gets-it"]
    assert result.verdict is Verdict.HOLDS
    assert "holds only because hand-over of lock is strongly fair" in result.assumptions


def _polling(config: object, sizes: object) -> World:
    """The same with trylock: nobody hands anything over."""
    lock = Mutex("lock")

    def greedy() -> None:
        while True:
            with lock:
                pass

    def modest() -> None:
        with sched.pending("gets-it"):
            while not lock.trylock():
                pass
        lock.unlock()

    sched.spawn("greedy", greedy, daemon=True)
    sched.spawn("modest", modest)
    return World([lock])


def test_a_trylock_may_always_come_at_the_wrong_time() -> None:
    results = judged(chosen(Scenario("polling", "", _polling, {}, {})))
    assert (results["gets-it"].verdict, results["gets-it"].grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)


def _zeno(config: object, sizes: object) -> World:
    """A task that is always in a hurry, by operations that are urgent each by itself."""
    hurry, step = Op("hurry", None, READ, urgent=True), Op("step", None, READ)

    def hasty() -> None:
        while True:
            sched.point(hurry)

    def other() -> None:
        with sched.pending("one-step"):
            sched.point(step)

    sched.spawn("hasty", hasty, daemon=True)
    sched.spawn("other", other)
    return World([])


def test_urgency_that_stops_everybody_else_is_no_assumption_to_decide_under() -> None:
    results = judged(chosen(Scenario("zeno", "", _zeno, {}, {})))
    assert {result.verdict for result in results.values()} == {Verdict.VACUOUS}
    assert "hasty alone hold up other for ever" in results["one-step"].message


def _second_round(config: object, sizes: object) -> World:
    """A task that is in a hurry in a block, but not a second time at once."""

    def hasty() -> None:
        while True:
            with sched.urgent("block"):
                sched.point(Op("hurry", None, READ))

    def other() -> None:
        with sched.pending("one-step"):
            sched.point(Op("step", None, READ))

    sched.spawn("hasty", hasty, daemon=True)
    sched.spawn("other", other)
    return World([])


def test_an_urgent_block_is_urgent_once() -> None:
    results = judged(chosen(Scenario("second-round", "", _second_round, {}, {})))
    assert results["one-step"].verdict is Verdict.HOLDS
