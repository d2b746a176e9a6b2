# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Steps of a protocol that no sampled run has met: the way to each is driven through the executable kernel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...model.ir.expr import FALSE
from ...model.ir.program import Check, Edge, Process, Program
from ...model.run import Schedule
from ..engine import Engine, Limits
from ..schedule.request import Chosen
from ..schedule.strategies.replay import Replay
from .conform import Conformance, conform_runs
from .counterexample import counterexample
from .drive import Driven, drive

TAKEN = "the step is not taken"
MOST_RUNS = 2_000  # of the kernel, for one step

Step = tuple[str, int]
"""(process class, edge)."""


def reach(result: Conformance, chosen: Chosen, steps: Iterable[Step], engine: Engine, limits: Limits) -> list[Step]:
    """Looks for a run of the kernel that meets each of these steps, and follows it as a sampled one is: that enters it
    into ``result``. Returned are the steps that have not been met in the end. ``limits``: of the engine, each time."""
    left = [step for step in steps if step not in result.covered]
    for step in left:
        if step in result.covered:  # on the way to an earlier one
            continue
        schedule = way_to(result.view.program, step, engine, limits)
        if schedule is None:
            continue
        found = drive(result.view, schedule, None, dict(chosen.options), dict(chosen.sizes), MOST_RUNS)
        if isinstance(found, Driven):
            for _ in conform_runs(result, chosen, Replay(found.schedule)):
                pass
    return [step for step in left if step not in result.covered]


def way_to(program: Program, step: Step, engine: Engine, limits: Limits) -> Schedule | None:
    """A run of the protocol whose last step is this one; None if the engine finds none within its limits."""
    name, number = step
    marked = tuple(_marked(p, number) if p.name == name else p for p in program.processes)
    return counterexample(replace(program, processes=marked), TAKEN, engine, limits)


def _marked(process: Process, number: int) -> Process:
    """To take the step violates ``TAKEN``."""

    def marked(edge: Edge) -> Edge:
        frames = edge.frames or (process.frame,)
        return replace(edge, checks=(*edge.checks, Check(edge.guard, FALSE, TAKEN, TAKEN, frames)))

    return replace(process, edges=tuple(marked(e) if k == number else e for k, e in enumerate(process.edges)))
