# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which cells of a state an expression looks at, by name and value, for sentences that say why it is true or false."""

from __future__ import annotations

from collections.abc import Iterable

from .evaluate import EvaluationError, Scope, State, cell_position
from .ir.build import walk
from .ir.expr import Expr, Load
from .ir.layout import cell_name


def cells_read(state: State, exprs: Iterable[Expr], scope: Scope) -> list[tuple[str, str]]:
    """Name and value of every shared cell read, each once; what a quantifier runs over is left out.

    ``scope``: the process the expressions belong to, if any, and what their variables are bound to.
    """
    found: dict[str, str] = {}
    for expr in exprs:
        for load in _loads(expr):
            cell = _cell(state, load, scope)
            if cell is not None:
                found.setdefault(*cell)
    return list(found.items())


def _loads(expr: Expr) -> list[Load]:
    result: list[Load] = []
    walk(expr, lambda part: result.append(part) if isinstance(part, Load) else None)
    return result


def _cell(state: State, load: Load, scope: Scope) -> tuple[str, str] | None:
    """The cell, or None for a local, a hidden variable, or an index that cannot be followed in this state."""
    layout = scope.layout
    variable = layout.variables[load.var]
    if variable.owner is not None or variable.hidden:
        return None
    try:
        position = cell_position(load.var, load.index, scope)
        where = position if isinstance(position, int) else position(state)
    except (EvaluationError, KeyError):  # a null reference, or the variable of a quantifier
        return None
    offset = where - layout.offset[load.var]
    index: list[int] = []
    for stride in layout.strides[load.var]:
        index.append(offset // stride)
        offset %= stride
    return cell_name(variable, tuple(index)), variable.type.show(state[where])
