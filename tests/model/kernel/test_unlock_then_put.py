# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The first finding (docs/findings.md): between unlock_page() and put_page() two CPUs can starve each other."""

from __future__ import annotations

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.livelock import refuted
from svmcheck.checker.schedule.progress import Lasso
from svmcheck.checker.schedule.request import choose
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.model.kernel.sched import Task

FIRST, SECOND = "cpu thread 0", "cpu thread 1"


class Unlucky:
    """An evictor's reference makes the first thread's migration fail, and then each thread stops before its put."""

    name = "unlucky"

    def __init__(self) -> None:
        self.begun = False
        self.checks = 0
        self.before: dict[str, str] = {}  # the last operation of each task
        self.waiting: set[str] = set()  # threads that stand between unlock and put
        self.stops: list[int] = []  # how many decisions there had been when a thread got there
        self.decisions: list[tuple[int, ...]] = []

    def begin(self, runtime: Runtime) -> bool:
        self.begun, again = True, self.begun
        return not again

    def value(self, n: int) -> int:
        return 0

    def end(self, run: Run) -> None:
        pass

    def pick(self, enabled: list[Task]) -> Task | None:
        tasks = {task.name: task for task in enabled}
        name = self._next(tasks)
        if len(self.stops) == 4:
            return None
        task = tasks[name]
        self.before[name] = task.op.name
        self.checks += name == FIRST and task.op.name == "read refcount"
        self.decisions.append((task.number,))
        return task

    def _next(self, tasks: dict[str, Task]) -> str:
        first = tasks[FIRST]
        if self.checks == 1 and first.op.name == "read refcount" and self.before.get("evictor") != "folio_try_get":
            return "evictor"  # until it has its reference
        if not self.waiting and not self._is_between(first):
            return FIRST
        if "evictor" in tasks:
            return "evictor"
        turn = (FIRST, SECOND)[(1 + len(self.stops)) % 2] if self.waiting else SECOND
        self.waiting.add(turn)
        if self._is_between(tasks[turn]):
            self.stops.append(len(self.decisions))
            turn = SECOND if turn == FIRST else FIRST
        return turn

    def _is_between(self, task: Task) -> bool:
        return task.op.name == "put_page" and self.before.get(task.name) == "folio_unlock"


def test_two_faults_fail_each_other_for_ever() -> None:
    chosen, unlucky = choose("eviction-as-protocol", {}, {"cpu_threads": 2}), Unlucky()
    run = Runtime(Greenlets(), unlucky).run(chosen.setup)
    assert run.failure is None
    start, end = unlucky.stops[1], unlucky.stops[3]
    lasso = Lasso(tuple(unlucky.decisions[:start]), tuple(unlucky.decisions[start:end]))
    assert refuted(chosen.setup, Runtime(Greenlets(), Replay(())), lasso) == ""
    movers = {number for (number,) in lasso.loop}
    assert len(movers) == 2
    assert len(lasso.loop) == 28
