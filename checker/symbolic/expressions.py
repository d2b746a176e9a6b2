# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""IR expressions over a symbolic state. All parts are evaluated; what Python would skip is masked by its test."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from ...model.ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ...model.ir.layout import Layout
from ...model.ir.types import SetType
from .circuit import Circuit
from .state import Members, Number, StateVars
from .values import (
    Bits,
    Cases,
    apply_one,
    apply_two,
    bits_of_cases,
    bits_of_constant,
    cases_of_bits,
    choose,
    compare,
    compare_bits,
    constant,
    equal_bits,
    of_truth,
    padded,
    popcount,
    truth_of,
)

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": lambda left, right: left // right,
    "%": operator.mod,
}


@dataclass(frozen=True)
class Symbolic:
    """Evaluates expressions in a state. ``me``: index of the stepping instance in its class, None in an invariant."""

    circuit: Circuit
    layout: Layout
    state: StateVars
    loads: dict[tuple[tuple[int, int], ...], Cases]  # what was loaded before, shared by all that evaluate in this state
    me: int | None = None
    bound: Mapping[str, int] = field(default_factory=dict[str, int])

    def bind(self, name: str, value: int) -> Symbolic:
        return replace(self, bound={**self.bound, name: value})

    # ---- truth values

    def truth(self, expr: Expr) -> int:
        """The literal that says the expression is true."""
        match expr:
            case Unary("not", arg):
                return -self.truth(arg)
            case Binary("and", left, right):
                return self.circuit.all_of((self.truth(left), self.truth(right)))
            case Binary("or", left, right):
                return self.circuit.any_of((self.truth(left), self.truth(right)))
            case Binary("has", left, right):
                return self._has(self.bits(left), self.cases(right))
            case Binary(op, left, right) if op in _COMPARE:
                return self._compare(op, left, right)
            case Ite(test, then, other) if not is_set(expr):
                return self.circuit.choose(self.truth(test), self.truth(then), self.truth(other))
            case Quant("all"):
                return self.circuit.all_of(scope.truth(expr.body) for scope in self._scopes(expr))
            case Quant("any"):
                return self.circuit.any_of(scope.truth(expr.body) for scope in self._scopes(expr))
            case _ if is_set(expr):
                return self.circuit.any_of(self.bits(expr))
            case _:
                return truth_of(self.circuit, self.cases(expr))

    def _compare(self, op: str, left: Expr, right: Expr) -> int:
        if op in ("==", "!=") and is_set(left) and is_set(right):
            same = equal_bits(self.circuit, self.bits(left), self.bits(right))
            return same if op == "==" else -same
        if is_set(left) and not is_set(right):
            return compare_bits(self.circuit, op, self.bits(left), self.cases(right))
        if is_set(right) and not is_set(left):
            return compare_bits(self.circuit, _TURNED[op], self.bits(right), self.cases(left))
        return compare(self.circuit, _COMPARE[op], self.cases(left), self.cases(right))

    def _has(self, members: Bits, bit: Cases) -> int:
        inside = ((members[b], literal) for b, literal in bit.items() if 0 <= b < len(members))
        return self.circuit.any_of(self.circuit.all_of(pair) for pair in inside)

    # ---- numbers

    def cases(self, expr: Expr) -> Cases:
        """The expression as a number."""
        match expr:
            case Const(value):
                return constant(value)
            case Me():
                if self.me is None:
                    raise ValueError("an expression without a process uses Me")
                return constant(self.me)
            case Bound(name):
                return constant(self.bound[name])
            case Unary("-", arg):
                return apply_one(self.circuit, operator.neg, self.cases(arg))
            case Unary("popcount", arg):
                return popcount(self.circuit, self.bits(arg))
            case _ if is_set(expr):
                return cases_of_bits(self.circuit, self.bits(expr))
            case Load(var, index):
                return self._loaded(tuple(self.cells(var, index)))
            case Binary(op, left, right) if op in _ARITHMETIC:
                return apply_two(self.circuit, _ARITHMETIC[op], self.cases(left), self.cases(right))
            case Ite(test, then, other):
                yes = self.truth(test)
                return choose(self.circuit, [(yes, self.cases(then)), (-yes, self.cases(other))])
            case Quant("sum"):
                return self._sum(expr)
            case _:
                return of_truth(self.truth(expr))

    def _sum(self, expr: Quant) -> Cases:
        total: Cases = constant(0)
        for scope in self._scopes(expr):
            total = apply_two(self.circuit, operator.add, total, scope.cases(expr.body))
        return total

    def _scopes(self, expr: Quant) -> list[Symbolic]:
        return [self.bind(expr.name, value) for value in range(expr.first, expr.first + expr.count)]

    # ---- cells

    def cells(self, var: str, index: tuple[Expr, ...]) -> list[tuple[int, int]]:
        """(position, the literal that says it is this one) of every cell that the indices may mean."""
        dims = self.layout.variables[var].dims
        choices = [
            [(value * stride, literal) for value, literal in self.cases(part).items() if 0 <= value < dim.size]
            for part, dim, stride in zip(index, dims, self.layout.strides[var], strict=True)
        ]
        offset = self.layout.offset[var]
        return [
            (offset + sum(step for step, _ in choice), self.circuit.all_of(literal for _, literal in choice))
            for choice in product(*choices)
        ]

    def _loaded(self, options: tuple[tuple[int, int], ...]) -> Cases:
        """The number in the cell that is meant; the same load is in many guards and checks."""
        known = self.loads.get(options)
        if known is None:
            known = choose(self.circuit, [(here, self._number(cell)) for cell, here in options])
            self.loads[options] = known
        return known

    def _number(self, position: int) -> Cases:
        match self.state.cells[position]:
            case Number(cases):
                return cases
            case Members(bits):
                return cases_of_bits(self.circuit, bits)

    def _set(self, position: int) -> Bits:
        match self.state.cells[position]:
            case Number(cases):
                return bits_of_cases(self.circuit, cases)
            case Members(bits):
                return bits

    # ---- sets

    def bits(self, expr: Expr) -> Bits:
        """The expression as a set."""
        if not is_set(expr):
            return bits_of_cases(self.circuit, self.cases(expr))
        match expr:
            case Const(value):
                return bits_of_constant(value)
            case Load(var, index):
                return self._choose_bits([(here, self._set(cell)) for cell, here in self.cells(var, index)])
            case Binary("with" | "without", left, right):
                return self._changed(expr, self.bits(left), self.cases(right))
            case Binary(op, left, right):
                pairs = zip(*padded(self.bits(left), self.bits(right)), strict=True)
                return tuple(self._combine(op, a, b) for a, b in pairs)
            case Ite(test, then, other):
                yes = self.truth(test)
                return self._choose_bits([(yes, self.bits(then)), (-yes, self.bits(other))])
            case _:
                raise ValueError(f"{expr} is no set")

    def _choose_bits(self, options: list[tuple[int, Bits]]) -> Bits:
        sets = padded(*(bits for _, bits in options), ())
        return tuple(
            self.circuit.any_of(
                self.circuit.all_of((test, bits[b])) for (test, _), bits in zip(options, sets[:-1], strict=True)
            )
            for b in range(len(sets[-1]))
        )

    def _changed(self, expr: Binary, members: Bits, bit: Cases) -> Bits:
        width = max(len(members), max(bit, default=0) + 1) if expr.op == "with" else len(members)
        (old, _) = padded(members, (-1,) * width)
        if expr.op == "with":
            return tuple(self.circuit.any_of((b, bit.get(n, -1))) for n, b in enumerate(old))
        return tuple(self.circuit.all_of((b, -bit.get(n, -1))) for n, b in enumerate(old))

    def _combine(self, op: str, left: int, right: int) -> int:
        if op == "union":
            return self.circuit.any_of((left, right))
        return self.circuit.all_of((left, -right if op == "minus" else right))


def is_set(expr: Expr) -> bool:
    """Whether the expression is a set, and so has bits rather than cases."""
    return isinstance(expr.type, SetType)
