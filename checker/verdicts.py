# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From what an exhaustive search has seen to a verdict on every property, in the same way for every such engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..model.evaluate import Scope, folded
from ..model.ir.build import loads, rebuild
from ..model.ir.expr import FALSE, Load
from ..model.ir.program import Heap, Program
from ..model.ir.properties import PARTIAL_DEADLOCK, Property
from ..model.replay import replay
from ..model.run import Schedule
from ..model.semantics import Semantics
from ..model.trace import Trace
from ..specs.verdict import Result, Verdict
from .engine import Coverage
from .liveness.decide import TIMING, Judgement


@dataclass(frozen=True)
class Explored:
    """What a search has seen.

    ``findings``: the properties found violated, in the order found, each with the shortest run that shows it.
    ``cut_by``: those violated by a step, so that what would follow was not explored. ``settled``: whether a state was
    met in which balance is demanded. ``stopped``: what ended the search early, in one sentence, or None.
    ``taken``: (class, edge) by number of every edge that made a step, or a violating one. ``seconds``: of the search.
    """

    states: int
    transitions: int
    depth: int
    seconds: float
    findings: Mapping[str, Callable[[], Schedule]]
    cut_by: tuple[str, ...]
    settled: bool
    stopped: str | None
    taken: frozenset[tuple[int, int]]


def needs_graph(claim: Property) -> bool:
    """Whether a property is about what lies ahead of a state, and not about one state or step."""
    return claim.kind in ("livelock", "leads-to", "always-eventually") or claim.name == PARTIAL_DEADLOCK


class Judge:
    """Verdicts on one finished or stopped search.

    ``ahead`` decides a property of the complete graph; it is asked only about safe programs explored to the end.
    ``clock``: seconds since the search began.
    """

    def __init__(
        self,
        semantics: Semantics,
        explored: Explored,
        engine: str,
        ahead: Callable[[Property], Judgement],
        clock: Callable[[], float],
    ) -> None:
        self._semantics = semantics
        self._explored = explored
        self._engine = engine
        self._look_ahead = ahead
        self._clock = clock
        self._timing = (TIMING,) if semantics.has_urgency else ()
        safety = {c.property for p in semantics.program.processes for e in p.edges for c in e.checks}
        safety |= {invariant.name for invariant in semantics.program.invariants}
        self._unsafe = [name for name in explored.findings if name in safety]

    def result(self, claim: Property) -> Result:
        judgement = self._judge(claim)
        explored, trace, depth, message = self._explored, None, self._explored.depth, judgement.message
        if judgement.schedule is not None:
            trace = self._trace(judgement.schedule, claim, message)
            depth = len(judgement.schedule.steps)
            message = trace.violation
        return Result(
            claim.name,
            claim.kind,
            judgement.verdict,
            self._engine,
            explored.states,
            explored.transitions,
            depth,
            self._clock() if needs_graph(claim) else explored.seconds,
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
        if needs_graph(claim):
            return self._ahead(claim)
        if claim.kind == "lock-order":
            return Judgement(Verdict.TRUNCATED, "lock order is not decided by a search: see checker/decide.py")
        find = self._explored.findings.get(claim.name)
        if find is not None:
            return Judgement(Verdict.VIOLATED, assumptions=self._timing, schedule=find())
        undecided = self._undecided()
        if undecided:
            return Judgement(Verdict.TRUNCATED, undecided)
        if claim.kind == "balance" and not self._explored.settled:
            return Judgement(Verdict.VACUOUS, "no reachable state in which every process has ended or rests")
        unused = self._about_nothing(claim) if claim.kind == "invariant" else ""
        if unused:
            return Judgement(Verdict.VACUOUS, f"it is about records of {unused}, and none is ever allocated")
        if claim.kind == "assertion" and not self._evaluated(claim):
            return Judgement(Verdict.VACUOUS, "no step that could violate it is ever reached")
        return Judgement(Verdict.HOLDS, assumptions=self._timing)

    def _about_nothing(self, claim: Property) -> str:
        """The pools without which an invariant says nothing, if none of their records was ever allocated."""
        never = self._never_allocated
        invariant = next((i for i in self._semantics.program.invariants if i.name == claim.name), None)
        if not never or invariant is None:
            return ""
        dead = {heap.allocated for heap in never}
        expr = rebuild(invariant.expr, lambda e: FALSE if isinstance(e, Load) and e.var in dead else None)
        says_nothing = folded(expr, Scope(self._semantics.layout)) == 1
        named = [heap.name for heap in never if heap.allocated in loads(invariant.expr)]
        return " and ".join(named) if says_nothing else ""

    @cached_property
    def _never_allocated(self) -> tuple[Heap, ...]:
        """The heaps of which no slot is in use in a first state, or taken by a step that was made."""
        program, layout = self._semantics.program, self._semantics.layout
        made = (program.processes[k].edges[edge] for k, edge in self._explored.taken)
        written = {update.var for edge in made for update in edge.updates}

        def from_the_start(heap: Heap) -> bool:
            first = layout.offset[heap.allocated]
            return any(1 in state[first : first + heap.slots] for state in self._semantics.initial)

        return tuple(h for h in program.heaps if h.allocated not in written and not from_the_start(h))

    def _evaluated(self, claim: Property) -> bool:
        """Whether some process stood before a step that is checked for the property: at its first location, or where
        a step that was taken leads."""
        for number, process in enumerate(self._semantics.program.processes):
            arrived = {process.edges[edge].target for k, edge in self._explored.taken if k == number}
            for edge in process.edges:
                if edge.source in arrived | {process.entry} and any(c.property == claim.name for c in edge.checks):
                    return True
        return False

    def _cover(self, claim: Property) -> Judgement:
        processes = self._semantics.program.processes
        marks = {mark for class_, edge in self._explored.taken for mark in processes[class_].edges[edge].marks}
        label = claim.name.removeprefix("cover:")
        if label in marks:
            return Judgement(Verdict.HOLDS, assumptions=self._timing)
        if not any(mark == label for process in processes for edge in process.edges for mark in edge.marks):
            return Judgement(Verdict.VACUOUS, "never reached: these options and sizes leave it out")
        undecided = self._undecided()
        return Judgement(Verdict.TRUNCATED, undecided) if undecided else Judgement(Verdict.VACUOUS, "never reached")

    def _ahead(self, claim: Property) -> Judgement:
        if self._unsafe:
            return Judgement(Verdict.TRUNCATED, f"not decided, because {self._unsafe[0]} is violated: safety first")
        if self._explored.stopped:
            return Judgement(Verdict.TRUNCATED, self._explored.stopped)
        return self._look_ahead(claim)

    def _undecided(self) -> str:
        """Why the search did not see everything; empty if it did."""
        if self._explored.stopped:
            return self._explored.stopped
        cut = next(iter(self._explored.cut_by), None)
        return f"not decided beyond the violation of {cut}" if cut else ""


def coverage(program: Program, explored: Explored) -> Coverage:
    every = ((k, edge) for k, process in enumerate(program.processes) for edge in range(len(process.edges)))
    movers = {class_ for class_, _ in explored.taken}
    return Coverage(
        tuple((program.processes[k].name, edge) for k, edge in every if (k, edge) not in explored.taken),
        tuple(process.name for k, process in enumerate(program.processes) if k not in movers),
        complete=explored.stopped is None and not explored.cut_by,
    )


def unasked(explored: Explored, properties: tuple[Property, ...]) -> tuple[str, ...]:
    """One sentence for each violation found though nobody asked for it."""
    asked = {p.name for p in properties}
    return tuple(f"{name} is violated too; it was not asked for" for name in explored.findings if name not in asked)
