# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions: typed, short-circuiting, with the checks that following a reference or an index demands."""

from __future__ import annotations

import ast
from enum import Enum

from ...ir.build import arithmetic, both, choice, compare, either, hull, is_live, negate, set_operation, slot_of
from ...ir.expr import FALSE, TRUE, BinaryOp, Const, Expr, Load, Unary, integer
from ...ir.types import BOOL, EnumType, IntType, PidType, RefType, SetType, Type
from ..storage import enum_type, enum_value
from ..values import (
    ActorsValue,
    Alias,
    ArrayValue,
    Meaning,
    Place,
    PoolValue,
    Static,
    Tuple,
    Value,
    type_name,
)
from . import calls, names, quantifiers
from .state import Lowerer

OPERATORS: dict[type[ast.operator], BinaryOp] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], BinaryOp] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


def meaning(low: Lowerer, node: ast.expr) -> Meaning:
    """What an expression stands for, cells not yet read."""
    match node:
        case ast.Constant(value):
            if isinstance(value, bool | int | str) or value is None:
                return Static(value)
            raise low.error("SVM301", f"a {type(value).__name__} constant", node, "use integers, bool and Enum members")
        case ast.Name():
            return names.name(low, node)
        case ast.Attribute(base, attr):
            return names.attribute(low, meaning(low, base), attr, node)
        case ast.Subscript(base, index):
            return subscript(low, meaning(low, base), index, node)
        case ast.Call():
            return calls.call(low, node)
        case ast.BinOp():
            return binary(low, node)
        case ast.BoolOp():
            return boolean(low, node)
        case ast.UnaryOp(op, operand):
            return unary(low, op, operand, node)
        case ast.Compare():
            return comparison(low, node)
        case ast.IfExp():
            return conditional(low, node)
        case ast.Tuple(elts):
            return Tuple(tuple(names.read(low, meaning(low, e), e) for e in elts))
        case _:
            raise low.error("SVM302", f"{type(node).__name__} is not part of the language here", node,
                            "use names, fields, calls, arithmetic, comparisons, and/or/not")


def evaluate(low: Lowerer, node: ast.expr) -> Meaning:
    """The meaning with cells read."""
    return names.read(low, meaning(low, node), node)


def value(low: Lowerer, node: ast.expr, expected: Type | None = None) -> Value:
    """A run-time value; constants take their type from what is expected."""
    return as_value(low, evaluate(low, node), node, expected)


def as_value(low: Lowerer, found: Meaning, node: ast.AST, expected: Type | None = None) -> Value:
    match found:
        case Value():
            return found
        case Place():
            return as_value(low, names.read(low, found, node), node, expected)
        case Static(None):
            if isinstance(expected, RefType | PidType):
                return Value(Const(0, expected), "null")
            if expected is None:
                raise low.error("SVM211", "null of what?", node, "compare it with, or assign it to, a reference or process id")
            raise low.error("SVM212", f"null is not a {type_name(expected)}", node, "only references and process ids can be null")
        case Static(bool() as known):
            return Value(TRUE if known else FALSE)
        case Static(int() as number):
            return Value(integer(number))
        case Static(Enum() as member):
            return Value(Const(enum_value(member), enum_type(type(member))))
        case Alias(path=""):
            raise low.error("SVM212", "the world is not a value", node, "name one of its fields")
        case _:
            raise low.error("SVM212", f"{names.describe(found)} is not a value", node,
                            "a value is a bool, an integer, an Enum member, a reference or a process id")


def condition(low: Lowerer, node: ast.expr) -> Expr:
    """A Boolean; anything else needs an explicit comparison."""
    return as_condition(low, evaluate(low, node), node)


def as_condition(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    result = as_value(low, found, node, BOOL) if not isinstance(found, Static) else None
    if result is None and isinstance(found, Static) and isinstance(found.value, bool):
        return TRUE if found.value else FALSE
    if result is None or result.type != BOOL:
        kind = names.describe(found)
        raise low.error("SVM213", f"a condition must be a bool, this is {kind}", node,
                        "compare it: 'x != null', 'n > 0', 'state == State.READY'")
    return result.expr


def subscript(low: Lowerer, base: Meaning, index: ast.expr, node: ast.AST) -> Meaning:
    match base:
        case PoolValue():
            return pool_element(low, base, index)
        case ArrayValue():
            return array_element(low, base, index)
        case _:
            raise low.error("SVM214", f"{names.describe(base)} cannot be indexed", node, "pools and arrays can")


def pool_element(low: Lowerer, base: PoolValue, index: ast.expr) -> Value:
    heap = next(i for i in low.storage.heaps.values() if i.name == base.heap)
    kind = RefType(heap.name, heap.slots)
    number = value(low, index)
    if not isinstance(number.type, IntType):
        raise low.error("SVM215", f"a pool is indexed by a number, this is a {type_name(number.type)}", index,
                        "a reference needs no pool: write 'page.refs', not 'k.pages[page].refs'")
    in_range(low, number.expr, base.count, index)
    low.facts.named.add(heap.name)
    element = arithmetic("+", number.expr, integer(base.first + 1))
    if isinstance(element, Const):
        return Value(Const(element.value, kind), low.source.text(index))
    from ...ir.expr import Binary

    allocated = Load(f"{heap.name}.allocated", (arithmetic("+", number.expr, integer(base.first)),), BOOL)
    low.demand(allocated, "no-use-after-free", f"{heap.name}[{low.source.text(index)}] is not allocated")
    return Value(Binary("+", number.expr, integer(base.first + 1), kind), low.source.text(index))


def array_element(low: Lowerer, base: ArrayValue, index: ast.expr) -> Meaning:
    number = value(low, index)
    if isinstance(number.type, PidType):
        position = instance_index(low, base, number.expr, index)
    elif isinstance(number.type, IntType):
        in_range(low, number.expr, base.size, index)
        if base.space:
            low.facts.named.add(base.space)
        position = number.expr
    else:
        raise low.error("SVM215", f"an array is indexed by a number or a process id, this is a {type_name(number.type)}",
                        index, "declare the array with the Size of a process, or use a bounded index")
    return element(low, base, position)


def element(low: Lowerer, base: ArrayValue, position: Expr) -> Meaning:
    from ..declare import Array, Field, Record

    owner = Alias(base.owner.cls, base.owner.path, (*base.owner.index, position), base.owner.derefs, base.owner.parameters)
    of = base.array.of
    if isinstance(of, Field):
        variable = low.storage.variables[base.path]
        return Place(base.path, owner.index, variable.type, owner, of.spec, variable.ghost)
    if isinstance(of, Array):
        inner = low.storage.variables[base.path].dims[len(owner.index)]
        return ArrayValue(of, base.path, owner, inner.size, inner.space)
    assert isinstance(of, Record)
    return Alias(type(of), base.path, owner.index, owner.derefs, names.parameters(of))


def instance_index(low: Lowerer, base: ArrayValue, pid: Expr, node: ast.AST) -> Expr:
    """The instance number of a process id that indexes an array of its class."""
    actor = low.actors.get(base.space or "")
    if actor is None:
        raise low.error("SVM216", "this array is not indexed by process ids", node,
                        "declare it as array(Size, ...) with the Size that counts exactly one actor")
    if low.actor.name == actor.name and pid == names.process_id(low, actor.first, low.actor.me):
        return low.actor.me
    index = arithmetic("-", pid, integer(actor.first))
    ok = both(compare(">=", pid, integer(actor.first)), compare("<", pid, integer(actor.first + actor.count)))
    low.demand(ok, "bounds", f"{low.source.text(node)} is not an instance of {actor.name}")
    return index


def in_range(low: Lowerer, index: Expr, size: int, node: ast.AST) -> None:
    if isinstance(index, Const) and not 0 <= index.value < size:
        raise low.error("SVM217", f"index {index.value} is outside 0..{size - 1}", node, "indices count from 0")
    ok = both(compare(">=", index, integer(0)), compare("<", index, integer(size)))
    low.demand(ok, "bounds", f"index {low.source.text(node)} is outside 0..{size - 1}")


# ---- operators


def binary(low: Lowerer, node: ast.BinOp) -> Meaning:
    left = evaluate(low, node.left)
    if calls.steps(low, node.right) and isinstance(left, Value) and low.is_shared(left.expr):
        left = low.temporary(node.left, left.expr)
    right = evaluate(low, node.right)
    if isinstance(left, Value) and isinstance(left.type, SetType):
        return _set_binary(low, left, right, node)
    op = OPERATORS.get(type(node.op))
    if op is None:
        raise low.error("SVM303", f"the operator {type(node.op).__name__} is not part of the language", node,
                        "integers have + - * // %, sets have | & -")
    first, second = _number(low, left, node.left), _number(low, right, node.right)
    if op in ("//", "%") and second.type.lo <= 0 <= second.type.hi:
        raise low.error("SVM218", "the divisor may be 0", node.right, "divide by a positive constant or a bounded(1, n)")
    return Value(arithmetic(op, first, second), low.source.text(node))


def _number(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    result = as_value(low, found, node)
    if isinstance(result.type, PidType | RefType | EnumType):
        raise low.error("SVM219", f"arithmetic on a {type_name(result.type)}", node,
                        "process ids, references and Enum members have equality only: their numbers mean nothing")
    if not isinstance(result.type, IntType):
        raise low.error("SVM219", f"arithmetic on a {type_name(result.type)}", node, "use 'and', 'or', 'not' or a conditional")
    return result.expr


def _set_binary(low: Lowerer, left: Value, right: Meaning, node: ast.BinOp) -> Value:
    op: BinaryOp | None = {ast.BitOr: "union", ast.BitAnd: "meet", ast.Sub: "minus"}.get(type(node.op))  # type: ignore[assignment]
    other = as_value(low, right, node.right, left.type)
    if op is None or other.type != left.type:
        raise low.error("SVM303", "sets of one type have | & -", node, "use 'x in s', s.add(x), s.remove(x) for elements")
    return Value(set_operation(op, left.expr, other.expr), low.source.text(node))


def boolean(low: Lowerer, node: ast.BoolOp) -> Meaning:
    if any(calls.steps(low, v) for v in node.values):
        from .statements import condition_value

        return condition_value(low, node)
    conjunctive = isinstance(node.op, ast.And)
    result: Expr = TRUE if conjunctive else FALSE
    before = low.when
    for operand in node.values:
        low.when = both(before, result if conjunctive else negate(result))
        part = condition(low, operand)
        result = both(result, part) if conjunctive else either(result, part)
    low.when = before
    return Value(result, low.source.text(node))


def unary(low: Lowerer, op: ast.unaryop, operand: ast.expr, node: ast.expr) -> Meaning:
    if isinstance(op, ast.Not):
        return Value(negate(condition(low, operand)), low.source.text(node))
    if isinstance(op, ast.USub):
        number = _number(low, evaluate(low, operand), operand)
        if isinstance(number, Const):
            return Static(-number.value)
        return Value(Unary("-", number, IntType(-number.type.hi, -number.type.lo)), low.source.text(node))
    raise low.error("SVM303", f"the operator {type(op).__name__} is not part of the language", node, "use 'not' or '-'")


def comparison(low: Lowerer, node: ast.Compare) -> Meaning:
    left_node, left = node.left, evaluate(low, node.left)
    result: Expr = TRUE
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        if calls.steps(low, right_node) and isinstance(left, Value) and low.is_shared(left.expr):
            left = low.temporary(left_node, left.expr)
        if isinstance(op, ast.In | ast.NotIn):
            part = membership(low, left, right_node, left_node)
            result = both(result, part if isinstance(op, ast.In) else negate(part))
            continue
        if isinstance(op, ast.Is | ast.IsNot):
            raise low.error("SVM304", "'is' compares Python objects", node, "write '== null' or '!= null'")
        right = evaluate(low, right_node)
        result = both(result, compared(low, COMPARISONS[type(op)], left, right, left_node, right_node))
        left_node, left = right_node, right
    return Value(result, low.source.text(node))


def compared(low: Lowerer, op: BinaryOp, left: Meaning, right: Meaning, left_node: ast.expr, right_node: ast.expr) -> Expr:
    if isinstance(left, Static) and isinstance(right, Static):
        return _compare_statics(low, op, left, right, left_node)
    if isinstance(left, Static):
        second = as_value(low, right, right_node)
        first = as_value(low, left, left_node, second.type)
    else:
        first = as_value(low, left, left_node)
        second = as_value(low, right, right_node, first.type)
    _comparable(low, op, first.type, second.type, right_node)
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
    from ...ir.build import COMPARE

    a, b = left.value, right.value
    if op in ("==", "!="):
        if type(a) is not type(b) and a is not None and b is not None:
            raise low.error("SVM220", f"{a!r} and {b!r} are never equal: their types differ", node, "compare values of one type")
        return TRUE if (a == b) == (op == "==") else FALSE
    if isinstance(a, int) and isinstance(b, int):
        return TRUE if COMPARE[op](a, b) else FALSE
    raise low.error("SVM220", f"'{op}' between {a!r} and {b!r}", node, "only integers are ordered")


def _comparable(low: Lowerer, op: BinaryOp, left: Type, right: Type, node: ast.AST) -> None:
    same = left == right or (isinstance(left, IntType) and isinstance(right, IntType))
    if not same:
        raise low.error("SVM220", f"a {type_name(left)} is compared with a {type_name(right)}", node,
                        "compare values of one type")
    if op not in ("==", "!=") and not isinstance(left, IntType):
        raise low.error("SVM221", f"'{op}' on a {type_name(left)}", node,
                        "process ids, references, bools and Enum members have equality only")


def membership(low: Lowerer, left: Meaning, right_node: ast.expr, left_node: ast.expr) -> Expr:
    if isinstance(right_node, ast.Tuple | ast.List | ast.Set):
        result: Expr = FALSE
        for candidate in right_node.elts:
            part = compared(low, "==", left, evaluate(low, candidate), left_node, candidate)
            result = either(result, part)
        return result
    container = evaluate(low, right_node)
    if not isinstance(container, Value) or not isinstance(container.type, SetType):
        raise low.error("SVM222", f"'in' needs a bitset or a tuple of values, this is {names.describe(container)}", right_node,
                        "write 'x in (A, B)' or declare a bitset")
    kind = container.type
    item = as_value(low, left, left_node, kind.element)
    _comparable(low, "==", item.type, kind.element, left_node)
    return set_member(container.expr, item.expr)


def set_member(container: Expr, item: Expr) -> Expr:
    """``item in container``; a value that no bit stands for (null, a number too large) is not a member."""
    kind = container.type
    assert isinstance(kind, SetType)
    inside = both(compare(">=", item, integer(kind.first)), compare("<", item, integer(kind.first + kind.count)))
    return both(inside, set_operation("has", container, arithmetic("-", item, integer(kind.first))))


def conditional(low: Lowerer, node: ast.IfExp) -> Meaning:
    if calls.steps(low, node.body) or calls.steps(low, node.orelse):
        raise low.error("SVM305", "a conditional expression with a call that takes steps", node, "write an if statement")
    test = condition(low, node.test)
    if isinstance(test, Const):
        evaluate(low, node.orelse if test.value else node.body)  # checked in every variant
        return evaluate(low, node.body if test.value else node.orelse)
    before = low.when
    low.when = both(before, test)
    then = evaluate(low, node.body)
    low.when = both(before, negate(test))
    other = evaluate(low, node.orelse)
    low.when = before
    first = as_value(low, then, node.body, other.type if isinstance(other, Value) else None)
    second = as_value(low, other, node.orelse, first.type)
    _comparable(low, "==", first.type, second.type, node.orelse)
    result = choice(test, first.expr, second.expr)
    return Value(result if hull(first.type, second.type) else result, low.source.text(node))


def liveness(low: Lowerer, found: Meaning, node: ast.AST) -> Expr:
    """``alive(x)``."""
    result = as_value(low, found, node)
    if not isinstance(result.type, RefType):
        raise low.error("SVM223", f"alive() of {names.describe(found)}", node, "alive() takes a reference into a pool")
    if isinstance(result.expr, Const) and result.expr.value:
        return Load(f"{result.type.heap}.allocated", (integer(result.expr.value - 1),), BOOL)
    return is_live(result.expr)


__all__ = ["ActorsValue", "quantifiers"]
