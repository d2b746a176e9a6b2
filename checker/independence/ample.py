# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Locations whose steps need not be interleaved with those of other processes: static partial-order reduction.

A search may explore, from a state in which instance p stands at an *ample* location l and has a step that violates no
check, only the steps of p. A location is ample if, for every step t from l and every step e of another instance q:

(1) e cannot be taken while p stands at l, or t and e touch no flags in common of which one of them changes some;
(2) no check of e that t can influence fails while p stands at l or right after t;
(3) t changes nothing that an invariant reads, and l is not a place to rest at;
(4) every cycle of p's automaton has a location that is not ample.

"Cannot be taken" is what possessions (ownership.py) say: p and q never stand at these places together, or e's guard is
false, or a check of it fails, for anything that agrees with what both possess. Possessions hold in every reachable
state, so they hold for as long as p stands at l.

Why nothing is lost. Let s be a state the search expands, and w a shortest run from s to something to be found: a
violating step, a broken invariant, a deadlock, a settled state, an edge that is taken. If s is expanded in full, the
search takes the first step of w and what is left is shorter. Else it explores just p's steps.
If p moves in w, let t be its first step, from l. By (1) t commutes with each step before it, so t can come first; what
w leads to and which edges it takes stay the same. (If t were to violate a check, it would do so in s, and s is expanded
in full.) What is left of w is shorter. If p does not move in w, the search may take any of p's steps t in s: by (1) all
of w can be taken after t, by (2) a violating end of it violates the same check, by (3) an invariant broken by w is
broken after t and w. There is such a t, so w does not end in a deadlock, and by (3) not in a settled state. The rest
is as long as w, but by (4) this happens only finitely often: a run of ample steps alone moves some instance round a
cycle of ample locations, and there are none. So after finitely many steps the search finds it.

Condition (4) is the proviso of Kurshan, Levin, Minea, Peled and Yenigun, "Static partial order reduction" (TACAS 1998):
it does not look at the search, so it is right for breadth-first search and for any number of threads. (1) and (2) are
conditions C0 and C1 on ample sets in Clarke, Grumberg and Peled, "Model Checking", and (3) is C2.

States between two of which one follows by the only step of an ample location need not be stored either: nothing but
that step is explored from them, by (3) they break no invariant that the next does not break, they are no deadlocks and
are not settled. By (4) such a sequence ends.

Urgency makes the steps of one process depend on where others stand; with it there is no reduction. Fairness is about
who moves how often, which is not kept: liveness is decided without this reduction.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...model.ir.expr import FALSE, Expr
from ...model.ir.layout import Layout
from ...model.ir.program import Process, Program
from .known import NO, YES, Known, after, changes, may_succeed, meet, truth
from .ownership import Ownership
from .steps import Demand, Step, Touched, overlap, reads_of


@dataclass(frozen=True)
class Ample:
    """The ample locations of each class; ``why_not``: why none was looked for, in half a sentence, or empty."""

    locations: tuple[frozenset[int], ...]
    why_not: str = ""

    def __bool__(self) -> bool:
        return any(self.locations)


def ample_locations(program: Program) -> Ample:
    if any(at.urgent not in (None, FALSE) for process in program.processes for at in process.locations):
        return Ample((), "it does not keep what urgent steps forbid")
    layout = Layout(program)
    stated = [i for i in program.invariants if i.kind == "invariant"]
    exprs = [e for i in stated for e in (i.expr, *(part for c in i.checks for part in (c.when, c.ok)))]
    judge = _Judge(Ownership(layout), reads_of(layout, *exprs))
    found: list[frozenset[int]] = []
    first = 0
    for process in program.processes:
        # What is true of one instance of a symmetric class is true of the others.
        instances = range(first, first + (1 if process.symmetric else process.count))
        places = range(len(process.locations))
        independent = {at for at in places if _may_be(process, at) and all(judge.is_ample(i, at) for i in instances)}
        found.append(without_cycles(process, independent))
        first += process.count
    return Ample(tuple(found))


def _may_be(process: Process, at: int) -> bool:
    location = process.locations[at]
    return not location.rests and any(edge.source == at for edge in process.edges)


def without_cycles(process: Process, among: set[int]) -> frozenset[int]:
    """Those left when each cycle of locations among them has lost one, where a search comes back to its path."""
    ways = {at: [e.target for e in process.edges if e.source == at and e.target in among] for at in among}
    done: set[int] = set()
    dropped: set[int] = set()
    for root in sorted(among):
        path = [(root, iter(ways[root]))] if root not in done else []
        on_path = {at for at, _ in path}
        while path:
            at, rest = path[-1]
            target = next(rest, None)
            if target is None:
                path.pop()
                on_path.discard(at)
                done.add(at)
            elif target in on_path:
                dropped.add(target)
            elif target not in done:
                path.append((target, iter(ways[target])))
                on_path.add(target)
    return frozenset(among - dropped)


class _Judge:
    def __init__(self, ownership: Ownership, visible: Touched) -> None:
        self._ownership = ownership
        self._layout: Layout = ownership.layout
        self._visible = visible
        self._changed: dict[int, Touched] = {}

    def is_ample(self, instance: int, location: int) -> bool:
        """Conditions (1), (2), and the first half of (3)."""
        mine = [step for step in self._ownership.steps[instance] if step.source == location]
        if any(overlap(self._changes(step), self._visible) for step in mine):
            return False
        others = (steps for other, steps in enumerate(self._ownership.steps) if other != instance)
        return all(self._is_independent(mine, step) for steps in others for step in steps)

    def _is_independent(self, mine: list[Step], other: Step) -> bool:
        conflicting = [t for t in mine if self._conflict(t, other)]
        if not conflicting:
            return True
        place = (conflicting[0].instance, conflicting[0].source)
        if self._ownership.never_together(place, (other.instance, other.source)):
            return True
        known = dict(self._ownership.known_at(*place))
        for cell, value in self._ownership.known_at(other.instance, other.source).items():
            known[cell] = meet(known.get(cell), value)
        if may_succeed(self._layout, other, known):
            return False
        return all(self._keeps_checks(t, other, known) for t in conflicting)

    def _keeps_checks(self, mine: Step, other: Step, known: Known) -> bool:
        """Whether each check of the other step comes out the same before and after mine."""
        later = {**known, **{cell: after(self._layout, mine, known, cell) for cell in mine.writes}}
        return all(self._keeps_check(mine, demand, known, later) for demand in other.demands)

    def _keeps_check(self, mine: Step, demand: Demand, before: Known, later: Known) -> bool:
        def always(expr: Expr, value: frozenset[int]) -> bool:
            return truth(self._layout, expr, before) == truth(self._layout, expr, later) == value

        if always(demand.when, NO):
            return True
        changes = self._changes(mine)
        if overlap(reads_of(self._layout, demand.when), changes):
            return False
        return all(not overlap(reads_of(self._layout, ok), changes) or always(ok, YES) for ok in demand.ok)

    def _conflict(self, one: Step, other: Step) -> bool:
        mine, theirs = self._changes(one), self._changes(other)
        return overlap(mine, other.reads) or overlap(mine, theirs) or overlap(one.reads, theirs)

    def _changes(self, step: Step) -> Touched:
        key = id(step)
        if key not in self._changed:
            known = self._ownership.known_at(step.instance, step.source)
            self._changed[key] = changes(self._layout, step, known)
        return self._changed[key]
