# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What expressions may be, where something is known of some cells.

A *value* is what is known of an integer: the integers it may be, or, of a set, the bits that it must have and those it
may have; None if nothing is known. Everything here errs towards "may be".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ...model.ir.build import ARITHMETIC, COMPARE
from ...model.ir.expr import TRUE, Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ...model.ir.layout import Layout
from ...model.ir.types import SetType, Type
from .steps import Step, Touched, cells_at, conditions, flags

MOST = 32  # integers told apart; more are as good as unknown


@dataclass(frozen=True, slots=True)
class Bits:
    must: int
    may: int

    def may_be(self, number: int) -> bool:
        return not self.must & ~number and not number & ~self.may


Value = frozenset[int] | Bits | None
Known = Mapping[int, Value]  # by position of a cell
NO, YES, EITHER = frozenset({0}), frozenset({1}), frozenset({0, 1})


def meet(one: Value, other: Value) -> Value:
    """What is known by both together; an empty set of integers if they contradict each other."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, Bits) and isinstance(other, Bits):
        both = Bits(one.must | other.must, one.may & other.may)
        return frozenset() if both.must & ~both.may else both
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one & other
    return one


def join(one: Value, other: Value) -> Value:
    if isinstance(one, Bits) and isinstance(other, Bits):
        return Bits(one.must & other.must, one.may | other.may)
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one | other
    return None


def value_of(layout: Layout, expr: Expr, known: Known) -> Value:
    match expr:
        case Const(value, kind):
            return Bits(value, value) if isinstance(kind, SetType) else frozenset({value})
        case Load(var, index, kind):
            cells = tuple(cells_at(layout, var, index))
            found = known.get(cells[0]) if len(cells) == 1 and all(isinstance(i, Const) for i in index) else None
            return _any(kind) if found is None else found
        case Unary("not", arg):
            return frozenset(1 - v for v in truth(layout, arg, known))
        case Unary("popcount", arg):
            inner = value_of(layout, arg, known)
            if isinstance(inner, Bits):
                return _limited(range(inner.must.bit_count(), inner.may.bit_count() + 1))
            return None
        case Unary(_, arg):
            inner = value_of(layout, arg, known)
            return frozenset(-v for v in inner) if isinstance(inner, frozenset) else None
        case Binary():
            return _binary(layout, expr, known)
        case Ite(test, then, other):
            return _choice(layout, truth(layout, test, known), then, other, known)
        case Quant(op="sum") | Bound() | Me():
            return None
        case Quant():
            return EITHER


def truth(layout: Layout, expr: Expr, known: Known) -> frozenset[int]:
    """The truth values that a condition may have."""
    value = value_of(layout, expr, known)
    if not isinstance(value, frozenset):
        return EITHER
    return frozenset(int(v != 0) for v in value)


def may_succeed(layout: Layout, step: Step, known: Known) -> bool:
    """Whether the step may be taken, no check failing, in a state of which this is known."""
    failing = any(
        truth(layout, demand.when, known) == YES and any(truth(layout, ok, known) == NO for ok in demand.ok)
        for demand in step.demands
    )
    return not failing and truth(layout, step.guard, known) != NO


def after(layout: Layout, step: Step, known: Known, cell: int) -> Value:
    """What is known of a cell after the step."""
    value = known.get(cell)
    for write in step.updates:
        if cell in write.cells:
            stored = value_of(layout, write.value, known)
            value = stored if len(write.cells) == 1 else join(value, stored)
    return value


def changes(layout: Layout, step: Step, known: Known) -> Touched:
    """The flags that the step may change where it is taken in a state of which this is known."""
    result: dict[int, int] = {}
    demanded = dict(_demanded(step))
    for write in step.updates:
        mask = write.mask
        old = meet(value_of(layout, write.place, known), demanded.get(write.place))
        new = value_of(layout, write.value, known)
        if isinstance(old, frozenset) and isinstance(new, frozenset):
            mask &= flags(write.place.type, old | new)
        for cell in write.cells:
            result[cell] = result.get(cell, 0) | mask
    return result


def _demanded(step: Step) -> Iterator[tuple[Expr, Value]]:
    """The places that hold one value where the step is taken, for its guard and its checks say so."""
    for part in (*conditions(step.guard), *(ok for d in step.demands if d.when == TRUE for ok in d.ok)):
        match part:
            case Binary("==", Load() as place, Const(value)):
                yield place, frozenset({value})
            case _:
                pass


def _any(kind: Type) -> Value:
    if isinstance(kind, SetType):
        return Bits(0, kind.hi)
    return _limited(range(kind.lo, kind.hi + 1))


def _limited(values: range) -> Value:
    return frozenset(values) if len(values) <= MOST else None


def _choice(layout: Layout, test: frozenset[int], then: Expr, other: Expr, known: Known) -> Value:
    if test == YES:
        return value_of(layout, then, known)
    if test == NO:
        return value_of(layout, other, known)
    return join(value_of(layout, then, known), value_of(layout, other, known))


def _binary(layout: Layout, expr: Binary, known: Known) -> Value:
    if expr.op in ("and", "or"):
        decisive = YES if expr.op == "or" else NO
        left, right = truth(layout, expr.left, known), truth(layout, expr.right, known)
        if decisive in (left, right):
            return decisive
        return left | right
    one, other = value_of(layout, expr.left, known), value_of(layout, expr.right, known)
    if expr.op in COMPARE:
        return _compared(expr.op, one, other)
    if expr.op in ARITHMETIC:
        zero = expr.op in ("//", "%") and not (isinstance(other, frozenset) and 0 not in other)
        if zero or not (isinstance(one, frozenset) and isinstance(other, frozenset)):
            return None
        results = frozenset(ARITHMETIC[expr.op](a, b) for a, b in product(one, other))
        return results if len(results) <= MOST else None
    return _of_sets(expr.op, one, other)


def _compared(op: str, one: Value, other: Value) -> Value:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return frozenset(int(COMPARE[op](a, b)) for a, b in product(one, other))
    if op in ("==", "!=") and isinstance(one, Bits) and isinstance(other, Bits):
        apart = bool(one.must & ~other.may or other.must & ~one.may)
        if apart:
            return frozenset({int(op == "!=")})
        if one == other and one.must == one.may:
            return frozenset({int(op == "==")})
    return EITHER


def _of_sets(op: str, one: Value, other: Value) -> Value:
    if op in ("has", "with", "without"):
        if not isinstance(one, Bits) or not isinstance(other, frozenset) or len(other) != 1 or min(other) < 0:
            return EITHER if op == "has" else None
        bit = 1 << min(other)
        if op == "has":
            return YES if one.must & bit else EITHER if one.may & bit else NO
        return Bits(one.must | bit, one.may | bit) if op == "with" else Bits(one.must & ~bit, one.may & ~bit)
    if not isinstance(one, Bits) or not isinstance(other, Bits):
        return None
    if op == "union":
        return Bits(one.must | other.must, one.may | other.may)
    if op == "minus":
        return Bits(one.must & ~other.may, one.may & ~other.must)
    return Bits(one.must & other.must, one.may & other.may)
