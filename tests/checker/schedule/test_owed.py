# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a task owes: by daemons too, and until the block is left, whichever way."""

from __future__ import annotations

from collections.abc import Callable

from svmcheck.checker.schedule.progress import Judged, Progress
from svmcheck.checker.schedule.runtime import Failure
from svmcheck.model.ir.properties import PARTIAL_DEADLOCK
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sync.waitqueue import Completion
from svmcheck.specs.verdict import Verdict
from tests.checker.schedule.miniature import chosen, explored


class Flag(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.up = False


class DriverError(Exception):
    pass


Body = Callable[[Flag, Completion], None]


def _seen(daemon: Body, *tasks: Body) -> tuple[list[Failure], dict[str, Judged]]:
    """The failures of all runs of these, and what the states say of progress."""

    def build(config: object, sizes: object) -> World:
        flag, never = Flag(), Completion("what nobody completes")
        sched.spawn("daemon", lambda: daemon(flag, never), daemon=True)
        for number, task in enumerate(tasks):
            sched.spawn(f"task {number}", lambda task=task: task(flag, never))
        return World([flag, never])

    states, runs = explored(chosen(Scenario("owed", "", build, {}, {})))
    assert not states.fault
    found = {judged.property: judged for judged in Progress(states.space).judge()}
    return [run.failure for run in runs if run.failure is not None], found


def _raises(flag: Flag, never: Completion) -> None:
    flag.write("up", True)


def _rests(flag: Flag, never: Completion) -> None:
    never.wait()


def _rests_before_it_is_done(flag: Flag, never: Completion) -> None:
    with sched.pending("work-done"):
        never.wait()


def _looks_for_ever(flag: Flag, never: Completion) -> None:
    while True:
        flag.read("up")


def test_a_daemon_may_rest() -> None:
    failures, found = _seen(_rests, _raises)
    assert failures == []
    assert {judged.verdict for judged in found.values()} == {Verdict.HOLDS}


def test_a_daemon_that_owes_something_may_not() -> None:
    failures, _ = _seen(_rests_before_it_is_done, _raises)
    assert {failure.check for failure in failures} == {"deadlock"}
    assert "daemon waits at 'wait for what nobody completes'" in failures[0].message


def test_nor_while_others_move() -> None:
    failures, found = _seen(_rests_before_it_is_done, _looks_for_ever)
    assert failures == []
    assert found["work-done"].verdict is Verdict.VIOLATED
    assert found[PARTIAL_DEADLOCK].verdict is Verdict.VIOLATED
    assert found[PARTIAL_DEADLOCK].message == "waiting for ever, while others can still move: daemon"


def test_a_goal_is_met_however_its_block_is_left() -> None:
    def ioctl(flag: Flag, never: Completion) -> None:
        for _ in range(2):
            try:
                with sched.pending("ioctl"):
                    flag.read("up")
                    raise DriverError
            except DriverError:
                pass
        assert sched.current().pending == []
        assert sched.current().completed == {"ioctl": 2}
        flag.read("up")

    failures, found = _seen(_rests, ioctl)
    assert failures == []
    assert found["ioctl"].verdict is Verdict.HOLDS


def test_it_is_not_met_where_the_run_ends_inside() -> None:
    """A run that is over unwinds its tasks: that completes nothing, or the last step would be taken for progress."""
    completed: list[dict[str, int]] = []

    def polls(flag: Flag, never: Completion) -> None:
        try:
            with sched.pending("poll"):
                while not flag.read("up"):
                    pass
        except sched.Stopped:
            completed.append(dict(sched.current().completed))
            raise

    _, found = _seen(_rests, polls)
    assert found["poll"].verdict is Verdict.VIOLATED
    assert completed
    assert not any(completed)


def test_an_urgent_block_ends_however_it_is_left() -> None:
    def hurries(flag: Flag, never: Completion) -> None:
        try:
            with sched.urgent("block"):
                flag.read("up")
                raise DriverError
        except DriverError:
            pass
        task = sched.current()
        assert (task.urgent, task.inside) == (False, 0)

    assert _seen(_rests, hurries)[0] == []
