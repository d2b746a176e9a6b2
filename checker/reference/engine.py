# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From one search to a verdict on every property that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, prod

from ...model.ir.program import Program
from ...model.ir.properties import Property
from ...model.run import Schedule
from ...model.semantics import Semantics
from ...specs.verdict import Verdict
from ..engine import INTERRUPTED, Limits, Outcome, Progress
from ..liveness.decide import Judgement, Liveness
from ..verdicts import Explored, Judge, coverage, needs_graph, unasked
from .budget import Budget, Stopped
from .search import Finding, Search
from .symmetry import canonical, spaces


@dataclass(frozen=True)
class ReferenceEngine:
    """Breadth-first search with the reference interpreter.

    ``symmetry``: count states up to renaming of interchangeable processes and slots. That keeps safety, deadlock and
    covers; for any other property it is switched off, and a note says so.

    Every violation is replayed before it is returned; ReplayError means a defect of this program, not of the input's.
    """

    symmetry: bool = False
    name: str = "reference"

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        graph_wanted = any(needs_graph(p) for p in properties)
        reduced = self.symmetry and bool(spaces(program)) and not graph_wanted
        semantics = Semantics(program)
        budget = Budget(limits, progress)
        search = Search(semantics, budget, canonical(program) if reduced else None, graph_wanted)
        search.run()
        explored = _explored(search, budget)
        ahead = _Ahead(semantics, search, budget)
        judge = Judge(semantics, explored, self.name, ahead.decide, lambda: budget.seconds)
        return Outcome(
            tuple(judge.result(p) for p in properties),
            coverage(program, explored),
            explored.states,
            explored.transitions,
            explored.depth,
            budget.seconds,
            (*_symmetry_notes(self.symmetry, reduced, program), *unasked(explored, properties)),
        )


def _explored(search: Search, budget: Budget) -> Explored:
    def schedule(finding: Finding) -> Callable[[], Schedule]:
        return lambda: search.schedule(finding)

    instances = search.semantics.layout.instances
    numbers = {process.name: k for k, process in enumerate(search.semantics.program.processes)}
    moves = (search.moves.table[move] for move in search.taken)
    return Explored(
        len(search.states),
        search.transitions,
        search.depth,
        budget.seconds,
        {name: schedule(finding) for name, finding in search.findings.items()},
        tuple(search.cut_by),
        search.settled,
        search.stopped,
        frozenset((numbers[instances[instance][0].name], edge) for instance, edge, _ in moves),
    )


class _Ahead:
    """Properties of the complete graph, built when the first of them is asked for."""

    def __init__(self, semantics: Semantics, search: Search, budget: Budget) -> None:
        self._semantics, self._search, self._budget = semantics, search, budget
        self._stopped = ""
        self._liveness: Liveness | None = None

    def decide(self, claim: Property) -> Judgement:
        if not self._stopped:
            try:
                if self._liveness is None:
                    self._liveness = Liveness(self._semantics, self._search.graph(), self._pause)
                return self._liveness.decide(claim)
            except Stopped as reason:
                self._stopped = str(reason)
            except KeyboardInterrupt:
                self._stopped = INTERRUPTED
        return Judgement(Verdict.TRUNCATED, self._stopped)

    def _pause(self, phase: str) -> None:
        self._budget.pause(phase, len(self._search.states), self._search.transitions, self._search.depth, 0)


def _symmetry_notes(asked: bool, reduced: bool, program: Program) -> tuple[str, ...]:
    sizes = spaces(program)
    if not asked:
        return ()
    if not sizes:
        return ("symmetry reduction does nothing here: no processes or slots are interchangeable",)
    if not reduced:
        return ("symmetry reduction was switched off: it does not keep partial deadlock and liveness properties",)
    count = prod(factorial(size) for size in sizes.values())
    return (f"states are counted up to symmetry of {', '.join(sizes)} ({count} renamings)",)
