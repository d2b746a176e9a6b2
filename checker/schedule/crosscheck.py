# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A finished exploration, tried against runs that it had no part in.

That all states were seen rests on hashes seeing all state, and that all runs were seen on steps saying what they touch.
Neither can be proved of somebody's Python code: a global that a task writes is in no hash. A random run that fails, or
comes to a state or makes a step that the exploration does not have, shows that it does not hold.
"""

from __future__ import annotations

from collections.abc import Callable

from .registry import make
from .runtime import Run, Runtime, Setup
from .statespace import StateSpace
from .survey import Survey

RUNS = 100


def contradicting(
    runtime: Runtime, setup: Setup, space: StateSpace | None, seed: int, stop: Callable[[], bool]
) -> tuple[Run | None, str]:
    """A run that fails, or why the states of ``space`` are not all there are; neither if nothing contradicts."""
    walk = make("random", seed, RUNS)
    for _ in range(RUNS):
        survey = None if space is None else Survey(walk, space)
        strategy = survey or walk
        if stop() or not strategy.begin(runtime):
            break
        known = None if space is None else (len(space), space.transitions)
        runtime.strategy = strategy
        run = runtime.run(setup)
        if run.failure is not None:
            return run, ""
        if survey is not None and survey.fault:
            return None, survey.fault
        if space is not None and space.unseen:
            return None, space.unseen
        if space is not None and known != (len(space), space.transitions):
            return None, "a run made a step that was not there when all states had been explored"
    return None, ""
