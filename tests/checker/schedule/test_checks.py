# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which checks a scenario has anything for, and what is said of those that it has nothing for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from svmcheck.checker.schedule.checks import CHECKS, applying
from svmcheck.checker.schedule.crowd import run_crowd
from svmcheck.checker.schedule.remarks import remarks
from svmcheck.checker.schedule.request import Chosen, choose
from svmcheck.checker.schedule.results import NEVER_ENDED, results
from svmcheck.checker.schedule.session import Session, Wish, run_session
from svmcheck.checker.selection import BadRequest
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import Oops
from svmcheck.specs.verdict import Verdict
from tests.checker.schedule.miniature import FAULT, chosen, livelock


class Flag(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.up = False


def scenario(*bodies: Callable[[Flag], object], daemon: Callable[[Flag], object] | None = None) -> Chosen:
    """These tasks in a world with a kernel, whose end always fails."""

    def build(config: Config, sizes: Mapping[str, int]) -> World:
        kernel, flag = Kernel(config), Flag()
        kernel.devices.append(flag)

        def finish() -> None:
            raise Oops("my-end", "the run has come to its end")

        kernel.finishes.append(finish)
        for number, body in enumerate(bodies):
            sched.spawn(f"task {number}", lambda body=body: body(flag))
        if daemon is not None:
            sched.spawn("daemon", partial(daemon, flag), daemon=True)
        return kernel.world()

    return chosen(Scenario("mine", "", build, {}, {}))


def polls(flag: Flag) -> None:
    while not flag.read("up"):
        pass


def session(found: Chosen, strategy: str = "states", **more: object) -> Session:
    return run_session(found, Wish(strategy, **more))  # pyright: ignore[reportArgumentType]


def verdicts(found: Session) -> dict[str, Verdict]:
    return {result.property: result.verdict for result in results(found)}


def test_every_class_that_a_check_is_about_is_one_of_the_kernel() -> None:
    root = Path(sched.__file__).parent
    known = {
        node.name
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert {name for check in CHECKS.values() for name in check.about} - known == set()


def test_checks_of_structures_that_there_are_none_of_are_counted_and_not_listed() -> None:
    found = session(chosen(FAULT, {"generation": "g3"}))
    listed = verdicts(found)
    assert {"lock-order", "leak", "use-after-free"} <= set(listed)
    assert not {"p2p-revoked", "gpu-mapping", "sigbus"} & set(listed)
    absent = len(set(CHECKS) - set(listed))
    assert remarks(found) == (f"not listed: {absent} checks of structures that this scenario does not have",)
    assert set(listed.values()) == {Verdict.HOLDS}


def test_what_one_scenario_has_is_not_said_of_the_next() -> None:
    assert "p2p-revoked" in verdicts(session(choose("p2p-revoke"), "random", runs=2))
    assert "p2p-revoked" not in verdicts(session(choose("cpu-fault"), "random", runs=2))
    assert "sigbus" in verdicts(session(choose("cpu-fault"), "random", runs=2))


def test_a_class_of_a_driver_counts_as_what_it_derives_from() -> None:
    assert "sigbus" in applying({"Mm", "Kobject"})
    assert "sigbus" not in applying({"Kobject"})


def test_where_nobody_owes_anything_that_is_told() -> None:
    told = "no task owes anything (sched.pending), so that nothing is said about progress"
    assert told in remarks(session(scenario(polls)))
    assert told not in remarks(session(livelock("g3")))


@pytest.mark.parametrize("strategy", ["states", "random", "delay"])
@pytest.mark.parametrize("found", [scenario(polls), scenario(lambda flag: flag.read("up"), daemon=polls)])
def test_what_is_looked_at_when_a_run_ends_needs_one_that_does(found: Chosen, strategy: str) -> None:
    done = session(found, strategy, runs=60, steps=200, seconds=5.0)
    by_name = {result.property: result for result in results(done)}
    if done.cut:
        assert by_name["leak"].verdict is Verdict.TRUNCATED
    else:
        assert (by_name["leak"].verdict, by_name["leak"].message) == (Verdict.VACUOUS, NEVER_ENDED)
    assert by_name["lock-order"].verdict is not Verdict.VACUOUS


def test_a_run_that_ends_is_looked_at() -> None:
    assert verdicts(session(scenario(lambda flag: flag.read("up"))))["my-end"] is Verdict.VIOLATED


def test_runs_that_end_in_other_processes_count() -> None:
    done = run_crowd(choose("cpu-fault"), Wish("random", runs=400), 2, lambda _: None, lambda: False)
    assert done.effort.ended == done.effort.runs >= 400
    assert verdicts(done)["leak"] is Verdict.SAMPLED


def test_a_scenario_without_a_task_is_refused() -> None:
    with pytest.raises(BadRequest, match='"mine" spawns no task'):
        session(scenario())
    with pytest.raises(BadRequest, match="with cpu_threads = 0"):
        session(chosen(FAULT, cpu_threads=0))
