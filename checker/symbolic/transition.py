# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One step as clauses: a variable for each edge that an instance may fire, exactly one of which is true.

``Model`` is everything about one symbolic state ``now`` and its successor ``then`` that engines ask for, as literals
and disjunctions of one circuit; see unroll.py for how copies of it make a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ...model.ir.program import Check, Edge, Program
from .circuit import FALSE, TRUE, Circuit, at_most_one
from .expressions import Symbolic
from .frame import changes
from .state import Shape, StateVars, is_state, new_state, one_of_each, shape_of

Disjunction = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One edge of one instance. ``passes``: its guard and that no check fails, in conjunction.

    ``fails``: (property, literal) for each check that may be the first to fail here; the literals include the place.
    """

    instance: int
    number: int
    edge: Edge
    here: int
    passes: tuple[int, ...]
    fails: tuple[tuple[str, int], ...]
    fires: int  # FALSE where it never can


class Model:
    """A program as a circuit. Expensive to build, and built once for all steps."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.circuit = Circuit()
        self.shape: Shape = shape_of(program)
        self.layout = self.shape.layout
        self.now: StateVars = new_state(self.circuit, self.shape)
        self.then: StateVars = new_state(self.circuit, self.shape)
        self.outside = Symbolic(self.circuit, self.layout, self.now, {})
        self._scopes = tuple(replace(self.outside, me=index) for _, index in self.layout.instances)
        self.moves: tuple[Move, ...] = tuple(self._all_moves())
        self.movers = tuple(self.circuit.variable() for _ in self.layout.instances)  # who fires the edge of a step

    # ---- moves

    def _all_moves(self) -> Iterator[Move]:
        for instance, (process, _) in enumerate(self.layout.instances):
            for number, edge in enumerate(process.edges):
                here = self.now.is_at(instance, edge.source)
                if here != FALSE:
                    yield self._move(instance, number, edge, here)

    def _move(self, instance: int, number: int, edge: Edge, here: int) -> Move:
        scope = self._scopes[instance]
        failing, passed = self._checks(edge.checks, scope)
        passes = (*passed, scope.truth(edge.guard))
        never = FALSE in passes or self.circuit.all_of(passes) == FALSE
        fires = FALSE if never else self.circuit.variable()
        fails = tuple((name, self.circuit.all_of((here, literal))) for name, literal in failing)
        return Move(instance, number, edge, here, passes, fails, fires)

    def _checks(self, checks: tuple[Check, ...], scope: Symbolic) -> tuple[list[tuple[str, int]], list[int]]:
        """(property, literal that it is the first to fail) of the checks, and the literals that each passes."""
        failing: list[tuple[str, int]] = []
        passed: list[int] = []
        for check in checks:
            bad = self.circuit.all_of((scope.truth(check.when), -scope.truth(check.ok)))
            if bad != FALSE:
                first = self.circuit.all_of((*passed, bad))
                if first != FALSE:
                    failing.append((check.property, first))
                passed.append(-bad)
        return failing, passed

    def scope(self, instance: int) -> Symbolic:
        """What evaluates expressions of the instance's edges."""
        return self._scopes[instance]

    def moves_of(self, instance: int) -> tuple[Move, ...]:
        return self._by_instance[instance]

    @cached_property
    def _by_instance(self) -> tuple[tuple[Move, ...], ...]:
        return tuple(tuple(m for m in self.moves if m.instance == i) for i in range(len(self.layout.instances)))

    # ---- literals about the state ``now``

    def able(self, instance: int) -> int:
        """Whether the instance has a step or a violating one, before urgency."""
        return self._able[instance]

    @cached_property
    def _able(self) -> tuple[int, ...]:
        c = self.circuit
        return tuple(
            c.any_of(
                part
                for m in moves
                for part in (c.all_of((m.here, *m.passes)), *(literal for _, literal in m.fails))
            )
            for moves in self._by_instance
        )

    def may_move(self, instance: int) -> int:
        """Whether urgency lets the instance move: it has priority itself, or nobody who is able has."""
        if self._pressing == FALSE:
            return TRUE
        return self.circuit.any_of((self._urgent[instance], -self._pressing))

    @cached_property
    def _urgent(self) -> tuple[int, ...]:
        result: list[int] = []
        for instance, (process, _) in enumerate(self.layout.instances):
            scope = self._scopes[instance]
            result.append(
                self.circuit.any_of(
                    self.circuit.all_of((literal, scope.truth(condition)))
                    for location, literal in self.now.places[instance].items()
                    if (condition := process.locations[location].urgent) is not None
                )
            )
        return tuple(result)

    @cached_property
    def _pressing(self) -> int:
        urgent = [(i, literal) for i, literal in enumerate(self._urgent) if literal != FALSE]
        return self.circuit.any_of(self.circuit.all_of((literal, self.able(i))) for i, literal in urgent)

    def stands_where(self, instance: int, locations: Mapping[int, bool]) -> int:
        """Whether the instance is at one of the locations that the mapping says yes to."""
        places = self.now.places[instance].items()
        return self.circuit.any_of(literal for location, literal in places if locations[location])

    # ---- the step

    def step(self) -> Iterator[Disjunction]:
        """What has to hold of ``now``, ``then`` and the fired edge."""
        yield self.movers
        yield from at_most_one(self.circuit, list(self.movers))
        for instance, mover in enumerate(self.movers):
            moves = [m for m in self.moves_of(instance) if m.fires != FALSE]
            yield (-mover, *(m.fires for m in moves))
            yield (-mover, self.may_move(instance))
            yield from self._one_edge(moves)
            yield from self._places(instance, mover, moves)
            for m in moves:
                yield (-m.fires, mover)
                yield (-m.fires, m.here)
                yield from ((-m.fires, part) for part in m.passes)
        yield from changes(self.circuit, self.now, self.then, [(m, self._scopes[m.instance]) for m in self.moves])

    def _one_edge(self, moves: list[Move]) -> Iterator[Disjunction]:
        """Edges from different places exclude each other anyway."""
        by_source: dict[int, list[int]] = {}
        for m in moves:
            by_source.setdefault(m.edge.source, []).append(m.fires)
        for fires in by_source.values():
            if len(fires) > 1:
                yield from at_most_one(self.circuit, fires)

    def _places(self, instance: int, mover: int, moves: list[Move]) -> Iterator[Disjunction]:
        arrivals: dict[int, list[int]] = {}
        for m in moves:
            arrivals.setdefault(m.edge.target, []).append(m.fires)
            yield (-m.fires, self.then.is_at(instance, m.edge.target))
            if m.edge.source != m.edge.target:
                yield (-m.fires, -self.then.is_at(instance, m.edge.source))
        for location, before in self.now.places[instance].items():
            after = self.then.places[instance][location]
            yield (-after, before, *arrivals.get(location, ()))
            yield (-before, mover, after)

    # ---- states

    def is_initial(self) -> int:
        entries = tuple(process.entry for process, _ in self.layout.instances)
        initial = dict.fromkeys(self.program.initial)
        return self.circuit.any_of(
            is_state(self.circuit, self.now, entries + cells) for cells in initial
        )

    def is_some_state(self) -> Iterator[Disjunction]:
        yield from one_of_each(self.circuit, self.now)
