# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Conditions as control flow: if, match, and ``and``/``or`` with calls that take steps."""

from __future__ import annotations

import ast

from ...ir.build import either, negate
from ...ir.expr import FALSE, TRUE, Const, Expr
from ...ir.types import BOOL
from ..graph import OUTCOMES, Assume, Store
from ..values import Meaning, Static, Value
from . import calls, expressions, operators, statements
from .state import Lowerer


def branch(low: Lowerer, test: ast.expr) -> tuple[int | None, int | None]:
    """Lower a condition to control flow; the nodes where it is true and false (None: cannot happen)."""
    if isinstance(test, ast.BoolOp) and any(calls.steps(low, v) for v in test.values):
        return _branch_chain(low, test)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and calls.steps(low, test.operand):
        yes, no = branch(low, test.operand)
        return no, yes
    found = expressions.condition(low, test)
    if isinstance(found, Const):
        low.flush()
        return (low.cur, None) if found.value else (None, low.cur)
    start, gathered = low.cur, low.ops
    labels = [low.label] * 2 if statements.is_library(low) else [low.label + outcome for outcome in OUTCOMES]
    yes = low.emit([Assume(found)], label=labels[0])
    low.cur, low.ops = start, list(gathered)
    no = low.emit([Assume(negate(found))], label=labels[1])
    return yes, no


def _branch_chain(low: Lowerer, test: ast.BoolOp) -> tuple[int | None, int | None]:
    """``and``/``or`` with a call: each operand is evaluated only if the ones before it do not decide."""
    conjunctive = isinstance(test.op, ast.And)
    decided: list[int] = []
    for operand in test.values:
        yes, no = branch(low, operand)
        go_on, stop = (yes, no) if conjunctive else (no, yes)
        if stop is not None:
            decided.append(stop)
        if go_on is None:
            low.cur = low.node()
            return (None, _join(low, decided)) if conjunctive else (_join(low, decided), None)
        low.cur = go_on
    rest = low.cur
    return (rest, _join(low, decided)) if conjunctive else (_join(low, decided), rest)


def _join(low: Lowerer, nodes: list[int]) -> int | None:
    if not nodes:
        return None
    here, target = low.cur, low.node()
    for node in nodes:
        low.cur = node
        low.emit(kind="local", target=target)
    low.cur = here
    return target


def condition_value(low: Lowerer, node: ast.expr) -> Value:
    """A condition with calls as a value: control flow into a hidden local."""
    low.flush()
    variable = f"{low.scope.prefix}@{node.lineno}.{node.col_offset}.and"
    low.facts.hidden.add(variable)
    low.learn(variable, BOOL, node)
    yes, no = branch(low, node)
    after = low.node()
    for start, outcome in ((yes, TRUE), (no, FALSE)):
        if start is not None:
            low.cur = start
            low.emit([Store(variable, (low.actor.me,), outcome)], "local", after)
    low.cur = after
    return Value(low.local(variable, BOOL), low.source.text(node))


def if_statement(low: Lowerer, node: ast.If) -> None:
    yes, no = branch(low, node.test)
    after, known = low.node(), dict(low.scope.names)
    for start, body in ((yes, node.body), (no, node.orelse)):
        if start is None:
            check_only(low, body)
            continue
        low.cur = start
        statements.block(low, body)
        low.goto(after)
        if yes is not None and no is not None:
            low.scope.names = dict(known)  # a record that is named in one branch has no name after it
    low.cur = after


def check_only(low: Lowerer, body: list[ast.stmt]) -> None:
    """The branch an option rules out is still checked in every variant, away from the graph that counts."""
    saved, here = low.context, low.cur
    low.cur = low.node()
    low.untaken += 1
    statements.block(low, body)
    low.untaken -= 1
    low.flush()
    low.context, low.cur = saved, here


def match_statement(low: Lowerer, node: ast.Match) -> None:
    found = expressions.evaluate(low, node.subject)
    if isinstance(found, Value) and low.is_shared(found.expr):
        found = low.temporary(node.subject, found.expr, ".match")
    low.flush()
    after = low.node()
    for number, case in enumerate(node.cases):
        matched = _matched(low, found, case)
        start = low.cur
        if matched != FALSE:
            low.emit([Assume(matched)], "local")
            statements.block(low, case.body)
            low.goto(after)
        else:
            check_only(low, case.body)
        low.cur = start
        if matched == TRUE:
            for other in node.cases[number + 1 :]:
                _matched(low, found, other)
                check_only(low, other.body)
            low.dead_end()
            break
        low.emit([Assume(negate(matched))], "local")
    low.goto(after)
    low.cur = after


def _matched(low: Lowerer, found: Meaning, case: ast.match_case) -> Expr:
    if case.guard is not None:
        raise low.error("SVM310", "a guard in a case", case.pattern, "put an if statement into the case")
    return _pattern(low, found, case.pattern)


def _pattern(low: Lowerer, found: Meaning, pattern: ast.pattern) -> Expr:
    match pattern:
        case ast.MatchAs(pattern=None, name=None):
            return TRUE
        case ast.MatchOr(patterns):
            result: Expr = FALSE
            for part in patterns:
                result = either(result, _pattern(low, found, part))
            return result
        case ast.MatchValue(value):
            other = expressions.evaluate(low, value)
            return operators.compared(low, "==", found, other, value, value)
        case ast.MatchSingleton(value):
            constant = ast.copy_location(ast.Constant(value), pattern)
            return operators.compared(low, "==", found, Static(value), constant, constant)
        case _:
            raise low.error(
                "SVM310",
                "this pattern is not part of the language",
                pattern,
                "match constants: 'case Pte.RAM:', 'case _:'",
            )
