# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions over sets of possible values: what an expression may be, and what a true guard says about the cells.

An environment maps positions of a state to bit masks: bit v - lo of the variable's type is set if v is possible. A
position that is not in it may be anything. Everything here only ever guesses too much; what is built on it is proved
afterwards, so a mistake costs lemmas and never a verdict.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from ...model.ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ...model.ir.layout import Layout
from ...model.ir.types import Type

Environment = dict[int, int]
MOST_RESULTS = 64  # of one operation: more says too little to be worth the time

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": lambda left, right: left // right, "%": operator.mod,
}  # fmt: skip
_TRUTHS = frozenset({"==", "!=", "<", "<=", ">", ">=", "and", "or", "has"})
EITHER = frozenset({0, 1})


@dataclass(frozen=True)
class Abstract:
    """Evaluates for one instance. ``types``: of the positions that are tracked at all."""

    layout: Layout
    types: Mapping[int, Type]
    me: int
    bound: Mapping[str, int] = field(default_factory=dict[str, int])

    def values(self, expr: Expr, env: Environment) -> frozenset[int] | None:
        """The integers that the expression may be, or None if that is unknown."""
        match expr:
            case Const(value):
                return frozenset({value})
            case Me():
                return frozenset({self.me})
            case Bound(name):
                return frozenset({self.bound[name]})
            case Load(var, index):
                positions = self.positions(var, index, env)
                known = [env.get(p) for p in positions or ()]
                if positions is None or None in known:
                    return None
                return frozenset(v for p in positions for v in members(env[p], self.types[p]))
            case Ite(test, then, other):
                sides = [side for truth, side in ((1, then), (0, other)) if truth in self.truths(test, env)]
                return _union([self.values(side, env) for side in sides])
            case Unary("-", arg):
                inner = self.values(arg, env)
                return None if inner is None else frozenset(-v for v in inner)
            case Binary(op, left, right) if op in _OPERATORS:
                return _combined(_OPERATORS[op], self.values(left, env), self.values(right, env), op in _TRUTHS)
            case Unary("not") | Binary("and" | "or") | Quant("all" | "any"):
                return self.truths(expr, env)
            case Binary("has"):
                return EITHER
            case _:
                return None

    def truths(self, expr: Expr, env: Environment) -> frozenset[int]:
        """Which of 0 and 1 the truth value may be."""
        match expr:
            case Unary("not", arg):
                return frozenset(1 - truth for truth in self.truths(arg, env))
            case Binary("and" | "or" as op, left, right):
                return _connected(op, [self.truths(left, env), self.truths(right, env)])
            case Quant("all" | "any" as op, name, first, count, body):
                scopes = [replace(self, bound={**self.bound, name: v}) for v in range(first, first + count)]
                return _connected("and" if op == "all" else "or", [s.truths(body, env) for s in scopes])
            case _:
                found = self.values(expr, env)
                return EITHER if found is None else frozenset(int(bool(v)) for v in found)

    def positions(self, var: str, index: tuple[Expr, ...], env: Environment) -> list[int] | None:
        """The cells that the indices may mean, or None if that is unknown."""
        choices: list[list[int]] = []
        dims = self.layout.variables[var].dims
        for part, dim, stride in zip(index, dims, self.layout.strides[var], strict=True):
            found = self.values(part, env)
            inside = range(dim.size) if found is None else [v for v in sorted(found) if 0 <= v < dim.size]
            choices.append([v * stride for v in inside])
        return [self.layout.offset[var] + sum(steps) for steps in product(*choices)]

    def assume(self, expr: Expr, truth: bool, env: Environment) -> Environment | None:
        """The environment without what is impossible once the expression is ``truth``; None if nothing is left."""
        match expr:
            case Unary("not", arg):
                return self.assume(arg, not truth, env)
            case Binary("and" | "or" as op, left, right) if truth == (op == "and"):
                first = self.assume(left, truth, env)
                return None if first is None else self.assume(right, truth, first)
            case _:
                return self._filtered(expr, truth, env)

    def _filtered(self, expr: Expr, truth: bool, env: Environment) -> Environment | None:
        if int(truth) not in self.truths(expr, env):
            return None
        result = dict(env)
        for position in set(self._read(expr, env)):
            kind = self.types[position]
            kept = 0
            for value in members(env[position], kind):
                bit = 1 << value - kind.lo
                if int(truth) in self.truths(expr, {**result, position: bit}):
                    kept |= bit
            if not kept:
                return None
            result[position] = kept
        return result

    def _read(self, expr: Expr, env: Environment) -> Iterator[int]:
        """The tracked cells that the expression surely reads, outside quantifiers."""
        match expr:
            case Load(var, index):
                for part in index:
                    yield from self._read(part, env)
                positions = self.positions(var, index, env)
                if positions is not None and len(positions) == 1 and positions[0] in env:
                    yield positions[0]
            case Unary(_, arg):
                yield from self._read(arg, env)
            case Binary(_, left, right):
                yield from self._read(left, env)
                yield from self._read(right, env)
            case Ite(test, then, other):
                for part in (test, then, other):
                    yield from self._read(part, env)
            case _:
                return


def members(mask: int, kind: Type) -> list[int]:
    return [kind.lo + bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def everything(kind: Type) -> int:
    return (1 << kind.hi - kind.lo + 1) - 1


def mask_of(values: frozenset[int] | None, kind: Type) -> int:
    if values is None:
        return everything(kind)
    return sum(1 << v - kind.lo for v in values if kind.lo <= v <= kind.hi)


def _union(parts: list[frozenset[int] | None]) -> frozenset[int] | None:
    result: frozenset[int] = frozenset()
    for part in parts:
        if part is None:
            return None
        result |= part
    return result


def _combined(
    function: Callable[[int, int], int], left: frozenset[int] | None, right: frozenset[int] | None, truth: bool
) -> frozenset[int] | None:
    if left is None or right is None or len(left) * len(right) > MOST_RESULTS:
        return EITHER if truth else None
    result: set[int] = set()
    for a, b in product(left, right):
        try:
            result.add(int(function(a, b)))
        except (ArithmeticError, ValueError):
            continue
    return frozenset(result)


def _connected(op: str, parts: list[frozenset[int]]) -> frozenset[int]:
    decides = 0 if op == "and" else 1  # the truth value of one part that settles it
    if frozenset({decides}) in parts:
        return frozenset({decides})
    if any(decides in part for part in parts):
        return EITHER
    return frozenset({1 - decides})
