# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A run of a protocol that violates a property, as something that can be driven through the executable kernel."""

from __future__ import annotations

from ...model.ir.program import Program
from ...model.ir.properties import properties
from ...model.replay import schedule_of
from ...model.run import Schedule
from ..engine import Engine, Limits, Progress


def counterexample(
    program: Program,
    property: str,
    engine: Engine,
    limits: Limits | None = None,
    progress: Progress = lambda tick: None,
) -> Schedule | None:
    """None if the engine finds none within the limits."""
    asked = tuple(p for p in properties(program) if p.name == property)
    results = engine.decide(program, asked, limits or Limits(), progress).results
    trace = next((result.trace for result in results), None)
    return None if trace is None else schedule_of(trace)
