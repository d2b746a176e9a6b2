# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""IR expressions as Python closures over a state tuple.

A closure is built for one process instance and one value of every bound variable, so that ``Me`` and ``Bound`` are
constants, quantifiers are unrolled and most loads have a fixed position. Nothing is evaluated that expr.py's order of
evaluation would not evaluate, so a load outside its array can only mean that the compiler forgot the test before it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from .ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from .ir.layout import Layout

State = tuple[int, ...]
Value = Callable[[State], int]


class EvaluationError(Exception):
    """A program loads outside an array, or uses Me where there is no process: a defect of the compiler that made it."""


@dataclass(frozen=True)
class Scope:
    """What a closure is built for. ``me``: index of the instance within its class, None in an invariant."""

    layout: Layout
    me: int | None = None
    bound: Mapping[str, int] = field(default_factory=dict[str, int])

    def bind(self, name: str, value: int) -> Scope:
        return replace(self, bound={**self.bound, name: value})


def evaluator(expr: Expr, scope: Scope) -> Value:
    """The closure that computes ``expr``. A truth value may be a ``bool``, which equals and hashes as its integer."""
    return as_closure(folded(expr, scope))


def as_closure(value: int | Value) -> Value:
    return (lambda state: value) if isinstance(value, int) else value


def folded(expr: Expr, scope: Scope) -> int | Value:
    """The value of ``expr`` where it is the same in every state, else the closure that computes it."""
    match expr:
        case Const(value):
            return value
        case Me():
            if scope.me is None:
                raise EvaluationError("an expression without a process uses Me")
            return scope.me
        case Bound(name):
            return scope.bound[name]
        case Load():
            position = cell_position(expr.var, expr.index, scope)
            if isinstance(position, int):
                return operator.itemgetter(position)
            return lambda state: state[position(state)]
        case Unary():
            return _apply_one(_UNARY[expr.op], folded(expr.arg, scope))
        case Binary(op="and" | "or"):
            return _shortcut(expr, scope)
        case Binary():
            return _apply_two(_BINARY[expr.op], folded(expr.left, scope), folded(expr.right, scope))
        case Ite():
            return _ite(expr, scope)
        case Quant():
            return _unrolled(expr, scope)


def cell_position(var: str, index: tuple[Expr, ...], scope: Scope) -> int | Value:
    """Where a cell stands in the state. Leaving the array raises EvaluationError, and only when it is evaluated."""
    dims = scope.layout.variables[var].dims
    position: int | Value = scope.layout.offset[var]
    for expr, dim, stride in zip(index, dims, scope.layout.strides[var], strict=True):
        step = _apply_one(_within(var, dim.size, stride), folded(expr, scope))
        position = _apply_two(operator.add, position, step)
    return position


def _within(var: str, size: int, stride: int) -> Callable[[int], int]:
    def offset(index: int) -> int:
        if 0 <= index < size:
            return index * stride
        raise EvaluationError(f"index {index} is outside {var}, which has {size} cells in that dimension")

    return offset


_UNARY: dict[str, Callable[[int], int]] = {
    "not": operator.not_,
    "-": operator.neg,
    "popcount": int.bit_count,
}

_BINARY: dict[str, Callable[[int, int], int]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": lambda left, right: left // right,
    "%": operator.mod,
    "has": lambda members, bit: members >> bit & 1,
    "with": lambda members, bit: members | 1 << bit,
    "without": lambda members, bit: members & ~(1 << bit),
    "union": lambda left, right: left | right,
    "minus": lambda left, right: left & ~right,
    "meet": lambda left, right: left & right,
}


def _apply_one(function: Callable[[int], int], value: int | Value) -> int | Value:
    if not isinstance(value, int):
        return lambda state: function(value(state))
    try:
        return int(function(value))
    except EvaluationError:  # legal as long as it is never evaluated, so it has to wait
        return lambda state: function(value)


def _apply_two(function: Callable[[int, int], int], left: int | Value, right: int | Value) -> int | Value:
    if not isinstance(left, int) and not isinstance(right, int):
        return lambda state: function(left(state), right(state))
    if not isinstance(left, int):
        return lambda state: function(left(state), right)  # pyright: ignore[reportArgumentType]
    if not isinstance(right, int):
        return lambda state: function(left, right(state))
    try:
        return int(function(left, right))
    except (ArithmeticError, ValueError):
        return lambda state: function(left, right)


def _shortcut(expr: Binary, scope: Scope) -> int | Value:
    """``and`` and ``or``: the right side counts for nothing once the left side decides."""
    left = folded(expr.left, scope)
    deciding = expr.op == "or"  # the truth value of the left side that decides
    if isinstance(left, int):
        return int(deciding) if bool(left) == deciding else folded(expr.right, scope)
    right = evaluator(expr.right, scope)
    if deciding:
        return lambda state: left(state) or right(state)
    return lambda state: left(state) and right(state)


def _ite(expr: Ite, scope: Scope) -> int | Value:
    test = folded(expr.test, scope)
    if isinstance(test, int):
        return folded(expr.then if test else expr.other, scope)
    then, other = evaluator(expr.then, scope), evaluator(expr.other, scope)
    return lambda state: then(state) if test(state) else other(state)


def _unrolled(expr: Quant, scope: Scope) -> int | Value:
    values = range(expr.first, expr.first + expr.count)
    bodies = [folded(expr.body, scope.bind(expr.name, value)) for value in values]
    constants = [body for body in bodies if isinstance(body, int)]
    closures = tuple(as_closure(body) for body in bodies)
    if expr.op == "sum":
        return sum(constants) if len(constants) == len(bodies) else lambda state: sum(body(state) for body in closures)
    if expr.op == "all":
        return int(all(constants)) if len(constants) == len(bodies) else lambda state: all(f(state) for f in closures)
    return int(any(constants)) if len(constants) == len(bodies) else lambda state: any(f(state) for f in closures)
