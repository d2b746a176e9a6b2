# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Locations whose steps need not be interleaved with those of other processes: static partial-order reduction.

A search may explore, from a state in which instance p stands at an *ample* location l and has a step that violates no
check, only the steps of p. Step e of another instance q is *harmless* if, for every step t from l,

(1) e cannot be taken while p stands at l, or t and e touch no flags in common of which one of them changes some;
(2) no check of e that t can influence fails while p stands at l or right after t.

Where q stands is *safe* if q cannot come from there to a harmful step while p stays at l. Location l is ample in a
state in which all others stand where it is safe, if

(3) no step from l changes anything that an invariant reads, and l is not a place to rest at;
(4) every cycle of p's automaton has a location that is ample in no state.

"Cannot be taken" and "cannot come" are what possessions (ownership.py) say: p and q never stand at these places
together, or e's guard is false, or a check of it fails, for anything that agrees with what both possess. Possessions
hold in every reachable state, so they hold for as long as p stands at l.

Why nothing is lost. Let s be a state the search expands, and w a shortest run from s to something to be found: a
violating step, a broken invariant, a deadlock, a settled state, an edge that is taken. If s is expanded in full, the
search takes the first step of w and what is left is shorter. Else it explores just p's steps, and while p does not move
the others take harmless steps only.
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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...model.ir.expr import FALSE, Expr
from ...model.ir.layout import Layout
from ...model.ir.program import Process, Program
from .known import NO, YES, Known, after, changes, may_succeed, meet, truth
from .ownership import Ownership
from .steps import Demand, Step, Touched, overlap, reads_of

Danger = Mapping[int, frozenset[int]]  # number of a class -> locations of its instances that are not safe


@dataclass(frozen=True)
class Ample:
    """By class the locations that may be ample, each with the danger of others that it is not.

    ``why_not``: why none was looked for, in half a sentence, or empty.
    """

    places: tuple[Mapping[int, Danger], ...]
    why_not: str = ""

    def __bool__(self) -> bool:
        return any(self.places)


def ample_locations(program: Program) -> Ample:
    if any(at.urgent not in (None, FALSE) for process in program.processes for at in process.locations):
        return Ample((), "it does not keep what urgent steps forbid")
    layout = Layout(program)
    stated = [i for i in program.invariants if i.kind == "invariant"]
    exprs = [e for i in stated for e in (i.expr, *(part for c in i.checks for part in (c.when, c.ok)))]
    judge = _Judge(Ownership(layout), reads_of(layout, *exprs))
    return Ample(tuple(_places(judge, class_, process) for class_, process in enumerate(program.processes)))


def _places(judge: _Judge, class_: int, process: Process) -> dict[int, Danger]:
    first = sum(p.count for p in judge.program.processes[:class_])
    # What is true of one instance of a symmetric class is true of the others.
    instances = range(first, first + (1 if process.symmetric else process.count))
    found: dict[int, Danger] = {}
    for at, location in enumerate(process.locations):
        if not location.rests and any(edge.source == at for edge in process.edges):
            dangers = [judge.danger(instance, at) for instance in instances]
            danger = _united([d for d in dangers if d is not None])
            if None not in dangers and judge.can_be_safe(class_, danger):
                found[at] = danger
    return {at: found[at] for at in without_cycles(process, sorted(found, key=lambda at: (_size(found[at]), at)))}


def _united(dangers: Sequence[Danger]) -> Danger:
    classes = {class_ for danger in dangers for class_ in danger}
    return {c: frozenset[int]().union(*(danger.get(c, frozenset()) for danger in dangers)) for c in sorted(classes)}


def _size(danger: Danger) -> int:
    return sum(map(len, danger.values()))


def without_cycles(process: Process, among: Sequence[int]) -> frozenset[int]:
    """As many of the locations, in this order, as close no cycle."""
    kept: set[int] = set()
    for at in among:
        seen, todo = set[int](), [at]
        while todo and at not in seen:
            place = todo.pop()
            new = {e.target for e in process.edges if e.source == place and e.target in kept | {at}} - seen
            seen |= new
            todo += new
        if at not in seen:
            kept.add(at)
    return frozenset(kept)


class _Judge:
    def __init__(self, ownership: Ownership, visible: Touched) -> None:
        self._ownership = ownership
        self._layout: Layout = ownership.layout
        self.program: Program = ownership.layout.program
        self._visible = visible
        self._changed: dict[int, Touched] = {}
        self._classes = [c for c, process in enumerate(self.program.processes) for _ in range(process.count)]

    def can_be_safe(self, class_: int, danger: Danger) -> bool:
        """Whether there are places that are safe for everybody else."""
        for other, process in enumerate(self.program.processes):
            others = process.count - (other == class_)
            if others and len(danger.get(other, ())) == len(process.locations):
                return False
        return True

    def danger(self, instance: int, location: int) -> Danger | None:
        """Where others must not stand; None if the steps from here are visible."""
        mine = [step for step in self._ownership.steps[instance] if step.source == location]
        if any(overlap(self._changes(step), self._visible) for step in mine):
            return None
        result: dict[int, frozenset[int]] = {}
        for other, steps in enumerate(self._ownership.steps):
            if other != instance:
                harmful = {step.source for step in steps if not self._is_independent(mine, step)}
                class_ = self._classes[other]
                before = result.get(class_, frozenset())
                result[class_] = before | self._leading_to(harmful, (instance, location), steps)
        return {class_: places for class_, places in result.items() if places}

    def _leading_to(self, harmful: set[int], mine: tuple[int, int], steps: Sequence[Step]) -> set[int]:
        """The locations from which another instance can come to harmful steps while I stay where I am."""
        if not harmful:
            return harmful
        result = set(harmful)
        usable = [step for step in steps if self._may_be_taken(mine, step)]
        while more := {step.source for step in usable if step.target in result} - result:
            result |= more
        return result

    def _may_be_taken(self, mine: tuple[int, int], other: Step) -> bool:
        """Whether another instance's step may be taken, no check failing, while I stay where I am."""
        if self._ownership.never_together(mine, (other.instance, other.source)):
            return False
        return may_succeed(self._layout, other, self._known(mine, other))

    def _known(self, mine: tuple[int, int], other: Step) -> Known:
        known = dict(self._ownership.known_at(*mine))
        for cell, value in self._ownership.known_at(other.instance, other.source).items():
            known[cell] = meet(known.get(cell), value)
        return known

    def _is_independent(self, mine: list[Step], other: Step) -> bool:
        conflicting = [t for t in mine if self._conflict(t, other)]
        if not conflicting:
            return True
        place = (conflicting[0].instance, conflicting[0].source)
        if self._ownership.never_together(place, (other.instance, other.source)):
            return True
        known = self._known(place, other)
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
