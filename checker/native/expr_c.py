# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions as C: every value a signed 64-bit integer read from the packed words of a state, ``s`` and ``w0`` ....

Text is built together with an interval that bounds the value. The interval decides what C need not do: a constant is
written as such, an index inside its array is not clamped, a division of non-negative numbers is the plain C one.
All C is free of undefined behaviour and of traps for any values, so that it may be evaluated before its guard is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...model.ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ...model.ir.layout import Layout
from ...model.ir.program import Program
from .packing import Field, Packing, Unsupported

# Beyond this many copies of its body a quantifier is a loop: unrolled, indices become constants, but code grows.
UNROLL = 16
LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class C:
    """A C expression (atomic or in parentheses) whose value lies in lo..hi."""

    text: str
    lo: int
    hi: int

    @property
    def known(self) -> bool:
        return self.lo == self.hi


def number(value: int) -> C:
    return C(f"({value}LL)" if value < 0 else f"{value}LL", value, value)


def truth(text: str) -> C:
    return C(f"({text})", 0, 1)


@dataclass(frozen=True)
class Scope:
    """What names mean at one place: the packing, the stepping instance (None in an invariant) and bound variables."""

    layout: Layout
    packing: Packing
    me: C | None
    bound: Mapping[str, C]
    copies: int = 1  # of this place, made by the unrolling of the quantifiers around it

    @staticmethod
    def of(program: Program, packing: Packing, me: C | None) -> Scope:
        return Scope(Layout(program), packing, me, {})

    def bind(self, name: str, value: C, copies: int = 1) -> Scope:
        return replace(self, bound={**self.bound, name: value}, copies=self.copies * copies)


def compile_expr(expr: Expr, scope: Scope) -> C:
    """The C of an expression. Raises Unsupported if a value may not fit."""
    result = _compile(expr, scope)
    if result.lo < -LIMIT or result.hi > LIMIT:
        raise Unsupported("an expression's value may not fit 63 bits")
    return number(result.lo) if result.known else result


def _compile(expr: Expr, scope: Scope) -> C:
    match expr:
        case Const(value):
            return number(value)
        case Me():
            if scope.me is None:
                raise Unsupported("an invariant speaks of the stepping process")
            return scope.me
        case Bound(name):
            return scope.bound[name]
        case Load(var, index):
            field = scope.packing.variables[var]
            return load(field, cell_index(index, var, scope))
        case Unary(op, arg):
            return _unary(op, compile_expr(arg, scope))
        case Binary(op, left, right) if op in ("and", "or"):
            return _connective(op, compile_expr(left, scope), right, scope)
        case Binary(op, left, right):
            return BINARY[op](compile_expr(left, scope), compile_expr(right, scope))
        case Ite(test, then, other):
            return _choice(compile_expr(test, scope), then, other, scope)
        case Quant():
            return _quantifier(expr, scope)


def cell_index(index: tuple[Expr, ...], var: str, scope: Scope) -> C:
    """The number of a cell in its variable, row-major."""
    total = number(0)
    for position, stride in zip(index, scope.layout.strides[var], strict=True):
        total = _add(total, _multiply(compile_expr(position, scope), number(stride)))
    return total


def load(field: Field, cell: C) -> C:
    """The value of a cell; of some cell of the field if the number is outside it."""
    if field.width == 0 or field.count == 0:
        return number(field.lo)
    word, shift = place(field, cell)
    bits = f"(i64)({word_text(word)} >> {shift} & {field.mask}ULL)"
    return C(f"({bits} + {field.lo})" if field.lo else f"({bits})", field.lo, field.hi)


def word_text(word: str) -> str:
    """A word of the old state: a local of the function (see SNAPSHOT) where its number is known to the compiler."""
    return f"w{word}" if word.isdigit() else f"s[{word}]"


def place(field: Field, cell: C) -> tuple[str, str]:
    """Word number and bit of a cell as C. A number outside the field gives a place inside the state all the same."""
    if cell.known:
        word, bit = field.place(cell.lo if 0 <= cell.lo < field.count else 0)
        return str(word), str(bit)
    inside = cell.lo >= 0 and cell.hi < field.count
    if not field.is_long:
        bit = f"({field.shift} + {cell.text} * {field.width})"
        return str(field.word), bit if inside else f"({bit} & 63)"
    at = f"(u64){cell.text}" if inside else f"inside({cell.text}, {field.count})"
    return f"{field.word} + {at} / {field.per_word}", f"({at} % {field.per_word} * {field.width})"


def _unary(op: str, arg: C) -> C:
    if op == "not":
        return number(int(not arg.lo)) if arg.known else truth(f"!{arg.text}")
    if op == "-":
        return C(f"(-{arg.text})", -arg.hi, -arg.lo)
    return C(f"(i64)__builtin_popcountll({arg.text})", 0, max(arg.hi, 0).bit_length() if arg.lo >= 0 else 64)


def _connective(op: str, left: C, right: Expr, scope: Scope) -> C:
    if left.known:
        return number(left.lo) if bool(left.lo) == (op == "or") else compile_expr(right, scope)
    other = compile_expr(right, scope)
    if other.known and bool(other.lo) == (op == "and"):
        return left
    return truth(f"{left.text} {'&&' if op == 'and' else '||'} {other.text}")


def _choice(test: C, then: Expr, other: Expr, scope: Scope) -> C:
    if test.known:
        return compile_expr(then if test.lo else other, scope)
    yes, no = compile_expr(then, scope), compile_expr(other, scope)
    return C(f"({test.text} ? {yes.text} : {no.text})", min(yes.lo, no.lo), max(yes.hi, no.hi))


def _quantifier(expr: Quant, scope: Scope) -> C:
    if expr.count * scope.copies <= UNROLL:
        values = (number(expr.first + k) for k in range(expr.count))
        return _fold(expr.op, [compile_expr(expr.body, scope.bind(expr.name, v, expr.count)) for v in values])
    name = f"b{len(scope.bound)}"
    variable = C(name, expr.first, expr.first + expr.count - 1)
    body = compile_expr(expr.body, scope.bind(expr.name, variable))
    loop = f"for (i64 {name} = {expr.first}; {name} < {expr.first + expr.count}; {name}++)"
    if expr.op == "sum":
        text = f"({{ i64 r{name} = 0; {loop} r{name} += {body.text}; r{name}; }})"
        return C(text, min(body.lo, 0) * expr.count, max(body.hi, 0) * expr.count)
    start, hit = (1, f"!{body.text}") if expr.op == "all" else (0, body.text)
    return truth(f"{{ i64 r{name} = {start}; {loop} if ({hit}) {{ r{name} = {1 - start}; break; }} r{name}; }}")


def _fold(op: str, parts: list[C]) -> C:
    if op == "sum":
        total = number(0)
        for part in parts:
            total = _add(total, part)
        return total
    neutral = int(op == "all")
    if any(p.known and bool(p.lo) != bool(neutral) for p in parts):
        # Sound although the parts before it are dropped: expressions are total and free of effects.
        return number(1 - neutral)
    open_parts = [p for p in parts if not p.known]
    if not open_parts:
        return number(neutral)
    return truth((" && " if neutral else " || ").join(p.text for p in open_parts))


def _add(a: C, b: C) -> C:
    if a.known and a.lo == 0:
        return b
    if b.known and b.lo == 0:
        return a
    if a.known and b.known:
        return number(a.lo + b.lo)
    return C(f"({a.text} + {b.text})", a.lo + b.lo, a.hi + b.hi)


def _subtract(a: C, b: C) -> C:
    return a if b.known and b.lo == 0 else C(f"({a.text} - {b.text})", a.lo - b.hi, a.hi - b.lo)


def _multiply(a: C, b: C) -> C:
    if b.known and b.lo == 1:
        return a
    ends = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return C(f"({a.text} * {b.text})", min(ends), max(ends))


def _divide(a: C, b: C) -> C:
    bound = max(abs(a.lo), abs(a.hi))
    if a.lo >= 0 and b.lo > 0:
        return C(f"({a.text} / {b.text})", a.lo // b.hi, a.hi // b.lo)
    return C(f"floor_divide({a.text}, {b.text})", -bound - 1, bound)


def _modulo(a: C, b: C) -> C:
    if a.lo >= 0 and b.lo > 0:
        return C(f"({a.text} % {b.text})", 0, min(a.hi, b.hi - 1))
    return C(f"floor_modulo({a.text}, {b.text})", min(b.lo + 1, 0), max(b.hi - 1, 0))


def _compare(symbol: str, never: Callable[[C, C], bool], always: Callable[[C, C], bool]) -> Callable[[C, C], C]:
    def compare(a: C, b: C) -> C:
        if always(a, b):
            return number(1)
        return number(0) if never(a, b) else truth(f"{a.text} {symbol} {b.text}")

    return compare


def _apart(a: C, b: C) -> bool:
    return a.hi < b.lo or b.hi < a.lo


def _same(a: C, b: C) -> bool:
    return a.known and b.known and a.lo == b.lo


def _bits(*values: C) -> int:
    """The largest set with as many bits as the largest of these sets."""
    return (1 << max(v.hi for v in values).bit_length()) - 1


def _bit(b: C) -> str:
    inside = b.lo >= 0 and b.hi < 63
    return b.text if inside else f"({b.text} & 63)"


def _set_with(a: C, b: C) -> C:
    return C(f"({a.text} | 1LL << {_bit(b)})", 0, max(_bits(a), (2 << max(min(b.hi, 60), 0)) - 1))


BINARY: dict[str, Callable[[C, C], C]] = {
    "==": _compare("==", _apart, _same),
    "!=": _compare("!=", _same, _apart),
    "<": _compare("<", lambda a, b: a.lo >= b.hi, lambda a, b: a.hi < b.lo),
    "<=": _compare("<=", lambda a, b: a.lo > b.hi, lambda a, b: a.hi <= b.lo),
    ">": _compare(">", lambda a, b: a.hi <= b.lo, lambda a, b: a.lo > b.hi),
    ">=": _compare(">=", lambda a, b: a.hi < b.lo, lambda a, b: a.lo >= b.hi),
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "//": _divide,
    "%": _modulo,
    "has": lambda a, b: truth(f"{a.text} >> {_bit(b)} & 1"),
    "with": _set_with,
    "without": lambda a, b: C(f"({a.text} & ~(1LL << {_bit(b)}))", 0, a.hi),
    "union": lambda a, b: C(f"({a.text} | {b.text})", 0, _bits(a, b)),
    "minus": lambda a, b: C(f"({a.text} & ~{b.text})", 0, a.hi),
    "meet": lambda a, b: C(f"({a.text} & {b.text})", 0, min(a.hi, b.hi)),
}
