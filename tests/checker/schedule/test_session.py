# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a session says for each way in which it can end."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from svmcheck.checker.schedule import checks
from svmcheck.checker.schedule.checks import CHECKS, DETERMINISM, LOST_PROGRESS
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.results import results
from svmcheck.checker.schedule.session import Effort, Session, Wish, run_session
from svmcheck.model.ir.properties import PARTIAL_DEADLOCK, SYSTEM_PROGRESS
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import READ, Op
from svmcheck.specs.verdict import Grade, Result, Verdict
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, livelock

LISTED = set(checks.applying(()))  # the miniatures have none of the kernel's structures
GOALS = {"fault-completes", SYSTEM_PROGRESS}


def session(found: Chosen, strategy: str, **more: object) -> Session:
    return run_session(found, Wish(strategy, runs=100, **more))  # pyright: ignore[reportArgumentType]


def told(found: Chosen, strategy: str, **more: object) -> dict[str, Result]:
    return {result.property: result for result in results(session(found, strategy, **more))}


def verdicts(found: dict[str, Result]) -> set[Verdict]:
    return {result.verdict for result in found.values()}


def test_every_state_without_a_violation_holds() -> None:
    found = told(livelock("g3"), "states")
    assert set(found) == {*LISTED, *GOALS, PARTIAL_DEADLOCK}
    assert verdicts(found) == {Verdict.HOLDS}


def test_every_run_up_to_order_holds_for_the_checks_and_says_nothing_of_progress() -> None:
    found = told(livelock("g3"), "dpor")
    assert set(found) == LISTED
    assert verdicts(found) == {Verdict.HOLDS}


@pytest.mark.parametrize("strategy", ["random", "pos", "pct", "fair-pct", "sticky"])
def test_a_sample_never_holds(strategy: str) -> None:
    found = told(livelock("g3"), strategy)
    fair = {LOST_PROGRESS} if strategy in ("random", "sticky") else set[str]()
    assert set(found) == {*LISTED, *GOALS, *fair}
    assert verdicts(found) == {Verdict.SAMPLED}


def test_all_runs_within_a_bound_are_bounded() -> None:
    assert verdicts(told(chosen(miniature.WORK), "delay")) == {Verdict.BOUNDED}


@pytest.mark.parametrize(("urgent", "grade"), [(True, Grade.INEVITABLE), (False, Grade.ADVERSARIAL)])
@pytest.mark.parametrize("strategy", ["states", "random"])
def test_a_livelock_is_found_and_graded(strategy: str, urgent: bool, grade: Grade) -> None:
    done = session(livelock(urgent=urgent), strategy)
    first = done.violations[0]
    assert (first.property, first.grade) == ("fault-completes", grade)
    assert first.counterexample is not None
    trace = first.counterexample.trace
    assert trace is not None
    assert trace.loop is not None
    by_name = {result.property: result for result in results(done)}
    assert by_name["fault-completes"].trace is trace
    others = Verdict.HOLDS if strategy == "states" else Verdict.TRUNCATED
    assert {by_name[name].verdict for name in LISTED - {"leak"}} == {others}
    assert by_name["leak"].verdict is (Verdict.VACUOUS if strategy == "states" and urgent else others)  # none ends


@pytest.mark.parametrize("strategy", ["states", "dpor", "random", "delay"])
def test_a_failure_ends_the_session(strategy: str) -> None:
    found = told(chosen(miniature.RACE), strategy)
    assert found["data-coherence"].verdict is Verdict.VIOLATED
    assert {r.verdict for name, r in found.items() if name != "data-coherence"} == {Verdict.TRUNCATED}


@pytest.mark.parametrize(
    ("strategy", "limit", "verdict"),
    [
        ("states", {"states": 10}, Verdict.TRUNCATED),
        ("states", {"steps": 5}, Verdict.TRUNCATED),
        ("states", {"seconds": 0.0}, Verdict.TRUNCATED),
        ("random", {"seconds": 0.0}, Verdict.TRUNCATED),
        ("dpor", {"steps": 5}, Verdict.TRUNCATED),
        ("random", {"steps": 5}, Verdict.SAMPLED),
    ],
)
def test_a_limit_is_no_pass(strategy: str, limit: dict[str, object], verdict: Verdict) -> None:
    done = session(livelock("g3"), strategy, **limit)
    assert {r.verdict for r in results(done) if r.verdict is not Verdict.VACUOUS} == {verdict}
    assert all(r.property == "leak" for r in results(done) if r.verdict is Verdict.VACUOUS), "cut before the end"
    assert done.complete is (verdict is Verdict.SAMPLED)


def test_an_interrupt_ends_it_after_the_run() -> None:
    asked: list[Effort] = []

    def stop() -> bool:
        return len(asked) >= 3

    done = run_session(livelock("g3"), Wish("random", runs=100), asked.append, stop)
    assert done.effort.runs == 3
    assert done.cut == "interrupted"
    assert {result.verdict for result in results(done)} == {Verdict.SAMPLED}


@pytest.mark.parametrize("strategy", ["states", "dpor", "delay", "random"])
def test_an_interrupt_ends_a_run_in_its_middle(strategy: str) -> None:
    found = chosen(Scenario("endless", "", _endless, {}, {}))
    asked = iter(range(1_000))
    done = run_session(found, Wish(strategy, steps=1_000_000), stop=lambda: next(asked) >= 10)
    assert (done.effort.runs, done.cut, done.complete) == (1, "interrupted", False)
    assert done.effort.points < 1_000
    assert Verdict.HOLDS not in {result.verdict for result in results(done)}


def test_the_limit_is_the_one_that_was_asked_for() -> None:
    done = session(livelock("g3"), "random", seconds=7.0, spent=8.0)
    assert (done.effort.runs, done.cut) == (0, "the limit of 7 s")


def test_the_same_seed_gives_the_same_session() -> None:
    tokens = {v.counterexample.token for _ in range(2) for v in session(chosen(miniature.OPPOSITE), "random").violations
              if v.counterexample is not None}  # fmt: skip
    assert len(tokens) == 1


def test_a_thread_that_spins_in_an_unlucky_run_is_no_alarm() -> None:
    """g2 spins; under ``pos`` others may wait long for a draw that lets them go on."""
    found = run_session(livelock("g2"), Wish("pos", runs=600, bound=30))
    assert not found.violations


def _endless(config: Config, sizes: Mapping[str, int]) -> World:
    """A task that counts and counts: no state comes back."""
    count = [0]

    def task() -> None:
        with sched.pending("is-done"):
            while True:
                sched.point(Op("count", None, READ))
                count[0] += 1

    sched.spawn("counter", task)
    return World([count])


def test_a_task_that_works_on_and_on_is_told_though_no_state_comes_back() -> None:
    found = chosen(Scenario("endless", "", _endless, {}, {}))
    done = session(found, "random", bound=50, steps=300)
    assert [v.property for v in done.violations] == [LOST_PROGRESS]
    message = "counter made 51 steps of its own without completing 'is-done' (--bound allows more)"
    assert done.violations[0].message == message
    assert done.violations[0].kind == "bound"
    unfair = session(found, "dpor", bound=50, steps=300)
    assert not unfair.violations


RUNS = [0]


def _fickle(config: Config, sizes: Mapping[str, int]) -> World:
    """Fails in its first run only."""
    RUNS[0] += 1

    def task() -> None:
        sched.point(Op("look", None, READ))
        if RUNS[0] == 1:
            raise sched.Oops("sigbus", "a cosmic ray")

    sched.spawn("victim", task)
    return World([])


def test_a_failure_that_does_not_happen_again_is_told_as_such() -> None:
    RUNS[0] = 0
    done = session(chosen(Scenario("fickle", "", _fickle, {}, {})), "random")
    assert [v.property for v in done.violations] == [DETERMINISM]
    assert "a cosmic ray" in done.violations[0].message
    assert "it ended as 'done'" in done.violations[0].message
    assert done.violations[0].counterexample is None
    assert results(done)[0].verdict is Verdict.VIOLATED


def _other_way(config: Config, sizes: Mapping[str, int]) -> World:
    """After its first run the task to go on with is another."""
    RUNS[0] += 1
    names = ("a", "b") if RUNS[0] == 1 else ("a",)

    def task() -> None:
        sched.point(Op("look", None, READ))
        sched.point(Op("look again", None, READ))
        raise sched.Oops("sigbus", "always")

    for name in names:
        sched.spawn(name, task)
    return World([])


def test_where_a_run_could_not_be_repeated_is_told() -> None:
    for seed in range(20):
        RUNS[0] = 0
        done = run_session(chosen(Scenario("other", "", _other_way, {}, {})), Wish("random", seed=seed))
        if done.violations[0].property == DETERMINISM:
            assert "names task 2, but only 1 (a) can go on" in done.violations[0].message
            return
    raise AssertionError("no run began with the second task")


def test_a_scenario_that_cannot_be_set_up_is_told() -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        raise sched.Oops("setup", "no page is left")

    done = session(chosen(Scenario("broken", "", build, {}, {})), "random")
    assert [(v.property, v.message) for v in done.violations] == [("setup", "no page is left")]


@pytest.mark.parametrize("backend", ["greenlets", "threads"])
def test_an_exception_in_a_task_is_a_failure_with_its_line(backend: str) -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        def task() -> None:
            sched.point(Op("look", None, READ))
            raise KeyError("missing")

        sched.spawn("victim", task)
        return World([])

    done = session(chosen(Scenario("broken", "", build, {}, {})), "random", backend=backend)
    assert done.violations[0].property == "exception"
    assert done.violations[0].message.startswith("KeyError: 'missing', at ")
    shown = done.violations[0].counterexample
    assert shown is not None
    assert shown.recorded.decisions == ((1,),)


def test_every_check_of_the_kernel_is_in_the_list() -> None:
    """What ``Oops`` names in the sources; a scenario of a user may have others."""
    root = Path(sched.__file__).parent
    named = {
        (call.args[0].value, path.name)
        for path in root.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and (getattr(call.func, "id", "") == "Oops" or getattr(call.func, "attr", "") == "Oops")
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 10
    assert {name for name, _ in named if name not in CHECKS} == set(), "add them to checker/schedule/checks.py"
    assert checks.kind("my-own") == "check"
