# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions, cells and constants of TLA+: sets are sets of bit numbers, truth values are BOOLEAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...model.ir.expr import Binary, Const, Expr, Ite, Load, Quant
from ...model.ir.program import Variable
from ...model.ir.types import BoolType, SetType
from .renderer import Env, Renderer, bound_names

RESERVED = (
    "action assume assumption axiom boolean by case choose constant constants corollary def define defs domain else "
    "enabled except extends false hide if in instance lambda lemma let local module new obvious omitted only other "
    "pick proof proposition prove qed recover rigid rule spec init next vars sf_ state string strong subset "
    "suffices take temporal then theorem true unchanged union use variable variables weak wf_ with witness have int "
    "nat real seq append head tail len cardinality isfiniteset mask bits me held beat able_ step_ b bit set other"
)
MASKS = """RECURSIVE Mask(_)
Mask(set) == IF set = {} THEN 0 ELSE LET bit == CHOOSE b \\in set : TRUE IN 2 ^ bit + Mask(set \\ {bit})
Bits(mask) == {b \\in 0..62 : (mask \\div 2 ^ b) % 2 = 1}"""


class Tla(Renderer):
    yes, no, negation, conjunction, disjunction = "TRUE", "FALSE", "~", "/\\", "\\/"
    comparisons: ClassVar[Mapping[str, str]] = {"==": "=", "!=": "#", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

    def choice(self, test: str, then: str, other: str) -> str:
        return f"(IF {test} THEN {then} ELSE {other})"

    def cell(self, variable: Variable, index: Sequence[str]) -> str:
        name = self.names[variable.name]
        return f"{name}[{', '.join(index)}]" if index else name

    def quantified(self, expr: Quant, env: Env) -> str:
        name, inner = bound_names(expr, env, self.taken)
        word = "\\A" if expr.op == "all" else "\\E"
        return f"({word} {name} \\in {expr.first}..{expr.first + expr.count - 1} : {self.truth(expr.body, inner)})"

    def division(self, expr: Binary, env: Env) -> str:
        """``\\div`` and ``%`` floor, but want a positive divisor."""
        left, right = self.number(expr.left, env), self.number(expr.right, env)
        quotient, rest = f"({left} \\div {right})", f"({left} % {right})"
        if expr.right.type.lo <= 0:
            quotient = f"(IF {right} > 0 THEN {quotient} ELSE ((0 - {left}) \\div (0 - {right})))"
            rest = f"(IF {right} > 0 THEN {rest} ELSE (0 - ((0 - {left}) % (0 - {right}))))"
        return quotient if expr.op == "//" else rest

    # ---- sets

    def truth(self, expr: Expr, env: Env) -> str:
        match expr:
            case Binary("==" | "!=" as op, left, right) if isinstance(left.type, SetType) and left.type == right.type:
                return f"({self.members(left, env)} {self.comparisons[op]} {self.members(right, env)})"
            case _:
                return super().truth(expr, env)

    def number(self, expr: Expr, env: Env) -> str:
        match expr:
            case Load(var) if isinstance(self.variables[var].type, SetType):
                return f"Mask({self.members(expr, env)})"
            case _:
                return super().number(expr, env)

    def members(self, expr: Expr, env: Env) -> str:
        match expr:
            case Const(value):
                return "{" + ", ".join(str(bit) for bit in range(value.bit_length()) if value >> bit & 1) + "}"
            case Load(var, index) if isinstance(self.variables[var].type, SetType):
                return self.cell(self.variables[var], [self.number(i, env) for i in index])
            case Binary("with" | "without" as op, left, right):
                word = "\\cup" if op == "with" else "\\"
                return f"({self.members(left, env)} {word} {{{self.number(right, env)}}})"
            case Binary("union" | "minus" | "meet" as op, left, right):
                word = {"union": "\\cup", "minus": "\\", "meet": "\\cap"}[op]
                return f"({self.members(left, env)} {word} {self.members(right, env)})"
            case Ite(test, then, other):
                return self.choice(self.truth(test, env), self.members(then, env), self.members(other, env))
            case _:
                return f"Bits({self.number(expr, env)})"

    def has(self, members: Expr, bit: Expr, env: Env) -> str:
        return f"({self.number(bit, env)} \\in {self.members(members, env)})"

    def size(self, members: Expr, env: Env) -> str:
        return f"Cardinality({self.members(members, env)})"

    def set_operation(self, expr: Binary, env: Env) -> str:
        return f"Mask({self.members(expr, env)})"

    def stored(self, variable: Variable, value: Expr, env: Env) -> str:
        if isinstance(variable.type, SetType):
            return self.members(value, env)
        return self.truth(value, env) if self.is_truth(variable) else self.number(value, env)

    def constant(self, value: int, variable: Variable) -> str:
        if isinstance(variable.type, SetType):
            return self.members(Const(value, variable.type), Env())
        if isinstance(variable.type, BoolType):
            return self.yes if value else self.no
        return str(value) if value >= 0 else f"({value})"
