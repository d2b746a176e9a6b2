# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How many steps of its own a task has made since it began to owe something: the bound on lost progress.

A fair run in which a task works on and on without getting done need not be a livelock, but somebody should look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...model.kernel.sched import Task
from .plan import Noted
from .runtime import Run, Runtime, Setup
from .statespace import Decision
from .strategies.replay import Replay


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that made ``steps`` steps without completing ``goal``, and the decisions up to there."""

    task: str
    goal: str
    steps: int
    decisions: tuple[Decision, ...]

    @property
    def message(self) -> str:
        what = f"{self.task} made {self.steps:,} steps of its own without completing '{self.goal}'"
        return f"{what} (--bound allows more)"


class OwnSteps:
    """A replay that ends where some task has made more than ``bound`` steps without completing a goal."""

    name = "replay"

    def __init__(self, schedule: Sequence[int], bound: int) -> None:
        self.replay = Noted(Replay(schedule))
        self.bound = bound
        self.lost: Lost | None = None
        self._made: dict[tuple[int, str], tuple[int, int]] = {}  # how often it completed the goal, steps since

    def begin(self, runtime: Runtime) -> bool:
        return self.replay.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        if self.lost is not None:
            return None
        chosen = self.replay.pick(enabled)
        if chosen is not None:
            for goal in chosen.pending:
                self._count(chosen, goal)
        return chosen

    def _count(self, task: Task, goal: str) -> None:
        often, steps = self._made.get((task.number, goal), (0, 0))
        now = task.completed.get(goal, 0)
        steps = steps + 1 if now == often else 1
        self._made[task.number, goal] = now, steps
        if steps > self.bound and self.lost is None:
            self.lost = Lost(task.name, goal, steps, tuple(self.replay.decisions))

    def value(self, n: int) -> int:
        return self.replay.value(n)

    def end(self, run: Run) -> None:
        pass


def lost_progress(setup: Setup, runtime: Runtime, schedule: Sequence[int], bound: int) -> Lost | None:
    """Whether the bound was passed in a run. The strategy of the runtime is replaced."""
    strategy = OwnSteps(schedule, bound)
    runtime.strategy = strategy
    strategy.begin(runtime)
    runtime.run(setup)
    return strategy.lost
