# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Constructors of expressions that fold what is already known. Each keeps the value, the short circuit and the type."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from .expr import FALSE, TRUE, Binary, BinaryOp, Bound, Const, Expr, Ite, Load, Me, Quant, Unary, integer
from .types import BOOL, IntType, PidType, RefType, Type

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}
SETS: dict[str, Callable[[int, int], int]] = {
    "has": lambda a, b: a >> b & 1,
    "with": lambda a, b: a | 1 << b,
    "without": lambda a, b: a & ~(1 << b),
    "union": lambda a, b: a | b,
    "minus": lambda a, b: a & ~b,
    "meet": lambda a, b: a & b,
}
_NEGATED: dict[str, BinaryOp] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def negate(expr: Expr) -> Expr:
    match expr:
        case Const(value):
            return FALSE if value else TRUE
        case Unary("not", arg):
            return arg
        case Binary(op, left, right) if op in _NEGATED:
            return Binary(_NEGATED[op], left, right, BOOL)
        case _:
            return Unary("not", expr, BOOL)


def both(left: Expr, right: Expr) -> Expr:
    """``left and right``. The right side may rely on the left being true, so a false right side alone decides only
    when evaluating the left has no precondition of its own, which holds for every guard the compiler builds."""
    if isinstance(left, Const):
        return right if left.value else FALSE
    if isinstance(right, Const):
        return left if right.value else FALSE
    if left == right:
        return left
    return Binary("and", left, right, BOOL)


def either(left: Expr, right: Expr) -> Expr:
    if isinstance(left, Const):
        return TRUE if left.value else right
    if isinstance(right, Const):
        return TRUE if right.value else left
    if left == right:
        return left
    return Binary("or", left, right, BOOL)


def conjunction(parts: Iterable[Expr]) -> Expr:
    result: Expr = TRUE
    for part in parts:
        result = both(result, part)
    return result


def implies(premise: Expr, conclusion: Expr) -> Expr:
    return either(negate(premise), conclusion)


def compare(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    if isinstance(left, Const) and isinstance(right, Const):
        return TRUE if COMPARE[op](left.value, right.value) else FALSE
    if left == right:
        return TRUE if op in ("==", "<=", ">=") else FALSE
    if isinstance(left, Ite) and isinstance(right, Const):
        return _compare_choice(op, left, right)
    known = _by_range(op, left.type, right.type)
    if known is not None:
        return TRUE if known else FALSE
    return Binary(op, left, right, BOOL)


def _compare_choice(op: BinaryOp, left: Ite, right: Const) -> Expr:
    """Push a comparison with a constant into a choice of constants: ``(a if c else b) == a`` is ``c``."""
    then, other = compare(op, left.then, right), compare(op, left.other, right)
    if isinstance(then, Const) or isinstance(other, Const):
        return choice(left.test, then, other)
    return Binary(op, left, right, BOOL)


def _by_range(op: BinaryOp, left: Type, right: Type) -> bool | None:
    if left.hi < right.lo:
        return op in ("<", "<=", "!=")
    if left.lo > right.hi:
        return op in (">", ">=", "!=")
    if left.hi <= right.lo and op in ("<=", ">"):
        return op == "<="
    if left.lo >= right.hi and op in (">=", "<"):
        return op == ">="
    return None


def arithmetic(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    """An integer operation with the exact interval of its results. The divisor's domain must not contain 0."""
    if isinstance(right, Const) and right.value == 0 and op in ("//", "%"):
        return integer(0)  # never evaluated: a check before it fails
    if isinstance(left, Const) and isinstance(right, Const):
        return integer(ARITHMETIC[op](left.value, right.value))
    if isinstance(right, Const) and right.value == 0 and op in ("+", "-"):
        return left
    if isinstance(left, Const) and left.value == 0 and op == "+":
        return right
    if op in ("+", "-") and isinstance(right, Const):
        folded = _fold_offset(op, left, right)
        if folded is not None:
            return folded
    return Binary(op, left, right, interval(op, left.type, right.type))


def _fold_offset(op: BinaryOp, left: Expr, right: Const) -> Expr | None:
    """``(x + a) - b`` is ``x + (a - b)``."""
    if isinstance(left, Binary) and left.op in ("+", "-") and isinstance(left.right, Const):
        before = left.right.value if left.op == "+" else -left.right.value
        total = before + (right.value if op == "+" else -right.value)
        return arithmetic("+" if total >= 0 else "-", left.left, integer(abs(total)))
    return None


def interval(op: BinaryOp, left: Type, right: Type) -> IntType:
    if op == "%":
        most = max(abs(right.lo), abs(right.hi)) - 1
        return IntType(0 if right.lo > 0 else -most, most if right.hi > 0 else 0)
    divisors = {right.lo, right.hi} | ({1, -1} & set(range(right.lo, right.hi + 1)))
    rights = [d for d in divisors if d] if op == "//" else [right.lo, right.hi]
    ends = [ARITHMETIC[op](a, b) for a, b in product((left.lo, left.hi), rights)]
    return IntType(min(ends), max(ends))


def set_operation(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    result = BOOL if op == "has" else left.type
    if isinstance(left, Const) and isinstance(right, Const) and right.value >= 0:  # else a check before it fails
        return Const(SETS[op](left.value, right.value), result)
    return Binary(op, left, right, result)


def choice(test: Expr, then: Expr, other: Expr) -> Expr:
    if isinstance(test, Const):
        return then if test.value else other
    if then == other:
        return then
    if isinstance(then, Const) and isinstance(other, Const) and then.type == BOOL and other.type == BOOL:
        return test if then.value else negate(test)
    if then.type == BOOL and other.type == BOOL:
        if isinstance(then, Const):
            return either(test, other) if then.value else both(negate(test), other)
        if isinstance(other, Const):
            return both(test, then) if not other.value else either(negate(test), then)
    return Ite(test, then, other, hull(then.type, other.type))


def hull(left: Type, right: Type) -> Type:
    """A type with the values of both: one of them if it has the other's, else an interval of integers."""
    if left.lo <= right.lo and right.hi <= left.hi and not (isinstance(left, IntType) and left.lo == left.hi):
        return left
    if right.lo <= left.lo and left.hi <= right.hi:
        return right
    return IntType(min(left.lo, right.lo), max(left.hi, right.hi))


def slot_of(ref: Expr) -> Expr:
    """The number (1..slots) of the slot a reference names, dangling or not; 0 for null."""
    assert isinstance(ref.type, RefType)
    slots = ref.type.slots
    if isinstance(ref, Const):
        return Const(ref.value - slots if ref.value > slots else ref.value, ref.type)
    bare = Binary("-", ref, integer(slots), ref.type)
    return Ite(Binary(">", ref, integer(slots), BOOL), bare, ref, ref.type)


def is_live(ref: Expr) -> Expr:
    assert isinstance(ref.type, RefType)
    if isinstance(ref, Const):
        return TRUE if 0 < ref.value <= ref.type.slots else FALSE
    return both(compare(">=", ref, integer(1)), compare("<=", ref, integer(ref.type.slots)))


def rebuild(expr: Expr, visit: Callable[[Expr], Expr | None]) -> Expr:  # noqa: C901 - one arm for each kind of node
    """The expression with every subtree for which ``visit`` gives an answer replaced, folded again on the way up."""
    replaced = visit(expr)
    if replaced is not None:
        return replaced
    match expr:
        case Const() | Me() | Bound():
            return expr
        case Load(var, index, kind):
            return Load(var, tuple(rebuild(i, visit) for i in index), kind) if index else expr
        case Unary("not", arg):
            return negate(rebuild(arg, visit))
        case Unary(op, arg, kind):
            inner = rebuild(arg, visit)
            if isinstance(inner, Const):
                return Const(-inner.value if op == "-" else inner.value.bit_count(), kind)
            return Unary(op, inner, kind)
        case Binary("and", left, right):
            first = rebuild(left, visit)
            return FALSE if first == FALSE else both(first, rebuild(right, visit))
        case Binary("or", left, right):
            first = rebuild(left, visit)
            return TRUE if first == TRUE else either(first, rebuild(right, visit))
        case Binary(op, left, right, kind):
            return _rebuild_binary(op, rebuild(left, visit), rebuild(right, visit), kind)
        case Ite(test, then, other):
            known = rebuild(test, visit)
            if isinstance(known, Const):
                return rebuild(then if known.value else other, visit)
            return choice(known, rebuild(then, visit), rebuild(other, visit))
        case Quant(op, name, first, count, body, kind, domain):
            return quantifier(op, name, first, count, rebuild(body, visit), kind, domain)


def _rebuild_binary(op: BinaryOp, left: Expr, right: Expr, kind: Type) -> Expr:
    if op in COMPARE:
        return compare(op, left, right)
    if op in SETS:
        return set_operation(op, left, right)
    result = arithmetic(op, left, right)
    # Arithmetic inside a reference or a process id keeps its type: readers and the interval know less without it.
    if isinstance(kind, RefType | PidType):
        return Const(result.value, kind) if isinstance(result, Const) else Binary(op, left, right, kind)
    return result


def quantifier(op: str, name: str, first: int, count: int, body: Expr, kind: Type, domain: Type) -> Expr:
    if isinstance(body, Const) and (op != "sum" or body.value == 0):
        if op == "all":
            return TRUE if body.value or count == 0 else FALSE
        if op == "any":
            return TRUE if body.value and count > 0 else FALSE
        return integer(0)
    if count == 0:
        return TRUE if op == "all" else FALSE if op == "any" else integer(0)
    if op == "all":
        return Quant("all", name, first, count, body, kind, domain)
    return Quant("any" if op == "any" else "sum", name, first, count, body, kind, domain)


def loads(expr: Expr) -> set[str]:
    """The names of the variables an expression reads."""
    result: set[str] = set()

    def visit(part: Expr) -> None:
        if isinstance(part, Load):
            result.add(part.var)

    walk(expr, visit)
    return result


def walk(expr: Expr, visit: Callable[[Expr], None]) -> None:
    """Call ``visit`` on the expression and all its subtrees, outermost first."""
    visit(expr)
    match expr:
        case Const() | Me() | Bound():
            pass
        case Load(_, index):
            for part in index:
                walk(part, visit)
        case Unary(_, arg):
            walk(arg, visit)
        case Binary(_, left, right):
            walk(left, visit)
            walk(right, visit)
        case Ite(test, then, other):
            walk(test, visit)
            walk(then, visit)
            walk(other, visit)
        case Quant(body=body):
            walk(body, visit)
