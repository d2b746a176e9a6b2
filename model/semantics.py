# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reference interpreter: what program.py says a step, an enabled process, a deadlock and an invariant are.

Every other engine is tested against this file. It is written to be read, and fast only where that costs no clarity:
each (instance, location) has its own list of edges, built when a run first gets there, with the instance's index folded
into the closures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .evaluate import Scope, State, Value, as_closure, cell_position, evaluator, folded
from .ir.expr import Binary, Expr, Quant
from .ir.layout import Layout
from .ir.program import Check, Edge, Frame, Invariant, Location, Program


@dataclass(frozen=True, slots=True)
class Violation:
    """What a step leads to when one of its checks fails: the end of the run."""

    check: Check


@dataclass(frozen=True, slots=True)
class Failure:
    """An invariant that fails in a state.

    ``parts``: what in it is false. ``check``: the condition of one of its loads that failed instead, or None.
    """

    invariant: Invariant
    parts: tuple[FailingPart, ...] = ()
    check: Check | None = None

    @property
    def objects(self) -> tuple[tuple[str, str], ...]:
        """Name and value, as text, of the bound variables for which it fails."""
        return tuple(dict.fromkeys(bound for part in self.parts for bound in part.objects))

    @property
    def message(self) -> str:
        where = " for " + ", ".join(f"{name} = {value}" for name, value in self.objects) if self.objects else ""
        why = f": {self.check.message}" if self.check else ""
        return f"{self.invariant.name} does not hold{where}{why}"

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.check.frames if self.check and self.check.frames else (self.invariant.frame,)


Target = State | Violation
_T = TypeVar("_T")
Step = Callable[[State], Target | None]  # None: the edge cannot be taken here
Successor = tuple[int, int, Target]  # instance, number of the edge in its class, where it leads


class Semantics:
    """A program as functions of a state. Instances are numbered in program order; so are the edges of a class.

    ``initial``: the first states, numbered as in ``Program.initial``.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.layout = Layout(program)
        entries = tuple(process.entry for process, _ in self.layout.instances)
        self.initial: tuple[State, ...] = tuple(entries + cells for cells in program.initial)
        self.instances = range(len(entries))
        self._steps = tuple(_Moves(self._steps_at(instance)) for instance in self.instances)
        self._urgent = tuple(_Moves(self._urgency_at(instance)) for instance in self.instances)
        self.has_urgency = any(place.urgent is not None for process in program.processes for place in process.locations)
        outside = Scope(self.layout)
        self._invariants = tuple(
            (invariant, _checker(invariant.checks, outside), evaluator(invariant.expr, outside))
            for invariant in program.invariants
        )

    # ---- steps

    def successors(self, state: State) -> list[Successor]:
        """Every step and every violating step from ``state``, after urgency."""
        if self.has_urgency:
            return self._urgent_successors(state)
        result: list[Successor] = []
        for instance in self.instances:
            for number, step in self._steps[instance][state[instance]]:
                target = step(state)
                if target is not None:
                    result.append((instance, number, target))
        return result

    def steps(self, state: State, instance: int) -> list[Successor]:
        """The steps of one instance, before urgency."""
        moves = self._steps[instance][state[instance]]
        return [(instance, number, target) for number, step in moves if (target := step(state)) is not None]

    def _urgent_successors(self, state: State) -> list[Successor]:
        per_instance = [self.steps(state, instance) for instance in self.instances]
        urgent = [steps for instance, steps in enumerate(per_instance) if steps and self.urgent(state, instance)]
        return [step for steps in urgent or per_instance for step in steps]

    # ---- where an instance stands

    def location(self, state: State, instance: int) -> Location:
        return self.layout.instances[instance][0].locations[state[instance]]

    def edge(self, instance: int, number: int) -> Edge:
        return self.layout.instances[instance][0].edges[number]

    def able(self, state: State, instance: int) -> bool:
        """Whether the instance has a step (or a violating one), before urgency."""
        return any(step(state) is not None for _, step in self._steps[instance][state[instance]])

    def urgent(self, state: State, instance: int) -> bool:
        """Whether the instance has priority here, if it can move at all."""
        condition = self._urgent[instance][state[instance]]
        return condition is not None and bool(condition(state))

    def settled(self, state: State, instance: int) -> bool:
        """Whether the instance has ended, rests, or is idle with nothing to do."""
        location = self.location(state, instance)
        return location.ends or location.rests or (location.idle and not self.able(state, instance))

    def may_stay(self, state: State, instance: int) -> bool:
        """Whether it is no deadlock if the instance never moves again for want of an enabled edge."""
        location = self.location(state, instance)
        return location.ends or location.rests or location.idle

    # ---- what a state breaks

    def is_deadlock(self, state: State) -> bool:
        """Whether nobody can move although somebody has to."""
        return not all(self.may_stay(state, i) for i in self.instances) and not any(
            self.able(state, i) for i in self.instances
        )

    def is_stuttering(self, state: State) -> bool:
        """Whether it is a fair run that nobody ever moves again: no deadlock, and whoever could move rests."""
        return not self.is_deadlock(state) and all(
            self.location(state, instance).rests for instance, _, _ in self.successors(state)
        )

    def is_settled(self, state: State) -> bool:
        """Whether balance invariants are demanded here."""
        return all(self.settled(state, instance) for instance in self.instances)

    def failing_invariants(self, state: State) -> list[Failure]:
        """The invariants that ``state`` violates, in program order."""
        failures: list[Failure] = []
        for invariant, find_check, holds in self._invariants:
            if invariant.kind == "balance" and not self.is_settled(state):
                continue
            check = find_check(state)
            if check is not None:
                failures.append(Failure(invariant, check=check))
            elif not holds(state):
                failures.append(Failure(invariant, failing_parts(invariant.expr, state, Scope(self.layout))))
        return failures

    # ---- construction: one specialised closure for each instance and edge, when a run first gets there

    def _steps_at(self, instance: int) -> Callable[[int], tuple[tuple[int, Step], ...]]:
        """What gives the number and the closure of every edge from a location of the instance."""
        process, index = self.layout.instances[instance]
        scope = Scope(self.layout, me=index)
        outgoing: list[list[int]] = [[] for _ in process.locations]
        for number, edge in enumerate(process.edges):
            outgoing[edge.source].append(number)

        def at(location: int) -> tuple[tuple[int, Step], ...]:
            return tuple((number, _step(process.edges[number], instance, scope)) for number in outgoing[location])

        return at

    def _urgency_at(self, instance: int) -> Callable[[int], Value | None]:
        process, index = self.layout.instances[instance]
        scope = Scope(self.layout, me=index)

        def at(location: int) -> Value | None:
            urgent = process.locations[location].urgent
            return None if urgent is None else evaluator(urgent, scope)

        return at


class _Moves(dict[int, _T]):
    """What belongs to a location, made when it is first asked for: most programs are larger than what is looked at."""

    def __init__(self, make: Callable[[int], _T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, location: int) -> _T:
        made = self[location] = self._make(location)
        return made


def _step(edge: Edge, instance: int, scope: Scope) -> Step:
    find_check = _checker(edge.checks, scope)
    guard = evaluator(edge.guard, scope)
    store = _storer(edge, scope)
    checked = any(_may_fail(check, scope) for check in edge.checks)
    target = edge.target

    def step(state: State) -> Target | None:
        if checked and (check := find_check(state)) is not None:
            return Violation(check)
        if not guard(state):
            return None
        cells = list(state)
        cells[instance] = target
        store(state, cells)
        return tuple(cells)

    return step


def _may_fail(check: Check, scope: Scope) -> bool:
    return folded(check.when, scope) != 0 and folded(check.ok, scope) != 1


def _checker(checks: tuple[Check, ...], scope: Scope) -> Callable[[State], Check | None]:
    """The first check that fails in a state, or None."""
    tests = tuple(
        (check, evaluator(check.when, scope), evaluator(check.ok, scope)) for check in checks if _may_fail(check, scope)
    )

    def find(state: State) -> Check | None:
        for check, when, ok in tests:
            if when(state) and not ok(state):
                return check
        return None

    return find


def _storer(edge: Edge, scope: Scope) -> Callable[[State, list[int]], None]:
    """What copies the updates into ``cells``: all of them read the old state, and the last write to a cell wins."""
    updates = [(cell_position(u.var, u.index, scope), evaluator(u.value, scope)) for u in edge.updates]
    fixed = {position: value for position, value in updates if isinstance(position, int)}

    def store_fixed(state: State, cells: list[int]) -> None:
        for position, value in pairs:
            cells[position] = value(state)

    def store_in_order(state: State, cells: list[int]) -> None:
        for position, value in computed:
            cells[position(state)] = value(state)

    pairs = tuple(fixed.items())
    computed = tuple((as_closure(position), value) for position, value in updates)
    return store_fixed if all(isinstance(position, int) for position, _ in updates) else store_in_order


@dataclass(frozen=True, slots=True)
class FailingPart:
    """A condition within an invariant that is false where it ought not to be, for what its variables are bound to.

    ``objects``: these variables and their values as text, outermost first.
    """

    expr: Expr
    scope: Scope
    objects: tuple[tuple[str, str], ...]


def failing_parts(
    expr: Expr, state: State, scope: Scope, objects: tuple[tuple[str, str], ...] = ()
) -> tuple[FailingPart, ...]:
    """Why ``expr`` is false in ``state``: for the first failing binding of each ``all``, the first failing side of each
    ``and`` and both sides of each ``or``, what is left."""
    match expr:
        case Quant(op="all"):
            for value in range(expr.first, expr.first + expr.count):
                inner = scope.bind(expr.name, value)
                if not evaluator(expr.body, inner)(state):
                    return failing_parts(expr.body, state, inner, (*objects, (expr.name, expr.domain.show(value))))
            return ()
        case Binary(op="and"):
            holds = evaluator(expr.left, scope)(state)
            return failing_parts(expr.right if holds else expr.left, state, scope, objects)
        case Binary(op="or"):
            sides = (failing_parts(side, state, scope, objects) for side in (expr.left, expr.right))
            return tuple(part for side in sides for part in side)
        case _:
            return (FailingPart(expr, scope, objects),)
