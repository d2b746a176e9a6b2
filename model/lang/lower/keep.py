# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Keeping what was looked at while something else runs: copies in hidden locals.

An expression is evaluated where it ends up, and not where it was written. If steps come in between, what it reads may
be another value by then: shared state by any actor, the result of a call by the next call of the same function, and a
local by the body of a block. Copying happens in the step that evaluates the rest of what is gathered so far.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from ...ir.build import loads, rebuild
from ...ir.expr import Const, Expr, Load, integer
from ...ir.types import BOOL, RefType
from ..values import Alias, ArrayValue, Meaning, Place, Tuple, Value
from . import calls, fields
from .state import Lowerer


def before(low: Lowerer, found: Meaning, node: ast.AST, later: list[ast.expr]) -> Meaning:
    """``found``, kept if evaluating one of the expressions that come later takes steps."""
    return kept(low, found, node, "before") if any(calls.steps(low, e) for e in later) else found


def kept(low: Lowerer, found: Meaning, node: ast.AST, tag: str, own: bool = False) -> Meaning:
    """The same thing, whatever happens later. ``own``: the actor's own locals may change as well.

    ``node`` and ``tag`` name the copies: no two of one statement may have both in common.
    """
    tag = f".{tag}-{getattr(node, 'end_col_offset', 0)}"
    match found:
        case Value(expr) if changes(low, expr, own):
            return replace(low.temporary(node, expr, tag), origin=found.origin)
        case Alias():
            return _alias(low, found, node, tag, own)
        case ArrayValue(owner=owner):
            return replace(found, owner=_alias(low, owner, node, tag, own))
        case Place(owner=owner):
            fixed = _alias(low, owner, node, tag, own)
            return replace(found, owner=fixed, index=fixed.index)
        case Tuple(items):
            return Tuple(tuple(kept(low, item, node, f"{tag[1:]}.{i}", own) for i, item in enumerate(items)))
        case _:
            return found


def in_place(low: Lowerer, found: Meaning, node: ast.AST, tag: str) -> Meaning:
    """Records in place kept; values are left as they are."""
    return found if isinstance(found, Value) else kept(low, found, node, tag)


def _alias(low: Lowerer, found: Alias, node: ast.AST, tag: str, own: bool) -> Alias:
    """A record in place: the reference that was followed is kept as a reference, so that freeing is noticed."""
    derefs, index = found.derefs, found.index
    if derefs and changes(low, derefs[0][0], own):
        ref, text = derefs[0]
        copy = low.temporary(node, ref, tag).expr
        derefs, index = ((copy, text), *derefs[1:]), (fields.slot(copy), *index[1:])
    first = 1 if derefs else 0
    copies: dict[Expr, Expr] = {}
    visit = _copier(low, node, tag, own, copies)
    return replace(found, derefs=derefs, index=(*index[:first], *(rebuild(i, visit) for i in index[first:])))


def _copier(
    low: Lowerer, node: ast.AST, tag: str, own: bool, copies: dict[Expr, Expr]
) -> Callable[[Expr], Expr | None]:
    """Copies each cell that an index reads, and not the index: a process id stays one (symmetry.py)."""

    def visit(expr: Expr) -> Expr | None:
        if not isinstance(expr, Load) or not changes(low, expr, own):
            return None
        if expr not in copies:
            copies[expr] = low.temporary(node, expr, f"{tag}.at{len(copies)}").expr
        return copies[expr]

    return visit


def changes(low: Lowerer, expr: Expr, own: bool = False) -> bool:
    """Whether the value may be another one after steps of this actor or others."""
    if low.is_shared(expr):
        return True
    return any(is_result(name) or (own and name not in low.storage.variables) for name in loads(expr))


def is_result(name: str) -> bool:
    """Whether a local is where a function leaves what it returns."""
    return "return" in name.split(".")


def demand_allocated(low: Lowerer, expr: Expr) -> None:
    """A slot that is named by its number becomes a reference to what is in it: there must be something."""
    kind = expr.type
    if isinstance(kind, RefType) and isinstance(expr, Const) and expr.value:
        allocated = Load(f"{kind.heap}.allocated", (integer(expr.value - 1),), BOOL)
        low.demand(allocated, "no-use-after-free", f"{kind.show(expr.value)} is not allocated")
