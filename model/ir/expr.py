# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expression trees of the IR: total, side-effect free, over integers (see types.py for what they stand for).

Evaluation is strict except for ``and``, ``or``, ``Ite`` and ``Quant``, which evaluate left to right and stop as soon
as the value is known. That order is part of the meaning: the compiler puts the test that makes a load legal before the
load. An engine that cannot stop early must treat a load outside its array as some value of the domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .types import BOOL, IntType, Type

UnaryOp = Literal["not", "-", "popcount"]
BinaryOp = Literal["and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "//", "%", "has", "with", "without",
                   "union", "minus", "meet"]
QuantOp = Literal["all", "any", "sum"]


@dataclass(frozen=True, slots=True)
class Const:
    value: int
    type: Type


@dataclass(frozen=True, slots=True)
class Me:
    """The index (from 0) of the stepping process within its class. Never in an invariant."""

    type: Type


@dataclass(frozen=True, slots=True)
class Bound:
    """The variable of an enclosing ``Quant``."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Load:
    """The value of a cell. ``index`` has one expression (from 0) for each dimension of the variable."""

    var: str
    index: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Unary:
    op: UnaryOp
    arg: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Binary:
    """Integer and set operations. ``//`` and ``%`` floor as in Python; the compiler rules out a zero divisor.

    Sets: ``set has bit``, ``set with bit``, ``set without bit`` take a bit number (from 0) on the right;
    ``union``, ``minus``, ``meet`` take two sets of one type.
    """

    op: BinaryOp
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Ite:
    test: Expr
    then: Expr
    other: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Quant:
    """``all``, ``any`` or ``sum`` of the body with ``Bound(name)`` running over first .. first+count-1.

    Kept as a node and not unrolled, because a quantifier over processes or slots is symmetric and its unrolling is not.
    """

    op: QuantOp
    name: str
    first: int
    count: int
    body: Expr
    type: Type
    domain: Type


Expr = Const | Me | Bound | Load | Unary | Binary | Ite | Quant

TRUE = Const(1, BOOL)
FALSE = Const(0, BOOL)


def integer(value: int) -> Const:
    return Const(value, IntType(value, value))
