# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engine nobody has to choose: what is small is decided before a C compiler would have started."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..model.ir.program import Program
from ..model.ir.properties import Property
from .engine import Engine, Limits, Outcome, Progress
from .reference.engine import ReferenceEngine

# The reference engine takes about 50 microseconds for a state of a small program, and more the more edges there are.
# A bound in states, and not in seconds: which engine decides must not depend on how busy the machine is.
MOST_STATES, LEAST_STATES, STATES_TIMES_EDGES = 2000, 200, 200_000


@dataclass(frozen=True)
class AutoEngine:
    """The reference engine up to a number of states, and ``large`` for what is larger. The results name the one."""

    large: Engine
    name: str = "auto"

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        most = most_states(program)
        if limits.states is not None and limits.states <= most:
            return ReferenceEngine().decide(program, properties, limits, progress)
        outcome = ReferenceEngine().decide(program, properties, replace(limits, states=most), progress)
        if outcome.states < most:
            return outcome
        left = None if limits.seconds is None else max(limits.seconds - outcome.seconds, 0.0)
        return self.large.decide(program, properties, replace(limits, seconds=left), progress)


def most_states(program: Program) -> int:
    """Up to how many states a program is small: some tenths of a second of work."""
    edges = sum(len(process.edges) for process in program.processes)
    return max(LEAST_STATES, min(MOST_STATES, STATES_TIMES_EDGES // max(edges, 1)))
