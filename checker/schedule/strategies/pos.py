# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Partial-order sampling (Yuan, Yang, Gu; CAV 2018): random priorities of operations, drawn anew for what races.

Each pending operation has a random priority and the highest that can go on does. When a step was made, its task draws
for its next operation, and so does every other task whose pending operation depends on that step: who was beaten in a
race gets a new chance in the next. A random walk sees two orders of far apart steps as rarely as it loses a coin
toss at every step between; here one toss decides.
"""

from __future__ import annotations

from ....model.kernel.sched import READ, Task
from ..dependence import CONFLICTS
from ..runtime import Runtime
from .sampling import Sampling


class Pos(Sampling):
    name = "pos"

    def __init__(self, seed: int, runs: int) -> None:
        super().__init__(seed, runs)
        self._runtime: Runtime | None = None
        self._priorities: dict[int, float] = {}

    def _start(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._priorities = {}

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        assert runtime is not None
        priorities = self._priorities
        last = runtime.last_task
        if last is not None:
            priorities.pop(last.number, None)
            self._redraw(runtime, last)
        if len(enabled) == 1:
            return enabled[0]
        best = enabled[0]
        highest = -1.0
        for task in enabled:
            priority = priorities.get(task.number)
            if priority is None:
                priority = priorities[task.number] = self._random()
            if priority > highest:
                best, highest = task, priority
        return best

    def _redraw(self, runtime: Runtime, last: Task) -> None:
        """Operations that depend on the step of ``last`` lose their priorities."""
        key = runtime.last_op.key
        if key is not None:
            conflicts = CONFLICTS[READ if runtime.last_failed else runtime.last_op.mode]
            for task in runtime.alive:
                op = task.op
                if op.key == key and conflicts >> op.mode & 1 and task is not last:
                    self._priorities.pop(task.number, None)
        for key, mode in runtime.last_also:
            conflicts = CONFLICTS[mode]
            for task in runtime.alive:
                op = task.op
                if op.key == key and conflicts >> op.mode & 1 and task is not last:
                    self._priorities.pop(task.number, None)
