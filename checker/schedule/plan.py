# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A schedule as people think of it: who runs for how long before somebody else does, and what the environment decides.

A *slice* is what one task does without being interrupted. A plan stays meaningful when parts of it are taken out: a
slice whose task cannot go on ends early, and after the last one nobody is interrupted any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...model.kernel.sched import Task
from .runtime import Run, Runtime
from .statespace import Decision
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Slice:
    task: int
    points: int


@dataclass(frozen=True, slots=True)
class Plan:
    """``values``: by task, what the environment decides for it in turn; 0 when they are used up."""

    slices: tuple[Slice, ...]
    values: Mapping[int, tuple[int, ...]]

    @property
    def cost(self) -> tuple[int, int, int]:
        """What a reader has to follow: slices, steps, and decisions that are not the usual ones."""
        unusual = sum(value != 0 for values in self.values.values() for value in values)
        return len(self.slices), sum(s.points for s in self.slices), unusual


def slices(decisions: Sequence[Decision]) -> tuple[Slice, ...]:
    return tuple(Slice(task, len(list(steps))) for task, steps in groupby(decisions, key=lambda d: d[0]))


def plan(decisions: Sequence[Decision]) -> Plan:
    values: dict[int, tuple[int, ...]] = {}
    for decision in decisions:
        if len(decision) > 1:
            values[decision[0]] = (*values.get(decision[0], ()), *decision[1:])
    return Plan(slices(decisions), values)


class Guided:
    """One run after a plan, of at most ``most`` steps. ``decisions``: what it came to. ``enough``: asked before each
    step; ends the run as ``reached``."""

    name = "guided"

    def __init__(self, wanted: Plan, most: int, enough: Callable[[], bool] | None = None) -> None:
        self.decisions: list[Decision] = []
        self.reached = False
        self._most = most
        self._enough = enough
        self._slices = [[s.task, s.points] for s in reversed(wanted.slices)]
        self._values = {task: list(reversed(values)) for task, values in wanted.values.items()}
        self._begun = False

    def begin(self, runtime: Runtime) -> bool:
        self._begun, begun = True, self._begun
        return not begun

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._enough is not None and self._enough():
            self.reached = True
            return None
        if len(self.decisions) >= self._most:
            return None
        chosen = self._next({task.number: task for task in enabled}) or enabled[0]
        self.decisions.append((chosen.number,))
        return chosen

    def _next(self, enabled: Mapping[int, Task]) -> Task | None:
        while self._slices:
            current = self._slices[-1]
            if current[1] > 0 and current[0] in enabled:
                current[1] -= 1
                return enabled[current[0]]
            self._slices.pop()
        return enabled.get(self.decisions[-1][0]) if self.decisions else None

    def value(self, n: int) -> int:
        left = self._values.get(self.decisions[-1][0])
        value = min(left.pop(), n - 1) if left else 0
        self.decisions[-1] = (*self.decisions[-1], value)
        return value

    def end(self, run: Run) -> None:
        pass


class Noted:
    """Another strategy, with its decisions told apart: which task, and what the environment decided in its step."""

    def __init__(self, inner: Strategy) -> None:
        self.inner = inner
        self.name = inner.name
        self.decisions: list[Decision] = []

    def begin(self, runtime: Runtime) -> bool:
        self.decisions = []
        return self.inner.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        chosen = self.inner.pick(enabled)
        if chosen is not None:
            self.decisions.append((chosen.number,))
        return chosen

    def value(self, n: int) -> int:
        value = self.inner.value(n)
        self.decisions[-1] = (*self.decisions[-1], value)
        return value

    def end(self, run: Run) -> None:
        self.inner.end(run)
