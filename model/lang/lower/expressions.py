# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions: typed, short-circuiting, with the checks that following a reference or an index demands."""

from __future__ import annotations

import ast
from enum import Enum

from ...ir.build import both, choice, either, is_live, negate
from ...ir.expr import FALSE, TRUE, Const, Expr, Load, integer
from ...ir.types import BOOL, PidType, RefType, Type
from ..storage import enum_type, enum_value
from ..values import Alias, Meaning, Nothing, Place, Static, Tuple, Value, a_type
from . import advice, branches, calls, fields, index, keep, names, operators
from .state import Lowerer, LowerError

SHOWN: dict[type[ast.AST], str] = {
    ast.List: "a list", ast.Set: "a set in braces", ast.GeneratorExp: "a generator", ast.Yield: "yield",
}  # fmt: skip


def meaning(low: Lowerer, node: ast.expr) -> Meaning:
    """What an expression stands for, cells not yet read."""
    match node:
        case ast.Constant():
            return _constant(low, node)
        case ast.Name():
            return names.name(low, node)
        case ast.Attribute(base, attr):
            return names.attribute(low, meaning(low, base), attr, node)
        case ast.Subscript(base, position):
            return index.subscript(low, keep.before(low, meaning(low, base), base, [position]), position, node)
        case ast.Call():
            return calls.call(low, node)
        case ast.BinOp():
            return operators.binary(low, node)
        case ast.BoolOp():
            return boolean(low, node)
        case ast.UnaryOp():
            return operators.unary(low, node)
        case ast.Compare():
            return operators.comparison(low, node)
        case ast.IfExp():
            return conditional(low, node)
        case ast.Tuple(elts):
            return Tuple(tuple(keep.before(low, evaluate(low, e), e, elts[i:]) for i, e in enumerate(elts, 1)))
        case _:
            raise low.error(
                "SVM302",
                f"{SHOWN.get(type(node), 'this')} is not part of the language here",
                node,
                "use names, fields, calls, arithmetic, comparisons, and/or/not",
            )


def _constant(low: Lowerer, node: ast.Constant) -> Static:
    if isinstance(node.value, bool | int | str):
        return Static(node.value)
    if node.value is None:
        raise low.error("SVM304", "None is a Python object", node, "write null")
    raise low.error("SVM300", f"the constant {node.value!r}", node, "use integers, bool and Enum members")


def evaluate(low: Lowerer, node: ast.expr) -> Meaning:
    """The meaning with cells read."""
    return fields.read(low, meaning(low, node), node)


def value(low: Lowerer, node: ast.expr, expected: Type | None = None) -> Value:
    """A run-time value; constants take their type from what is expected."""
    return as_value(low, evaluate(low, node), node, expected)


def as_value(low: Lowerer, found: Meaning, node: ast.AST, expected: Type | None = None) -> Value:
    match found:
        case Value():
            return found
        case Place():
            return as_value(low, fields.read(low, found, node), node, expected)
        case Static(None):
            if isinstance(expected, RefType | PidType):
                return Value(Const(0, expected), "null")
            if expected is None:
                raise low.error(
                    "SVM211", "null of what?", node, "compare it with, or assign it to, a reference or process id"
                )
            raise low.error(
                "SVM212", f"null is not {a_type(expected)}", node, "only references and process ids can be null"
            )
        case Static(bool() as known):
            return Value(TRUE if known else FALSE)
        case Static(int() as number):
            return Value(integer(number))
        case Static(Enum() as member):
            return Value(Const(enum_value(member), enum_type(type(member))))
        case Nothing(name, body):
            if any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(body)):
                raise LowerError(None)  # a return without an annotation, reported there
            what = f"'{name}' returns nothing"
            raise low.error(
                "SVM212", what, node, "return a value in it, and annotate which: 'def f(k: World) -> Result:'"
            )
        case Alias(path=""):
            raise low.error("SVM212", "the world is not a value", node, "name one of its fields")
        case _:
            raise low.error(
                "SVM212",
                f"{names.describe(found)} is not a value",
                node,
                advice.no_value(found, low.source.text(node)),
            )


def condition(low: Lowerer, node: ast.expr) -> Expr:
    """A Boolean; anything else needs an explicit comparison."""
    return as_condition(low, evaluate(low, node), node)


def as_condition(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    result = as_value(low, found, node, BOOL) if not isinstance(found, Static) else None
    if result is None and isinstance(found, Static) and isinstance(found.value, bool):
        return TRUE if found.value else FALSE
    if result is None or result.type != BOOL:
        kind = names.describe(found)
        raise low.error(
            "SVM213",
            f"a condition must be a bool, this is {kind}",
            node,
            "compare it: 'x != null', 'n > 0', 'state == State.READY'",
        )
    return result.expr


def boolean(low: Lowerer, node: ast.BoolOp) -> Meaning:
    if any(calls.steps(low, v) for v in node.values):
        return branches.condition_value(low, node)
    conjunctive = isinstance(node.op, ast.And)
    result: Expr = TRUE if conjunctive else FALSE
    before = low.when
    for operand in node.values:
        low.when = both(before, result if conjunctive else negate(result))
        part = condition(low, operand)
        result = both(result, part) if conjunctive else either(result, part)
    low.when = before
    return Value(result, low.source.text(node))


def conditional(low: Lowerer, node: ast.IfExp) -> Meaning:
    if calls.steps(low, node.body) or calls.steps(low, node.orelse):
        raise low.error(
            "SVM305", "a conditional expression with a call that takes steps", node, "write an if statement"
        )
    test = condition(low, node.test)
    if isinstance(test, Const):
        with low.dry():
            evaluate(low, node.orelse if test.value else node.body)  # checked in every variant
        return evaluate(low, node.body if test.value else node.orelse)
    before = low.when
    low.when = both(before, test)
    then = evaluate(low, node.body)
    _demand_slot(low, then)
    low.when = both(before, negate(test))
    other = evaluate(low, node.orelse)
    _demand_slot(low, other)
    low.when = before
    first = as_value(low, then, node.body, other.type if isinstance(other, Value) else None)
    second = as_value(low, other, node.orelse, first.type)
    operators.comparable(low, "==", first.type, second.type, node.orelse)
    return Value(choice(test, first.expr, second.expr), low.source.text(node))


def _demand_slot(low: Lowerer, found: Meaning) -> None:
    if isinstance(found, Value):
        keep.demand_allocated(low, found.expr)


def liveness(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    """``alive(x)``. It reads the pool even if ``x`` is a local: others may free the record at any time."""
    result = as_value(low, found, node)
    if not isinstance(result.type, RefType):
        raise low.error("SVM223", f"alive() of {names.describe(found)}", node, "alive() takes a reference into a pool")
    if isinstance(result.expr, Const) and result.expr.value:
        return Load(f"{result.type.heap}.allocated", (integer(result.expr.value - 1),), BOOL)
    live = is_live(result.expr)
    if low.actor.count == 0 or isinstance(live, Const) or low.is_shared(live):
        return live
    return both(live, Load(f"{result.type.heap}.allocated", (fields.slot(result.expr),), BOOL))
