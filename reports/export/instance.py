# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A program as one process instance sees it: its index and the values of bound variables as constants, folded."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from ...model.ir.build import arithmetic, both, either, rebuild
from ...model.ir.expr import FALSE, TRUE, Const, Expr, Me, Quant, integer
from ...model.ir.program import Check, Edge, Update
from .renderer import bind


def instantiated(expr: Expr, me: int | None) -> Expr:
    """Without ``Me`` and without quantifiers. ``me``: None where there is no stepping process."""

    def visit(part: Expr) -> Expr | None:
        if isinstance(part, Me) and me is not None:
            return integer(me)
        return unrolled(part, me) if isinstance(part, Quant) else None

    return rebuild(expr, visit)


def unrolled(expr: Quant, me: int | None) -> Expr:
    values = range(expr.first, expr.first + expr.count)
    bodies = [instantiated(bind(expr.body, expr.name, value), me) for value in values]
    if expr.op == "sum":
        return reduce(lambda left, right: arithmetic("+", left, right), bodies, integer(0))
    if expr.op == "all":
        return reduce(both, bodies, TRUE)
    return reduce(either, bodies, FALSE)


def edge_of(edge: Edge, me: int) -> Edge:
    """The edge as instance ``me`` takes it; checks that cannot fail are left out."""
    checks = tuple(check_of(check, me) for check in edge.checks)
    updates = tuple(
        Update(u.var, tuple(instantiated(i, me) for i in u.index), instantiated(u.value, me)) for u in edge.updates
    )
    kept = tuple(check for check in checks if may_fail(check))
    return replace(edge, guard=instantiated(edge.guard, me), checks=kept, updates=updates)


def check_of(check: Check, me: int | None) -> Check:
    return replace(check, when=instantiated(check.when, me), ok=instantiated(check.ok, me))


def may_fail(check: Check) -> bool:
    """Whether a check is more than a formality."""
    never = isinstance(check.when, Const) and not check.when.value
    always = isinstance(check.ok, Const) and check.ok.value
    return not never and not always
