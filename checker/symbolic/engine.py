# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Bounded model checking: the shortest run that breaks a property, or a number of steps within which there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...model.ir.program import Program
from ...model.ir.properties import Property
from ...model.replay import replay
from ...model.semantics import Semantics
from ...specs.verdict import Result, Verdict
from ..engine import Coverage, Limits, Outcome, Progress
from ..liveness.decide import TIMING
from ..reference.budget import Budget
from .bounded import Bounded, Found
from .targets import is_decidable
from .values import Unsupported

DEFAULT_DEPTH = 20  # most published races of this kind need fewer steps, and a few seconds suffice for so many
LEMMAS_AFTER = 3.0  # what is decided sooner is not worth the search for invariants
NEVER_SETTLED = "no reachable state in which every process has ended or rests"
NEVER_CHECKED = "no step that could violate it is ever reached"


@dataclass(frozen=True)
class SmtEngine:
    """Unrolls the program into clauses and asks z3 for a violation at each depth in turn.

    ``depth``: the longest run to look at, None for as long as time permits. ``lemmas_after``: seconds after which to
    prove invariants and add them, None for never. They change no verdict and no depth of a violation; they take a few
    seconds to find and let a longer search get further.

    It decides safety and deadlock. Every violation is replayed before it is returned; ReplayError means a defect of
    this program, not of the input's.
    """

    depth: int | None = DEFAULT_DEPTH
    lemmas_after: float | None = LEMMAS_AFTER
    name: str = "smt"

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        semantics = Semantics(program)
        budget = Budget(limits, progress)
        names = tuple(p.name for p in properties if is_decidable(p))
        search = Bounded(semantics, names, budget, limits.seconds)
        try:
            search.run(self.depth, self.lemmas_after)
        except Unsupported as problem:
            search.stopped = f"the smt engine cannot represent {problem}"
        judge = _Judge(semantics, search, budget, self.name)
        return Outcome(
            tuple(judge.result(p) for p in properties),
            _coverage(program, search),
            0,
            0,
            max(search.depth, 0),
            budget.seconds,
            _notes(limits, search),
        )


def _coverage(program: Program, search: Bounded) -> Coverage:
    """Taken is what the violations found take: a solver does not say what else it has looked at."""
    classes = [process.name for process in program.processes for _ in range(process.count)]
    taken = {(classes[i], edge) for found in search.findings.values() for i, edge in found.schedule.steps}
    movers = {name for name, _ in taken}
    every = ((process.name, number) for process in program.processes for number in range(len(process.edges)))
    still = tuple(name for name in dict.fromkeys(classes) if name not in movers)
    return Coverage(tuple(edge for edge in every if edge not in taken), still, complete=False)


def _notes(limits: Limits, search: Bounded) -> tuple[str, ...]:
    states = ("the smt engine counts no states; the limit on them changes nothing",) if limits.states else ()
    return (*states, *search.notes)


class _Judge:
    def __init__(self, semantics: Semantics, search: Bounded, budget: Budget, engine: str) -> None:
        self._semantics = semantics
        self._search = search
        self._seconds = budget.seconds
        self._engine = engine
        self._timing = (TIMING,) if semantics.has_urgency else ()

    def result(self, claim: Property) -> Result:
        found = self._search.findings.get(claim.name)
        if found is not None and is_decidable(claim):
            return self._violated(claim, found)
        verdict, message = self._undecided(claim)
        timing = self._timing if verdict in (Verdict.HOLDS, Verdict.BOUNDED) else ()
        return self._made(claim, verdict, max(self._search.depth, 0), message, timing)

    def _violated(self, claim: Property, found: Found) -> Result:
        trace = replay(self._semantics, found.schedule, claim)
        made = self._made(claim, Verdict.VIOLATED, len(found.schedule.steps), trace.violation, self._timing)
        return replace(made, trace=trace)

    def _undecided(self, claim: Property) -> tuple[Verdict, str]:
        search = self._search
        if not is_decidable(claim):
            return Verdict.TRUNCATED, "not decided: the smt engine decides safety and deadlock only"
        if search.depth < 0:
            return Verdict.TRUNCATED, search.stopped or "not decided"
        within = f"no violation within {search.depth} step{'' if search.depth == 1 else 's'}"
        if search.cut_by:
            return Verdict.TRUNCATED, f"{within}, and not decided beyond the violation of {search.cut_by[0]}"
        if search.exhausted:
            if claim.name in search.idle and claim.kind in ("balance", "assertion"):
                return Verdict.VACUOUS, NEVER_SETTLED if claim.kind == "balance" else NEVER_CHECKED
            return Verdict.HOLDS, f"no run is longer than {search.depth} steps"
        return Verdict.BOUNDED, f"{within}: {search.stopped}" if search.stopped else within

    def _made(
        self, claim: Property, verdict: Verdict, depth: int, message: str, assumptions: tuple[str, ...]
    ) -> Result:
        return Result(
            claim.name, claim.kind, verdict, self._engine, 0, 0, depth, self._seconds,
            assumptions=assumptions, message=message,
        )  # fmt: skip
