# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs of a program in a solver, one step longer at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...model.run import Schedule
from .circuit import FALSE, TRUE
from .solver import StepSolver
from .state import Members
from .transition import Disjunction, Model

END_EVERY = 8  # steps between looks at whether any run is so long: that costs as much as a question about targets


@dataclass(frozen=True)
class Monitor:
    """More variables that go from state to state with the program's own, and what holds of them.

    ``successor``: by the variable after a step, the one before it. ``first``: demands on the first state, ``step`` on
    each step.
    """

    successor: Mapping[int, int]
    first: tuple[Disjunction, ...]
    step: tuple[Disjunction, ...]


class Runs:
    """All runs of ``length`` steps from an initial state, and of the monitor along them."""

    def __init__(self, model: Model, monitor: Monitor | None = None) -> None:
        self.model = model
        monitor = monitor or Monitor({}, (), ())
        successor = dict(zip(model.then.variables, model.now.variables, strict=True))
        self.solver = StepSolver({**successor, **monitor.successor})
        self.length = 0
        circuit = model.circuit
        self._step = self.solver.template(circuit.clauses([*model.step(), *monitor.step]))
        self._lemmas = self.solver.template(())
        first = [(model.is_initial(),), *model.is_some_state(), *monitor.first]
        self.solver.add(self.solver.template(circuit.clauses(first)), 0)

    def extend(self) -> None:
        """Runs of one step more."""
        self.solver.add(self._step, self.length)
        self.length += 1
        self.solver.add(self._lemmas, self.length)

    def assume(self, lemmas: Iterable[Disjunction]) -> None:
        """Add what is proved of every reachable state, in all states of the runs from now on."""
        self._lemmas = self.solver.template(self.model.circuit.clauses(lemmas))
        for step in range(self.length + 1):
            self.solver.add(self._lemmas, step)

    def at_an_end(self, seconds: float | None = None, surely: bool = False) -> bool:
        """After an unsatisfiable answer: whether there is no run of this length at all. Unless ``surely``, False may
        mean "unknown": the solver's reason for its answer need not be the least, and the question itself is asked only
        now and then."""
        if not self.solver.needs_assumptions():
            return True
        return (surely or self.length % END_EVERY == 0) and not self.solver.satisfiable([], seconds)

    def schedule(self) -> Schedule:
        """The run of the last model."""
        return Schedule(self._initial(), tuple(self._fired(step) for step in range(self.length)))

    def _fired(self, step: int) -> tuple[int, int]:
        return next(
            (m.instance, m.number)
            for m in self.model.moves
            if m.fires != FALSE and self.solver.is_true(step, m.fires)
        )

    def _initial(self) -> int:
        first = len(self.model.layout.instances)
        for number, cells in enumerate(self.model.program.initial):
            if all(self._has(position + first, value) for position, value in enumerate(cells)):
                return number
        raise AssertionError("the first state of a model is no initial state")

    def _has(self, position: int, value: int) -> bool:
        cell = self.model.now.cells[position]
        if isinstance(cell, Members):
            return all(self._is(bit) == bool(value >> n & 1) for n, bit in enumerate(cell.bits))
        return self._is(cell.cases.get(value, FALSE))

    def _is(self, literal: int) -> bool:
        return literal == TRUE if abs(literal) == TRUE else self.solver.is_true(0, literal)
