# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Counters as sums: counter = base + what each process contributes at its location + what some shared cells contribute.

A reference count is the references that threads hold on their way, plus those of page-table entries that map the page.
The contributions are unknowns; every edge of every automaton gives an equation between them (what it adds to the
counter is what its process and the cells it writes contribute afterwards and did not before), with the old values that
dataflow allows. An equation that contradicts the earlier ones is left out: if its edge can be taken at all, the
result is no invariant, and will be found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ...model.ir.expr import Load
from ...model.ir.layout import cells
from ...model.ir.program import Edge, Program
from ...model.ir.types import BoolType, EnumType, IntType
from .abstract import Abstract, Environment, everything, members
from .dataflow import Dataflow

PRIME = 2_147_483_647  # arithmetic is done modulo this; real contributions are tiny, so they are read back exactly
MOST_CONTRIBUTED = 8  # a larger contribution is a fraction in disguise
MOST_CARRIER_VALUES = 4  # of a cell that may contribute

Unknown = tuple[str, str | int, int]  # ("at", class, location) or ("cell", position, value)


@dataclass(frozen=True)
class Sum:
    """``at``: contribution of a process of a class at a location. ``cells``: of a cell with a value. 0 where absent."""

    counter: int
    base: int
    at: Mapping[tuple[str, int], int]
    cells: Mapping[tuple[int, int], int]


def sums(program: Program, flow: Dataflow) -> Iterator[Sum]:
    """A candidate for every shared counter."""
    carriers = [
        p for p, kind in flow.shared.items()
        if isinstance(kind, (BoolType, EnumType, IntType)) and kind.hi - kind.lo < MOST_CARRIER_VALUES
    ]  # fmt: skip
    for counter in _counters(program, flow):
        found = _solve(flow, counter, [p for p in carriers if p != counter])
        if found is not None:
            yield _with_base(program, flow, counter, found)


def _counters(program: Program, flow: Dataflow) -> list[int]:
    """The shared integers to which some edge adds."""
    names = {
        u.var for p in program.processes for e in p.edges for u in e.updates
        if any(isinstance(part, Load) and part.var == u.var for part in (u.value, getattr(u.value, "left", None)))
    }  # fmt: skip
    return [
        position for position, kind in flow.shared.items()
        if isinstance(kind, IntType) and any(
            flow.layout.offset[n] <= position < flow.layout.offset[n] + cells(flow.layout.variables[n]) for n in names
        )
    ]  # fmt: skip


def _with_base(program: Program, flow: Dataflow, counter: int, found: Mapping[Unknown, int]) -> Sum:
    first = program.initial[0]
    offset = len(flow.layout.instances)
    by_value = {(p, v): n for (kind, p, v), n in found.items() if kind == "cell" and isinstance(p, int)}
    at = {(c, location): n for (kind, c, location), n in found.items() if kind == "at" and isinstance(c, str)}
    known = sum(n for (p, v), n in by_value.items() if first[p - offset] == v)
    known += sum(at.get((p.name, p.entry), 0) for p, _ in flow.layout.instances)
    return Sum(counter, first[counter - offset] - known, at, by_value)


# ---- equations


def _solve(flow: Dataflow, counter: int, carriers: list[int]) -> dict[Unknown, int] | None:
    """The contributions, or None if the counter changes by an amount that is not known."""
    system = _System()
    for process in flow.layout.program.processes:
        system.add({("at", process.name, process.entry): 1}, 0)
    for carrier in carriers:
        system.add({("cell", carrier, flow.shared[carrier].lo): 1}, 0)
    for instance in flow.instances:
        process, index = flow.layout.instances[instance]
        if index == 0:
            scope = flow.scope(instance)
            for edge in process.edges:
                equations = _equations(flow, scope, instance, edge, counter, carriers)
                if equations is None:
                    return None
                for left, right in equations:
                    system.add(left, right)
    return system.solution()


Equation = tuple[dict[Unknown, int], int]


def _equations(
    flow: Dataflow, scope: Abstract, instance: int, edge: Edge, counter: int, carriers: list[int]
) -> list[Equation] | None:
    before = flow.before(scope, (instance, edge.source), edge)
    if before is None:
        return []
    written = _writes(scope, edge, before)
    if any(len(positions) != 1 and counter in positions for positions in written):
        return None
    name = flow.layout.instances[instance][0].name
    moved: dict[Unknown, int] = {}
    _count(moved, ("at", name, edge.target), 1)
    _count(moved, ("at", name, edge.source), -1)
    changed = [p for p in carriers if [p] in written]
    changes = [_transitions(scope, edge, before, p) for p in (counter, *changed)]
    result: list[Equation] = []
    for (old, new), *others in product(*changes):
        left = dict(moved)
        for position, (was, becomes) in zip(changed, others, strict=True):
            _count(left, ("cell", position, becomes), 1)
            _count(left, ("cell", position, was), -1)
        equation = left, new - old
        if equation not in result:
            result.append(equation)
    return result


def _count(left: dict[Unknown, int], unknown: Unknown, factor: int) -> None:
    left[unknown] = left.get(unknown, 0) + factor


def _writes(scope: Abstract, edge: Edge, before: Environment) -> list[list[int]]:
    return [scope.positions(u.var, u.index, before) or [] for u in edge.updates]


def _transitions(scope: Abstract, edge: Edge, before: Environment, position: int) -> list[tuple[int, int]]:
    """Every pair of an old and a new value of the cell that the edge may make."""
    kind = scope.types[position]
    result: list[tuple[int, int]] = []
    for old in members(before[position], kind):
        env = {**before, position: 1 << old - kind.lo}
        news = frozenset({old})
        for update in edge.updates:
            if scope.positions(update.var, update.index, env) == [position]:
                found = scope.values(update.value, env)
                news = frozenset(members(everything(kind), kind)) if found is None else found
        result += [(old, new) for new in sorted(news)]
    return result


class _System:
    """Linear equations modulo a prime, solved as they come."""

    def __init__(self) -> None:
        self._rows: dict[Unknown, tuple[dict[Unknown, int], int]] = {}  # by leading unknown, whose factor is 1

    def add(self, left: Mapping[Unknown, int], right: int) -> None:
        """One more equation; nothing if it contradicts the others or follows from them."""
        left, right = self._reduced({u: f % PRIME for u, f in left.items() if f % PRIME}, right % PRIME)
        if not left:
            return
        lead = min(left)
        inverse = pow(left[lead], -1, PRIME)
        self._rows[lead] = ({u: f * inverse % PRIME for u, f in left.items()}, right * inverse % PRIME)

    def _reduced(self, left: dict[Unknown, int], right: int) -> tuple[dict[Unknown, int], int]:
        while (pivot := next((u for u in sorted(left) if u in self._rows), None)) is not None:
            row, value = self._rows[pivot]
            factor = left[pivot]
            for unknown, part in row.items():
                rest = (left.get(unknown, 0) - factor * part) % PRIME
                if rest:
                    left[unknown] = rest
                else:
                    left.pop(unknown, None)
            right = (right - factor * value) % PRIME
        return left, right

    def solution(self) -> dict[Unknown, int] | None:
        """Values of all unknowns that are not 0, those that are free set to 0; None if one is no small integer."""
        result: dict[Unknown, int] = {}
        for lead in sorted(self._rows, reverse=True):
            row, value = self._rows[lead]
            for unknown, factor in row.items():
                if unknown != lead:
                    value = (value - factor * result.get(unknown, 0)) % PRIME
            result[lead] = value - PRIME if value > PRIME // 2 else value
        if any(abs(value) > MOST_CONTRIBUTED for value in result.values()):
            return None
        return {unknown: value for unknown, value in result.items() if value}
