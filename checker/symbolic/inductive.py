# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which candidates are invariants: the largest subset that holds at first and is kept by every step (Houdini).

All of what remains is assumed before the step and shown after it, jointly; a candidate that fails in some model is
dropped with its whole family, which would mostly fail next, and the rest is tried again. What is returned is true of
every reachable state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.evaluate import State
from .circuit import TRUE
from .lemmas import Lemma
from .solver import StepSolver
from .state import Members
from .transition import Model


def proved(model: Model, candidates: Sequence[Lemma], seconds_left: Callable[[], float | None]) -> list[Lemma]:
    """The inductive candidates, in order. Raises OutOfTime, KeyboardInterrupt."""
    alive = [lemma for lemma in candidates if _holds_at_first(model, lemma)]
    if not alive:
        return []
    circuit = model.circuit
    solver = StepSolver(dict(zip(model.then.variables, model.now.variables, strict=True)))
    assumed = [circuit.variable() for _ in alive]
    broken = [circuit.variable() for _ in alive]
    solver.add(solver.template(circuit.clauses([*model.is_some_state(), *model.step()])), 0)
    solver.add(solver.template(circuit.clauses((-a, *lemma.holds) for a, lemma in zip(assumed, alive, strict=True))), 0)
    wrong = [circuit.all_of(-literal for literal in lemma.holds) for lemma in alive]
    exactly = [pair for b, w in zip(broken, wrong, strict=True) for pair in ((-b, w), (b, -w))]
    solver.add(solver.template(circuit.clauses(exactly)), 1)
    kept = list(range(len(alive)))
    while kept:
        question = circuit.variable()
        solver.require(1, -question, *(broken[n] for n in kept))
        if not solver.satisfiable([(1, question), *((0, assumed[n]) for n in kept)], seconds_left()):
            break
        dropped = {alive[n].family for n in kept if solver.is_true(1, broken[n])}
        kept = [n for n in kept if alive[n].family not in dropped]
    return [alive[n] for n in kept]


def _holds_at_first(model: Model, lemma: Lemma) -> bool:
    entries = tuple(process.entry for process, _ in model.layout.instances)
    return all(
        any(model.circuit.value(literal, inputs) for literal in lemma.holds)
        for cells in model.program.initial
        if (inputs := assignment(model, entries + cells))
    )


def assignment(model: Model, state: State) -> dict[int, bool]:
    """The values of the variables of ``now`` in a state."""
    result: dict[int, bool] = {TRUE: True}

    def put(literal: int, truth: bool) -> None:
        result[abs(literal)] = truth == (literal > 0)

    for instance, places in enumerate(model.now.places):
        for location, literal in places.items():
            if literal != TRUE:
                put(literal, state[instance] == location)
    for position, cell in model.now.cells.items():
        if isinstance(cell, Members):
            for n, bit in enumerate(cell.bits):
                put(bit, bool(state[position] >> n & 1))
            continue
        for value, literal in cell.cases.items():
            if literal != TRUE:
                put(literal, state[position] == value)
    return result
