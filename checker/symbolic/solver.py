# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Clauses in z3's SAT solver: templates over a circuit's variables, copied to each step of a run.

The solver is ``SolverFor("QF_FD")``, which keeps z3 in SAT mode when it is asked again with other assumptions; the
general solver is several times slower at that. A template is translated once and copied inside z3. Formulas are made
by z3's C functions directly: its Python layer checks every argument again, which takes longer than the solving of
small programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .circuit import TRUE, Clause

Formula = Any  # z3 has no types
NO_LIMIT = 4_294_967_295  # z3's own word for a time-out of never, in milliseconds


class OutOfTime(Exception):
    """The solver gave up at its limit of time."""


@dataclass(frozen=True)
class Template:
    """A conjunction of clauses, and the variables in it with the formulas that stand for them."""

    formula: Formula
    variables: tuple[int, ...]
    blanks: Formula


class StepSolver:
    """One incremental solver. A literal is meant at a step: variable v of step k is a different one at each k.

    ``successor`` maps each variable of the state after a step to that of the state before the next.
    """

    def __init__(self, successor: Mapping[int, int]) -> None:
        self._z3: Any = import_module("z3")
        self._c: Any = self._z3.z3core
        self._home = self._z3.Context()  # frees all formulas when the solver goes
        self._context: Any = self._home.ref()
        self._bool = self._z3.BoolSort(self._home)
        self._solver = self._z3.SolverFor("QF_FD", ctx=self._home)
        self._successor = successor
        self._symbols = 0
        self._blanks: dict[int, Formula] = {}  # of templates, by literal
        self._placed: dict[tuple[int, int], Formula] = {}  # by step and variable
        self._model: Formula = None
        self._assert(self.at(0, TRUE))

    # ---- clauses

    def template(self, clauses: Iterable[Clause]) -> Template:
        parts = [self._disjunction([self._blank(literal) for literal in clause]) for clause in clauses]
        variables = tuple({abs(literal) for clause in clauses for literal in clause})
        formula = self._kept(self._c.Z3_mk_and(self._context, len(parts), self._array(parts)))
        return Template(formula, variables, self._array([self._blank(v) for v in variables]))

    def add(self, template: Template, step: int) -> None:
        """Demand a template at a step."""
        placed = self._array([self.at(step, v) for v in template.variables])
        count = len(template.variables)
        self._assert(self._c.Z3_substitute(self._context, template.formula, count, template.blanks, placed))

    def require(self, step: int, *literals: int) -> None:
        """Demand that one of the literals is true at a step."""
        self._assert(self._disjunction([self.at(step, literal) for literal in literals]))

    def at(self, step: int, literal: int) -> Formula:
        """z3's formula for a literal at a step."""
        variable = abs(literal)
        if variable == TRUE:
            step = 0
        elif variable in self._successor:
            step, variable = step + 1, self._successor[variable]
        formula = self._placed.get((step, variable))
        if formula is None:
            formula = self._placed[step, variable] = self._fresh()
        return formula if literal > 0 else self._kept(self._c.Z3_mk_not(self._context, formula))

    # ---- questions

    def satisfiable(self, assumptions: Sequence[tuple[int, int]], seconds: float | None = None) -> bool:
        """Whether all clauses can hold, with these literals (step, literal) true.

        Raises OutOfTime, KeyboardInterrupt.
        """
        z3 = self._z3
        self._solver.set("timeout", NO_LIMIT if seconds is None else max(1, int(seconds * 1000)))
        answer = self._solver.check([z3.BoolRef(self.at(step, literal), self._home) for step, literal in assumptions])
        if answer == z3.unknown:
            reason = self._solver.reason_unknown()
            raise KeyboardInterrupt if "interrupt" in reason else OutOfTime(reason)
        self._model = self._solver.model() if answer == z3.sat else None
        return answer == z3.sat

    def needs_assumptions(self) -> bool:
        """After an unsatisfiable answer: whether it may be due to the assumptions, and not to the clauses alone."""
        return len(self._solver.unsat_core()) > 0

    def is_true(self, step: int, literal: int) -> bool:
        """The value of a literal in the last model; where z3 left the variable open, it is false."""
        if abs(literal) == TRUE:
            return literal > 0
        formula = self._z3.BoolRef(self.at(step, abs(literal)), self._home)
        return bool(self._z3.is_true(self._model.eval(formula))) == (literal > 0)

    # ---- formulas by z3's C functions

    def _blank(self, literal: int) -> Formula:
        formula = self._blanks.get(literal)
        if formula is None:
            made = self._fresh() if literal > 0 else self._kept(self._c.Z3_mk_not(self._context, self._blank(-literal)))
            formula = self._blanks[literal] = made
        return formula

    def _fresh(self) -> Formula:
        self._symbols += 1
        symbol = self._c.Z3_mk_int_symbol(self._context, self._symbols)
        return self._kept(self._c.Z3_mk_const(self._context, symbol, self._bool.ast))

    def _disjunction(self, parts: list[Formula]) -> Formula:
        return self._kept(self._c.Z3_mk_or(self._context, len(parts), self._array(parts)))

    def _array(self, parts: list[Formula]) -> Formula:
        return (self._z3.Ast * len(parts))(*parts)

    def _kept(self, formula: Formula) -> Formula:
        """The same formula, which lives as long as the solver."""
        self._c.Z3_inc_ref(self._context, formula)
        return formula

    def _assert(self, formula: Formula) -> None:
        self._c.Z3_solver_assert(self._context, self._solver.solver, formula)
