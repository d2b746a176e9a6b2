# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte; ASPLOS 2010).

Tasks get random priorities and the highest that can go on does, except that at ``depth`` - 1 random steps whoever was
about to go on falls below all others. In a program of n tasks and at most k steps, a bug that needs ``depth`` ordering
constraints shows with a probability of at least 1 / (n * k ** (depth - 1)) in each run.

How many steps there are nobody knows beforehand. A first run, round robin and always the same, gives a measure; each
later run draws its own horizon: that measure, twice as much with half the probability, and so on.
"""

from __future__ import annotations

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime
from .sampling import Sampling


class Pct(Sampling):
    """``steps``: a measure of a run's length, to save the run that takes it."""

    name = "pct"

    def __init__(self, seed: int, runs: int, depth: int = 3, steps: int | None = None) -> None:
        super().__init__(seed, runs)
        self.depth = depth
        self.steps = steps
        self._measuring = False
        self._last = 0  # the number of the task that went on last, while measuring
        self._priorities: dict[int, float] = {}
        self._changes: dict[int, int] = {}  # by step: which change happens there
        self._step = 0

    def begin(self, runtime: Runtime) -> bool:
        self._measuring = self.steps is None and self.done < self.runs
        self._last = 0
        self.number = -1
        return self._measuring or super().begin(runtime)

    def _start(self, runtime: Runtime) -> None:
        self._priorities = {}
        self._step = 0
        horizon = self._horizon()
        self._changes = {1 + int(self._random() * horizon): number for number in range(self.depth - 1)}

    def _horizon(self) -> int:
        """How many steps the run is taken to have."""
        assert self.steps is not None
        horizon = max(self.steps, 2)
        while self._random() < 0.5:
            horizon *= 2
        return horizon

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._measuring:
            return self._next(enabled)
        self._step += 1
        best = self._highest(enabled)
        change = self._changes.get(self._step)
        if change is None:
            return best
        self._priorities[best.number] = -1.0 - change
        return self._highest(enabled)

    def _next(self, enabled: list[Task]) -> Task:
        """The one after the last, in a circle: a measure has to come to an end where tasks spin."""
        found = next((task for task in enabled if task.number > self._last), enabled[0])
        self._last = found.number
        return found

    def _highest(self, enabled: list[Task]) -> Task:
        if len(enabled) == 1:
            return enabled[0]
        priorities = self._priorities
        best = enabled[0]
        highest = float("-inf")
        for task in enabled:
            priority = priorities.get(task.number)
            if priority is None:
                priority = priorities[task.number] = self._random()
            if priority > highest:
                best, highest = task, priority
        return best

    def value(self, n: int) -> int:
        return 0 if self._measuring else super().value(n)

    def end(self, run: Run) -> None:
        if self._measuring:
            self.steps = max(run.steps, 1)
