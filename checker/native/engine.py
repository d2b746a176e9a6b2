# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engine that compiles a program to machine code and searches all its states at the speed of memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ...model.ir.program import Program
from ...model.ir.properties import Property
from ...model.run import Schedule
from ...model.semantics import Semantics
from ...specs.verdict import Verdict
from ..engine import INTERRUPTED, Keeping, Limits, Outcome, Progress, Tick
from ..kept import kept
from ..liveness.decide import Judgement, Liveness
from ..reductions import NONE, PARTIAL_ORDER
from ..reference.budget import Budget, Stopped
from ..reference.engine import ReferenceEngine
from ..verdicts import Explored, Judge, coverage, unasked
from .again import reduced_where_stopped
from .compile import NoCompiler, build_known, digest_of
from .graph import stored_graph
from .library import Found, Search, Status, open_library
from .live import Live, NoMemory
from .liveness import NativeLiveness
from .packing import Unsupported
from .prints import FLAGS, NOT_DECIDED, ONE_WORD, assumption, qualified, run_by_prints
from .quotient import real_run
from .reductions import Plan, plan
from .tables import Tables
from .unit import Unit, translate

if TYPE_CHECKING:
    from .checkpoint import Keeper

NAME = "native"
SLICE_SECONDS = 0.05  # between looks at limits and the keyboard
COMPILING = "compiling to machine code"  # the phase before the first search of a program


@dataclass(frozen=True)
class NativeEngine:
    """Breadth-first search in generated C.

    ``workers``: threads, None for one on each core; results do not depend on it. ``keeping``: checkpoints.
    ``reductions``: names out of REDUCTIONS, or None for the usual ones; ``compare``: search without them too, to tell
    what they save. ``compact``: a table of fingerprints (prints.py), without partial-order reduction. Where there is no
    compiler, or the program is beyond the packing, the reference engine decides, and a note says so.
    """

    workers: int | None = None
    keeping: Keeping | None = None
    reductions: frozenset[str] | None = NONE
    compare: bool = False
    compact: bool = False
    name: str = NAME

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        outcome = self._decide(program, properties, limits, progress)
        if self.reductions is None and self.keeping is None:
            outcome = reduced_where_stopped(
                program, properties, limits, outcome, lambda some, left: self._decide(program, some, left, progress)
            )
        if not self.compare:
            return outcome
        unreduced = replace(self, reductions=NONE, compare=False, keeping=None)
        whole = unreduced.decide(program, properties, limits, progress)
        note = f"{outcome.states:,} states; {whole.states:,} without reduction"
        return replace(outcome, notes=(*outcome.notes, note))

    def _decide(
        self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress
    ) -> Outcome:
        reduction = plan(program, properties, self._reductions)

        def sources() -> Sequence[str]:
            progress(Tick(COMPILING, 0, 0, 0, 0, 0.0))
            return unit.sources

        try:
            unit = translate([program], [reduction])
            compact = self.compact and unit.programs[0].packing.words > 1
            built = build_known(_sources_of(unit, reduction).digest, sources, FLAGS if compact else ())
        except Unsupported as problem:
            return _by_reference(f"{problem}", program, properties, limits, progress)
        if isinstance(built, NoCompiler):
            return _by_reference(f"{built.reason} {built.remedy}", program, properties, limits, progress)
        workers = self.workers or os.cpu_count() or 1
        with ExitStack() as resources:
            keeper = self._keeper(unit, resources)
            search = Search(open_library(built.path), unit.programs[0], workers, limits.memory)
            outcome = decide_by(resources.enter_context(search), properties, limits, progress, keeper)
        notes = (ONE_WORD,) if self.compact and not compact else ()
        return replace(outcome, notes=(*notes, *outcome.notes))

    @property
    def _reductions(self) -> frozenset[str] | None:
        """Merged steps would have to be found again between fingerprints."""
        return self.reductions - {PARTIAL_ORDER} if self.compact and self.reductions else self.reductions

    def _keeper(self, unit: Unit, resources: ExitStack) -> Keeper | None:
        """Raises BadRequest if the folder for checkpoints does not fit, OSError if it cannot be used."""
        if self.keeping is None:
            return None
        from .checkpoint import open_keeper

        return resources.enter_context(closing(open_keeper(self.keeping, unit)))


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the C of a program and a plan comes to, so that it need not be written to find what it was compiled to."""

    digest: str


def _sources_of(unit: Unit, reduction: Plan) -> _Sources:
    (numbering,) = unit.programs
    return kept(
        _Sources,
        numbering.program,
        repr(reduction),
        ("checker/native", "checker/independence"),
        lambda: _Sources(digest_of(unit.sources)),
    )


def _by_reference(
    why: str, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress
) -> Outcome:
    outcome = ReferenceEngine().decide(program, properties, limits, progress)
    return replace(outcome, notes=(f"The native engine cannot run: {why} The reference engine did.", *outcome.notes))


def decide_by(
    search: Search, properties: tuple[Property, ...], limits: Limits, progress: Progress, keeper: Keeper | None = None
) -> Outcome:
    """The outcome of a search that has not begun."""
    with ExitStack() as resources:
        return _Decision(search, limits, progress, resources, keeper).outcome(properties)


class _Decision:
    """One ``decide``: the search in slices, then the verdicts."""

    def __init__(
        self, search: Search, limits: Limits, progress: Progress, resources: ExitStack, keeper: Keeper | None
    ) -> None:
        self._search = search
        self._numbering = search.numbering
        self._semantics = Semantics(search.numbering.program)
        self._limits = limits
        self._budget = Budget(limits, progress)
        self._progress = progress
        self._open = resources
        self._keeper = keeper
        self._stopped: str | None = None

    def outcome(self, properties: tuple[Property, ...]) -> Outcome:
        stopped = self._explore()
        explored = self._explored(stopped)
        judge = Judge(self._semantics, explored, NAME, self._ahead, lambda: self._budget.seconds)
        results = tuple(judge.result(p) for p in properties)
        if self._search.compact:
            condition = assumption(self._search)
            results = tuple(qualified(result, condition) for result in results)
        return Outcome(
            results,
            coverage(self._semantics.program, explored),
            explored.states,
            explored.transitions,
            explored.depth,
            self._budget.seconds,
            (
                *(self._keeper.remarks if self._keeper else ()),
                *self._numbering.plan.notes,
                *unasked(explored, properties),
            ),
        )

    def _explore(self) -> str | None:
        """Search to the end. Returns what ended it early instead, in one sentence."""
        stopped, whole = self._run()
        if whole and self._keeper:
            self._keeper.write(self._search)
        return stopped

    def _run(self) -> tuple[str | None, bool]:
        """What ended the search early, and whether it could go on from there."""
        begun = False
        try:
            begun = self._begin()
            if not begun:
                return self._reached(Status.MEMORY_LIMIT), False
            while (status := self._search.run(self._slice(), self._limits.states)) is Status.PAUSED:
                self._report(self._keeper.now_and_then(self._search) if self._keeper else "")
                if self._limits.seconds is not None and self._budget.seconds >= self._limits.seconds:
                    return f"stopped at the limit of {self._limits.seconds:g} seconds", True
            return None if status is Status.DONE else self._reached(status), status is not Status.MEMORY_LIMIT
        except KeyboardInterrupt:
            return INTERRUPTED, begun

    def _begin(self) -> bool:
        """The first states, or those of the checkpoint; False if there is no memory for them."""
        restored = self._keeper.restore(self._search) if self._keeper else False
        if restored is False:
            return all(self._search.begin(state) for state in self._semantics.initial)
        return bool(restored)

    def _slice(self) -> float:
        left = SLICE_SECONDS if self._limits.seconds is None else self._limits.seconds - self._budget.seconds
        return max(min(SLICE_SECONDS, left), 0.0)

    def _report(self, remark: str) -> None:
        n = self._search.count()
        seconds = self._budget.seconds
        self._progress(Tick("search", n.states, n.transitions, n.depth, n.frontier, seconds, n.memory, remark))

    def _reached(self, status: Status) -> str:
        if status is Status.STATE_LIMIT:
            return f"stopped at the limit of {self._limits.states:,} states"
        if self._limits.memory is not None:
            return f"stopped at the limit of {self._limits.memory:,} bytes of memory"
        return "stopped, because the system has no more memory"

    def _explored(self, stopped: str | None) -> Explored:
        n = self._search.count()
        found = [(name, f) for name in self._numbering.faults if (f := self._search.found(name))]
        found.sort(key=lambda item: item[1].depth + (item[1].move is not None))
        taken = self._search.taken()
        numbers = ((k, e) for k, p in enumerate(self._semantics.program.processes) for e in range(len(p.edges)))
        return Explored(
            n.states,
            n.transitions,
            n.depth,
            self._budget.seconds,
            {name: self._run_to(name, f) for name, f in found},
            tuple(name for name, f in found if f.move is not None),
            bool(n.settled),
            stopped,
            frozenset(number for number, flag in zip(numbers, taken, strict=True) if flag),
        )

    def _run_to(self, name: str, found: Found) -> Callable[[], Schedule]:
        def schedule() -> Schedule:
            if self._search.compact:
                return run_by_prints(self._semantics, self._search, found, name)
            if self._numbering.plan.reduces:
                return real_run(self._semantics, self._search, found, name)
            root, moves = self._search.path(found.state)
            steps = moves if found.move is None else (*moves, found.move)
            initial = self._semantics.initial.index(self._search.state(root))
            return Schedule(initial, tuple((m.process, m.edge) for m in steps))

        return schedule

    def _ahead(self, claim: Property) -> Judgement:
        """A property of the complete graph, which only a safe program has."""
        if self._search.compact:
            return Judgement(Verdict.TRUNCATED, NOT_DECIDED)
        try:
            if self._stopped is None:
                return self._liveness.decide(claim)
        except Stopped as reason:
            self._stopped = str(reason)
        except NoMemory:
            self._stopped = self._reached(Status.MEMORY_LIMIT)
        except KeyboardInterrupt:
            self._stopped = INTERRUPTED
        return Judgement(Verdict.TRUNCATED, self._stopped or "")

    @cached_property
    def _liveness(self) -> Liveness | NativeLiveness:
        tables = Tables(self._numbering)
        if not tables.fit:  # more processes, goals or demands than bits: the slower way, which has no such bounds
            return Liveness(self._semantics, stored_graph(self._semantics, self._search), self._pause)
        live = self._open.enter_context(Live(self._search, tables, self._pause))
        return NativeLiveness(self._semantics, self._search, tables, live)

    def _pause(self, phase: str) -> None:
        n = self._search.count()
        self._budget.pause(phase, n.states, n.transitions, n.depth, 0)
