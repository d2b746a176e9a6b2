# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Operators: arithmetic, comparison, membership, sets."""

from __future__ import annotations

import ast

from ...ir.build import COMPARE, arithmetic, both, compare, either, negate, set_operation, slot_of
from ...ir.expr import FALSE, TRUE, BinaryOp, Const, Expr, Unary, integer
from ...ir.types import BOOL, EnumType, IntType, PidType, RefType, SetType, Type
from ..values import Meaning, Static, Value, a_type
from . import advice, expressions, keep, names
from .state import Lowerer, suggest

OPERATORS: dict[type[ast.operator], BinaryOp] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip


SIGNS: dict[type[ast.AST], str] = {ast.BitOr: "|", ast.BitAnd: "&"}  # others are refused when the text is looked at
SET_OPERATORS: dict[type[ast.operator], BinaryOp] = {ast.BitOr: "union", ast.BitAnd: "meet", ast.Sub: "minus"}
COMPARISONS: dict[type[ast.cmpop], BinaryOp] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


def sign(op: ast.AST) -> str:
    return SIGNS.get(type(op), "?")


def binary(low: Lowerer, node: ast.BinOp) -> Meaning:
    left = keep.before(low, expressions.evaluate(low, node.left), node.left, [node.right])
    right = expressions.evaluate(low, node.right)
    if isinstance(left, Value) and isinstance(left.type, SetType):
        return _set_binary(low, left, right, node)
    op = OPERATORS.get(type(node.op))
    if op is None:
        raise low.error(
            "SVM303",
            f"the operator '{sign(node.op)}' is no operator of integers",
            node,
            "integers have + - * // %, sets have | & -",
        )
    first, second = _number(low, left, node.left), _number(low, right, node.right)
    if op in ("//", "%") and second.type.lo <= 0 <= second.type.hi:
        raise low.error(
            "SVM218", "the divisor may be 0", node.right, "divide by a positive constant or a bounded(1, n)"
        )
    return Value(arithmetic(op, first, second), low.source.text(node))


def _number(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    result = expressions.as_value(low, found, node)
    if isinstance(result.type, PidType | RefType | EnumType):
        raise low.error(
            "SVM219",
            f"arithmetic on {a_type(result.type)}",
            node,
            "process ids, references and Enum members have equality only: their numbers mean nothing",
        )
    if not isinstance(result.type, IntType):
        raise low.error(
            "SVM219", f"arithmetic on {a_type(result.type)}", node, "use 'and', 'or', 'not' or a conditional"
        )
    return result.expr


def _set_binary(low: Lowerer, left: Value, right: Meaning, node: ast.BinOp) -> Value:
    op = SET_OPERATORS.get(type(node.op))
    other = expressions.as_value(low, right, node.right, left.type)
    if op is None or other.type != left.type:
        raise low.error(
            "SVM303", "sets of one type have | & -", node, "use 'x in s', s.add(x), s.remove(x) for elements"
        )
    return Value(set_operation(op, left.expr, other.expr), low.source.text(node))


def unary(low: Lowerer, node: ast.UnaryOp) -> Meaning:
    op, operand = node.op, node.operand
    if isinstance(op, ast.Not):
        return Value(negate(expressions.condition(low, operand)), low.source.text(node))
    if isinstance(op, ast.USub):
        number = _number(low, expressions.evaluate(low, operand), operand)
        if isinstance(number, Const):
            return Static(-number.value)
        return Value(Unary("-", number, IntType(-number.type.hi, -number.type.lo)), low.source.text(node))
    raise low.error("SVM303", f"the operator '{sign(op)}' is not part of the language", node, "use 'not' or '-'")


def comparison(low: Lowerer, node: ast.Compare) -> Meaning:
    left_node = node.left
    left = keep.before(low, expressions.evaluate(low, node.left), node.left, node.comparators)
    result: Expr = TRUE
    for number, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True), 1):
        if isinstance(op, ast.In | ast.NotIn):
            part = membership(low, left, right_node, left_node)
            result = both(result, part if isinstance(op, ast.In) else negate(part))
            continue
        if isinstance(op, ast.Is | ast.IsNot):
            raise low.error("SVM304", "'is' compares Python objects", node, "write '== null' or '!= null'")
        right = keep.before(low, expressions.evaluate(low, right_node), right_node, node.comparators[number:])
        result = both(result, compared(low, COMPARISONS[type(op)], left, right, left_node, right_node))
        left_node, left = right_node, right
    return Value(result, low.source.text(node))


def compared(
    low: Lowerer, op: BinaryOp, left: Meaning, right: Meaning, left_node: ast.expr, right_node: ast.expr
) -> Expr:
    if isinstance(left, Static) and isinstance(right, Static):
        return _compare_statics(low, op, left, right, left_node)
    if isinstance(left, Static):
        second = expressions.as_value(low, right, right_node)
        first = expressions.as_value(low, left, left_node, second.type)
    else:
        first = expressions.as_value(low, left, left_node)
        second = expressions.as_value(low, right, right_node, first.type)
    comparable(low, op, first.type, second.type, right_node)
    if isinstance(first.type, RefType):
        if isinstance(second.expr, Const) and second.expr.value == 0:
            return compare(op, first.expr, second.expr)
        return compare(op, slot_of(first.expr), slot_of(second.expr))
    if first.type == BOOL and second.type == BOOL:
        return _compare_bools(op, first.expr, second.expr)
    return compare(op, first.expr, second.expr)


def _compare_bools(op: BinaryOp, first: Expr, second: Expr) -> Expr:
    if isinstance(second, Const):
        return first if bool(second.value) == (op == "==") else negate(first)
    if isinstance(first, Const):
        return second if bool(first.value) == (op == "==") else negate(second)
    return compare(op, first, second)


def _compare_statics(low: Lowerer, op: BinaryOp, left: Static, right: Static, node: ast.AST) -> Expr:
    a, b = left.value, right.value
    for option, other in ((left, right), (right, left)):
        if option.choices and other.value not in option.choices:
            choices = ", ".join(map(repr, option.choices))
            hint = suggest(other.value, map(str, option.choices)) if isinstance(other.value, str) else ""
            raise low.error("SVM229", f"this option is never {other.value!r}{hint}", node, f"it is one of {choices}")
    if op in ("==", "!="):
        if type(a) is not type(b) and a is not None and b is not None:
            raise low.error(
                "SVM220", f"{a!r} and {b!r} are never equal: their types differ", node, "compare values of one type"
            )
        return TRUE if (a == b) == (op == "==") else FALSE
    if isinstance(a, int) and isinstance(b, int):
        return TRUE if COMPARE[op](a, b) else FALSE
    raise low.error("SVM220", f"'{op}' between {a!r} and {b!r}", node, "only integers are ordered")


def comparable(low: Lowerer, op: BinaryOp, left: Type, right: Type, node: ast.AST) -> None:
    same = left == right or (isinstance(left, IntType) and isinstance(right, IntType))
    if not same:
        raise low.error(
            "SVM220", f"{a_type(left)} is compared with {a_type(right)}", node, advice.compared(left, right)
        )
    if op not in ("==", "!=") and not isinstance(left, IntType):
        raise low.error(
            "SVM221",
            f"'{op}' on {a_type(left)}",
            node,
            "process ids, references, bools and Enum members have equality only",
        )


def membership(low: Lowerer, left: Meaning, right_node: ast.expr, left_node: ast.expr) -> Expr:
    if isinstance(right_node, ast.Tuple | ast.List | ast.Set):
        result: Expr = FALSE
        for number, candidate in enumerate(right_node.elts, 1):
            found = keep.before(low, expressions.evaluate(low, candidate), candidate, right_node.elts[number:])
            part = compared(low, "==", left, found, left_node, candidate)
            result = either(result, part)
        return result
    container = expressions.evaluate(low, right_node)
    if not isinstance(container, Value) or not isinstance(container.type, SetType):
        raise low.error(
            "SVM222",
            f"'in' needs a bitset or a tuple of values, this is {names.describe(container)}",
            right_node,
            "write 'x in (A, B)' or declare a bitset",
        )
    kind = container.type
    item = expressions.as_value(low, left, left_node, kind.element)
    member(low, item.type, kind, left_node)
    return set_member(container.expr, item.expr)


def member(low: Lowerer, item: Type, kind: SetType, node: ast.AST) -> None:
    """Only what a set is declared of can be in it."""
    if item != kind.element and not (isinstance(item, IntType) and isinstance(kind.element, IntType)):
        what = f"{a_type(item)} cannot be in {a_type(kind)}"
        raise low.error("SVM220", what, node, "a set is declared of what is in it: bitset(Pid), bitset(Pte), bitset(8)")


def set_member(container: Expr, item: Expr) -> Expr:
    """``item in container``; a value that no bit stands for (null, a number too large) is not a member."""
    kind = container.type
    assert isinstance(kind, SetType)
    inside = both(compare(">=", item, integer(kind.first)), compare("<", item, integer(kind.first + kind.count)))
    return both(inside, set_operation("has", container, arithmetic("-", item, integer(kind.first))))
