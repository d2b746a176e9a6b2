# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether steps say all that they touch: neighbours that claim to be independent change places, to the same effect."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.dependence import Footprint, Keys, independent
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statehash import state_hash
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.checker.schedule.strategy import Strategy
from svmcheck.model.kernel.scenario import World


@dataclass(frozen=True)
class Step:
    """A step of a run, and the state after it. ``tasks``: how many there were after it."""

    task: int
    name: str
    footprint: Footprint
    tasks: int
    state: bytes


def record(setup: Callable[[], World], strategy: Strategy, keys: Keys, hashed: Callable[[int], bool]) -> list[Step]:
    """The steps of one run; ``hashed`` says of which steps the state is wanted."""
    steps: list[Step] = []
    runtime = Runtime(Greenlets(), strategy, 400)

    def observe() -> None:
        task = runtime.last_task
        if task is None:
            return
        state = state_hash(runtime) if hashed(len(steps)) else b""
        steps.append(
            Step(task.number, runtime.last_op.name, tuple(keys.of_last_step(runtime)), len(runtime.tasks), state)
        )

    runtime.observers.append(observe)
    assert strategy.begin(runtime)
    runtime.run(setup)
    return steps


def disagreements(setup: Callable[[], World], seed: int) -> list[str]:
    """Of one random run: neighbours of different tasks that claim independence and do not commute."""
    keys = Keys()
    steps = record(setup, RandomWalk(seed, 1), keys, lambda _: True)
    found: list[str] = []
    for i, (first, second) in enumerate(itertools.pairwise(steps)):
        apart = first.task != second.task and first.tasks == second.tasks == (steps[i - 1].tasks if i else first.tasks)
        if apart and independent(first.footprint, second.footprint):
            swapped = [step.task for step in steps[: i + 2]]
            swapped[i], swapped[i + 1] = second.task, first.task
            if not _same(setup, swapped, keys, second.state):
                found.append(f"{first.name!r} and {second.name!r}")
    return found


def _same(setup: Callable[[], World], schedule: Sequence[int], keys: Keys, state: bytes) -> bool:
    last = len(schedule) - 1
    steps = record(setup, Replay(schedule), keys, lambda i: i == last)
    return len(steps) > last and steps[last].state == state
