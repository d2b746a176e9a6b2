# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From one search to a verdict on every property that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial, prod

from ...model.ir.program import Program
from ...model.ir.properties import PARTIAL_DEADLOCK, Property
from ...model.replay import replay
from ...model.run import Schedule
from ...model.semantics import Semantics
from ...model.trace import Trace
from ...specs.verdict import Result, Verdict
from ..engine import Coverage, Limits, Outcome, Progress
from ..liveness.decide import TIMING, Judgement, Liveness
from .budget import Budget, Stopped
from .search import Search
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
        needs_graph = any(_needs_graph(p) for p in properties)
        reduced = self.symmetry and bool(spaces(program)) and not needs_graph
        semantics = Semantics(program)
        budget = Budget(limits, progress)
        search = Search(semantics, budget, canonical(program) if reduced else None, needs_graph)
        search.run()
        judge = _Judge(semantics, search, budget, self.name, budget.seconds)
        results = tuple(judge.result(p) for p in properties)
        return Outcome(
            results,
            _coverage(search),
            len(search.states),
            search.transitions,
            search.depth,
            budget.seconds,
            (*_symmetry_notes(self.symmetry, reduced, program), *_violation_notes(search, properties)),
        )


def _needs_graph(claim: Property) -> bool:
    """Whether a property is about what lies ahead of a state, and not about one state or step."""
    return claim.kind in ("livelock", "leads-to", "always-eventually") or claim.name == PARTIAL_DEADLOCK


class _Judge:
    """Verdicts on one finished or stopped search. ``seconds``: how long the search took."""

    def __init__(self, semantics: Semantics, search: Search, budget: Budget, engine: str, seconds: float) -> None:
        self._semantics = semantics
        self._search = search
        self._budget = budget
        self._engine = engine
        self._seconds = seconds
        self._stopped = search.stopped  # becomes set as well when a limit ends the work on the graph
        self._timing = (TIMING,) if semantics.has_urgency else ()
        safety = {c.property for p in semantics.program.processes for e in p.edges for c in e.checks}
        safety |= {invariant.name for invariant in semantics.program.invariants}
        self._unsafe = [name for name in search.findings if name in safety]
        self._liveness: Liveness | None = None

    def result(self, claim: Property) -> Result:
        judgement = self._judge(claim)
        trace = None
        depth = self._search.depth
        message = judgement.message
        if judgement.schedule is not None:
            trace = self._trace(judgement.schedule, claim, message)
            depth = len(judgement.schedule.steps)
            message = trace.violation
        return Result(
            claim.name,
            claim.kind,
            judgement.verdict,
            self._engine,
            len(self._search.states),
            self._search.transitions,
            depth,
            self._budget.seconds if _needs_graph(claim) else self._seconds,
            judgement.grade,
            judgement.assumptions,
            message,
            trace,
        )

    def _trace(self, schedule: Schedule, claim: Property, message: str) -> Trace:
        """The replayed run. What only the graph can tell (``message``) goes before what the run shows by itself."""
        trace = replay(self._semantics, schedule, claim)
        return replace(trace, violation=message) if message else trace

    def _judge(self, claim: Property) -> Judgement:
        if claim.kind == "cover":
            return self._cover(claim)
        if _needs_graph(claim):
            return self._ahead(claim)
        finding = self._search.findings.get(claim.name)
        if finding is not None:
            schedule = self._search.schedule(finding)
            return Judgement(Verdict.VIOLATED, assumptions=self._timing, schedule=schedule)
        undecided = self._undecided()
        if undecided:
            return Judgement(Verdict.TRUNCATED, undecided)
        if claim.kind == "balance" and not self._search.settled:
            return Judgement(Verdict.VACUOUS, "no reachable state in which every process has ended or rests")
        return Judgement(Verdict.HOLDS, assumptions=self._timing)

    def _cover(self, claim: Property) -> Judgement:
        table = self._search.moves.table
        if any(f"cover:{mark}" == claim.name for move in self._search.taken for mark in table[move][2].marks):
            return Judgement(Verdict.HOLDS, assumptions=self._timing)
        undecided = self._undecided()
        return Judgement(Verdict.TRUNCATED, undecided) if undecided else Judgement(Verdict.VACUOUS, "never reached")

    def _ahead(self, claim: Property) -> Judgement:
        """A property of the complete graph, which only a safe program has."""
        if self._unsafe:
            return Judgement(Verdict.TRUNCATED, f"not decided, because {self._unsafe[0]} is violated: safety first")
        if self._stopped:
            return Judgement(Verdict.TRUNCATED, self._stopped)
        try:
            if self._liveness is None:
                self._liveness = Liveness(self._semantics, self._search.graph(), self._pause)
            return self._liveness.decide(claim)
        except Stopped as reason:
            self._stopped = str(reason)
        except KeyboardInterrupt:
            self._stopped = "interrupted"
        return Judgement(Verdict.TRUNCATED, self._stopped)

    def _pause(self, phase: str) -> None:
        self._budget.pause(phase, len(self._search.states), self._search.transitions, self._search.depth, 0)

    def _undecided(self) -> str:
        """Why the search did not see everything; empty if it did."""
        if self._search.stopped:
            return self._search.stopped
        cut = next(iter(self._search.cut_by), None)
        return f"not decided beyond the violation of {cut}" if cut else ""


def _coverage(search: Search) -> Coverage:
    instances = search.semantics.layout.instances
    moves = (search.moves.table[move] for move in search.taken)
    taken = {(instances[instance][0].name, number) for instance, number, _ in moves}
    movers = {name for name, _ in taken}
    processes = search.semantics.program.processes
    every = ((process.name, number) for process in processes for number in range(len(process.edges)))
    return Coverage(
        tuple(edge for edge in every if edge not in taken),
        tuple(process.name for process in processes if process.name not in movers),
        complete=search.stopped is None and not search.cut_by,
    )


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


def _violation_notes(search: Search, properties: tuple[Property, ...]) -> tuple[str, ...]:
    asked = {p.name for p in properties}
    return tuple(f"{name} is violated too; it was not asked for" for name in search.findings if name not in asked)
