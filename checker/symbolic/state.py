# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The variables of one symbolic state: a literal for each place of a process and for each value of a cell.

Numbers are one-hot, sets are bit vectors, and what never changes has no variables at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...model.ir.expr import Const
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Edge, Process, Program
from ...model.ir.types import BoolType, SetType, Type
from .circuit import FALSE, TRUE, Circuit, Clause, at_most_one
from .values import Bits, Cases, Unsupported, bits_of_constant, of_truth

MOST_VALUES = 1024  # of one cell: each is a variable at each step


@dataclass(frozen=True, slots=True)
class Number:
    cases: Cases


@dataclass(frozen=True, slots=True)
class Members:
    bits: Bits


Cell = Number | Members


@dataclass(frozen=True)
class StateVars:
    """``places``: for each instance, the literal of each location it can be at. ``cells``: by position in a state.

    ``variables``: all the circuit's variables that describe the state, in an order that is the same for every state.
    """

    places: tuple[Mapping[int, int], ...]
    cells: Mapping[int, Cell]
    variables: tuple[int, ...]

    def is_at(self, instance: int, location: int) -> int:
        return self.places[instance].get(location, FALSE)

    def equals(self, position: int, value: int) -> int:
        """The literal that says that a cell with a number, or a single bit, has the value."""
        match self.cells[position]:
            case Number(cases):
                return cases.get(value, FALSE)
            case Members():
                raise ValueError("a set has no cases")


@dataclass(frozen=True)
class Shape:
    """What can vary in the states of a program. ``fixed``: the value of each position that never changes."""

    layout: Layout
    places: tuple[tuple[int, ...], ...]
    types: Mapping[int, Type]
    fixed: Mapping[int, int]


def shape_of(program: Program) -> Shape:
    layout = Layout(program)
    written = {u.var for p in program.processes for e in _live_edges(p) for u in e.updates}
    types: dict[int, Type] = {}
    fixed: dict[int, int] = {}
    first = len(layout.instances)
    for variable in program.variables:
        begin = layout.offset[variable.name]
        end = begin + cells(variable)
        for position in range(begin, end):
            types[position] = variable.type
            values = {initial[position - first] for initial in program.initial}
            if variable.name not in written and len(values) == 1:
                fixed[position] = values.pop()
    places = tuple(tuple(sorted(reachable_places(p))) for p, _ in layout.instances)
    return Shape(layout, places, types, fixed)


def _live_edges(process: Process) -> Iterator[Edge]:
    reached = reachable_places(process)
    return (e for e in process.edges if e.source in reached)


def reachable_places(process: Process) -> set[int]:
    """The locations to which the automaton has a way, whatever the variables are."""
    reached = {process.entry}
    queue = [process.entry]
    while queue:
        here = queue.pop()
        for edge in process.edges:
            never = isinstance(edge.guard, Const) and not edge.guard.value
            if edge.source == here and not never and edge.target not in reached:
                reached.add(edge.target)
                queue.append(edge.target)
    return reached


def new_state(circuit: Circuit, shape: Shape) -> StateVars:
    """Fresh variables for a state, and the promise that exactly one value of each cell is true."""
    variables: list[int] = []

    def fresh(count: int) -> list[int]:
        made = [circuit.variable() for _ in range(count)]
        variables.extend(made)
        return made

    def one_hot(values: list[int]) -> Cases:
        if len(values) == 1:
            return {values[0]: TRUE}
        if len(values) == 2:
            bit = fresh(1)[0]
            return {values[0]: -bit, values[1]: bit}
        literals = fresh(len(values))
        circuit.exactly_one(literals)
        return dict(zip(values, literals, strict=True))

    def cell(position: int, kind: Type) -> Cell:
        known = shape.fixed.get(position)
        match kind:
            case SetType(count=count):
                return Members(tuple(fresh(count)) if known is None else bits_of_constant(known))
            case _ if known is not None:
                return Number({known: TRUE})
            case BoolType():
                return Number(of_truth(fresh(1)[0]))
            case _ if kind.hi - kind.lo >= MOST_VALUES:
                raise Unsupported(f"a variable of {kind.hi - kind.lo + 1:,} values (at most {MOST_VALUES:,})")
            case _:
                return Number(one_hot(list(range(kind.lo, kind.hi + 1))))

    places = tuple(one_hot(list(locations)) for locations in shape.places)
    made = {position: cell(position, kind) for position, kind in shape.types.items()}
    return StateVars(places, made, tuple(variables))


def one_of_each(circuit: Circuit, state: StateVars) -> list[Clause]:
    """Clauses that make an arbitrary assignment a state: exactly one value of each cell, one place of each process."""
    numbers = [cell.cases for cell in state.cells.values() if isinstance(cell, Number)]
    result: list[Clause] = []
    for cases in (*state.places, *numbers):
        literals = [literal for literal in cases.values() if literal != TRUE]
        if len(literals) > 2 or (len(literals) == 2 and literals[0] != -literals[1]):
            result += [tuple(literals), *at_most_one(circuit, literals)]
    return result


def is_state(circuit: Circuit, state: StateVars, values: tuple[int, ...]) -> int:
    """The literal that says that the symbolic state is this one."""
    instances = len(state.places)
    literals = [state.is_at(i, values[i]) for i in range(instances)]
    for position, cell in state.cells.items():
        match cell:
            case Number(cases):
                literals.append(cases.get(values[position], FALSE))
            case Members(bits):
                literals += [b if values[position] >> n & 1 else -b for n, b in enumerate(bits)]
    return circuit.all_of(literals)
