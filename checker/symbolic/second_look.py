# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A second look once every run is known to be short: how long the longest is, and what had no chance to fail."""

from __future__ import annotations

from collections.abc import Collection

from ...model.ir.properties import DEADLOCK
from .circuit import TRUE
from .targets import settled
from .transition import Model
from .unroll import Runs


def second_look(runs: Runs, names: Collection[str], depth: int) -> tuple[int, frozenset[str]]:
    """The length of the longest run, which is at most ``depth``, and which properties had no chance in any.

    ``runs``: of length 0.
    """
    model = runs.model
    asked = {name: (model.circuit.variable(), _chance(model, name)) for name in names}
    template = runs.solver.template(model.circuit.clauses((-ask, literal) for ask, literal in asked.values()))
    open_ = {name for name, (_, literal) in asked.items() if literal != TRUE}
    while runs.solver.satisfiable([]):
        runs.solver.add(template, runs.length)
        for name in sorted(open_):
            if runs.solver.satisfiable([(runs.length, asked[name][0])]):
                open_.discard(name)
        if runs.length == depth:
            return depth, frozenset(open_)
        runs.extend()
    return runs.length - 1, frozenset(open_)


def _chance(model: Model, name: str) -> int:
    """That a property is demanded of the state, or that some process stands before a step checked for it."""
    if name == DEADLOCK:
        return TRUE
    stated = [invariant for invariant in model.program.invariants if invariant.name == name]
    if stated:
        return settled(model) if all(i.kind == "balance" for i in stated) else TRUE
    return model.circuit.any_of(
        m.here for m in model.moves if any(check.property == name for check in m.edge.checks)
    )
