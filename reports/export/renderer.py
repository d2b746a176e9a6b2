# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""IR expressions in the notation of another language; what all languages share.

An expression is rendered as a truth value or as a number, whichever its place wants, since most languages tell the two
apart and the IR does not. Every text that is given back is an atom or stands in parentheses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from ...model.ir.build import COMPARE, SETS, rebuild
from ...model.ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary, integer
from ...model.ir.program import Check, Program, Variable
from ...model.ir.types import BoolType, SetType
from .claims import CannotExport
from .names import Names

WIDEST_SET = 31  # bits of the signed 32-bit integers that checkers compute with, without the sign


@dataclass(frozen=True)
class Env:
    """The texts of the stepping process's index and of bound variables."""

    me: str = ""
    bound: Mapping[str, str] = field(default_factory=dict[str, str])


class Renderer(ABC):
    """``names``: identifiers of the variables."""

    yes: ClassVar[str]
    no: ClassVar[str]
    negation: ClassVar[str]
    conjunction: ClassVar[str]
    disjunction: ClassVar[str]
    comparisons: ClassVar[Mapping[str, str]]

    def __init__(self, program: Program, names: Names) -> None:
        self.variables: dict[str, Variable] = {v.name: v for v in program.variables}
        self.names = {v.name: names.take(v.name) for v in program.variables}
        self.taken = names

    # ---- what the languages differ in

    @abstractmethod
    def choice(self, test: str, then: str, other: str) -> str: ...

    @abstractmethod
    def cell(self, variable: Variable, index: Sequence[str]) -> str:
        """A cell of an array by the texts of its indices."""

    @abstractmethod
    def quantified(self, expr: Quant, env: Env) -> str:
        """``all`` or ``any``."""

    def is_truth(self, variable: Variable) -> bool:
        """Whether the language declares the variable as a truth value."""
        return isinstance(variable.type, BoolType)

    def negated(self, truth: str) -> str:
        """``!!`` is an operator of its own in Promela, so a second negation takes the first one away."""
        return truth.removeprefix(self.negation) if truth.startswith(self.negation) else f"{self.negation}{truth}"

    def counted(self, truth: str) -> str:
        """A truth value as 1 or 0."""
        return self.choice(truth, "1", "0")

    # ---- truth values

    def truth(self, expr: Expr, env: Env) -> str:
        match expr:
            case Const(value):
                return self.yes if value else self.no
            case Unary("not", arg):
                return self.negated(self.truth(arg, env))
            case Binary("and" | "or" as op, left, right):
                word = self.conjunction if op == "and" else self.disjunction
                return f"({self.truth(left, env)} {word} {self.truth(right, env)})"
            case Binary("has", left, right):
                return self.has(left, right, env)
            case Binary(op, left, right) if op in COMPARE:
                return self._comparison(op, left, right, env)
            case Ite(test, then, other):
                return self.choice(self.truth(test, env), self.truth(then, env), self.truth(other, env))
            case Quant("all" | "any"):
                return self.quantified(expr, env)
            case Load(var, index) if self.is_truth(self.variables[var]):
                return self.cell(self.variables[var], [self.number(i, env) for i in index])
            case _:
                return f"({self.number(expr, env)} {self.comparisons['!=']} 0)"

    def _comparison(self, op: str, left: Expr, right: Expr, env: Env) -> str:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Const) and one.value in (0, 1) and op in ("==", "!=") and self._is_truth_like(other):
                same = (op == "==") == bool(one.value)
                return self.truth(other, env) if same else self.negated(self.truth(other, env))
        return f"({self.number(left, env)} {self.comparisons[op]} {self.number(right, env)})"

    def _is_truth_like(self, expr: Expr) -> bool:
        match expr:
            case Load(var):
                return self.is_truth(self.variables[var])
            case Unary(op):
                return op == "not"
            case Binary(op):
                return op in ("and", "or", "has") or op in COMPARE
            case Quant(op):
                return op != "sum"
            case _:
                return False

    # ---- numbers

    def number(self, expr: Expr, env: Env) -> str:
        match expr:
            case Const(value):
                return str(value) if value >= 0 else f"({value})"
            case Me():
                return env.me
            case Bound(name):
                return env.bound[name]
            case Load(var, index) if not self.is_truth(self.variables[var]):
                return self.cell(self.variables[var], [self.number(i, env) for i in index])
            case Unary("-", arg):
                return f"(0 - {self.number(arg, env)})"
            case Unary("popcount", arg):
                return self.size(arg, env)
            case Binary("+" | "-" | "*" as op, left, right):
                return f"({self.number(left, env)} {op} {self.number(right, env)})"
            case Binary("//" | "%"):
                return self.division(expr, env)
            case Binary(op) if op in SETS and op != "has":
                return self.set_operation(expr, env)
            case Ite(test, then, other):
                return self.choice(self.truth(test, env), self.number(then, env), self.number(other, env))
            case Quant("sum"):
                return self._sum(expr, env)
            case _:
                return self.counted(self.truth(expr, env))

    def division(self, expr: Binary, env: Env) -> str:
        """``//`` and ``%`` floor; the languages truncate, which is the same only for what is not negative."""
        left, right = self.number(expr.left, env), self.number(expr.right, env)
        if expr.left.type.lo >= 0 and expr.right.type.lo > 0:
            return f"({left} {'/' if expr.op == '//' else '%'} {right})"
        remainder = f"((({left} % {right}) + {right}) % {right})"
        return remainder if expr.op == "%" else f"(({left} - {remainder}) / {right})"

    def _sum(self, expr: Quant, env: Env) -> str:
        terms = [self.number(bind(expr.body, expr.name, v), env) for v in range(expr.first, expr.first + expr.count)]
        return f"({' + '.join(terms)})" if terms else "0"

    # ---- sets, as bit masks

    def has(self, members: Expr, bit: Expr, env: Env) -> str:
        shifted = f"(({self.number(members, env)} >> {self.number(bit, env)}) & 1)"
        return f"({shifted} {self.comparisons['==']} 1)"

    def size(self, members: Expr, env: Env) -> str:
        text = self.number(members, env)
        bits = members.type.hi.bit_length()
        return "(" + " + ".join(f"(({text} >> {bit}) & 1)" for bit in range(max(bits, 1))) + ")"

    def set_operation(self, expr: Binary, env: Env) -> str:
        left, right = self.number(expr.left, env), self.number(expr.right, env)
        match expr.op:
            case "with":
                return f"({left} | (1 << {right}))"
            case "without":
                return f"({left} & ~(1 << {right}))"
            case "union":
                return f"({left} | {right})"
            case "minus":
                return f"({left} & ~{right})"
            case _:
                return f"({left} & {right})"

    # ---- checks

    def failure(self, check: Check, env: Env) -> str:
        return f"({self.truth(check.when, env)} {self.conjunction} {self.negated(self.truth(check.ok, env))})"

    def failures(self, checks: Sequence[Check], env: Env) -> str:
        """Whether one of them fails; a later one is evaluated only where the earlier ones hold."""
        return self.any_of([self.failure(check, env) for check in checks])

    def any_of(self, truths: Sequence[str]) -> str:
        return self._joined(truths, self.disjunction) or self.no

    def all_of(self, truths: Sequence[str]) -> str:
        return self._joined(truths, self.conjunction) or self.yes

    @staticmethod
    def _joined(texts: Sequence[str], word: str) -> str:
        return f"({f' {word} '.join(texts)})" if len(texts) > 1 else "".join(texts)


def bind(expr: Expr, name: str, value: int) -> Expr:
    """The expression with a bound variable replaced by its value."""

    def visit(part: Expr) -> Expr | None:
        if isinstance(part, Bound) and part.name == name:
            return integer(value)
        return part if isinstance(part, Quant) and part.name == name else None  # bound anew inside

    return rebuild(expr, visit)


def bound_names(expr: Quant, env: Env, taken: Names) -> tuple[str, Env]:
    """A text for the variable of a quantifier that nothing around it is called, and the scope of its body."""
    text = expr.name
    while text in env.bound.values() or text in taken:
        text += "_"
    return text, replace(env, bound={**env.bound, expr.name: text})


def refuse_wide_sets(program: Program, language: str) -> None:
    for variable in program.variables:
        if isinstance(variable.type, SetType) and variable.type.count > WIDEST_SET:
            what = f"{variable.name} is a set of {variable.type.count}, and {language} has masks of {WIDEST_SET} bits"
            raise CannotExport(what, "choose smaller sizes, or export to tla, which has sets")
