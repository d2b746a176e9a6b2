# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Statements: one statement is one step; a test that reads shared state is a step of its own."""

from __future__ import annotations

import ast
import re
from typing import get_args

from ...ir.expr import TRUE
from ...ir.program import Check
from ..graph import Demand
from ..values import Function, Meaning, Static, Tuple, Value
from . import advice, assign, blocks, branches, calls, expressions, hints, inline, loops, names, words
from .state import Cleanup, Lowerer, LowerError


def block(low: Lowerer, body: list[ast.stmt]) -> None:
    """All statements; an error in one is recorded and the next is still looked at."""
    for number, node in enumerate(body):
        if number and _never_passed(body[number - 1]):
            low.warn("SVM506", "nothing reaches this", node, "take it out, or look for the jump above it", "hint")
        begin(low, node)
        before = low.blocks_around()
        try:
            statement(low, node)
        except LowerError as problem:
            low.record(problem)
            low.return_to(before)
            low.facts.broken |= {f"{low.scope.prefix}.{name}" for name in _assigned(node)}
            _look_inside(low, node)


def _look_inside(low: Lowerer, node: ast.stmt) -> None:
    """The blocks of a statement whose head is wrong are still looked at, away from the graph that counts."""
    inner = [getattr(node, "body", []), getattr(node, "orelse", []), *(c.body for c in getattr(node, "cases", []))]
    if isinstance(node, ast.While | ast.For):
        low.cleanups.append(Cleanup("loop", on_break=low.node(), on_continue=low.node()))
    for part in inner:
        branches.check_only(low, part)
    if isinstance(node, ast.While | ast.For):
        low.cleanups.pop()


def _never_passed(node: ast.stmt) -> bool:
    """Whether what follows the statement in its block is never reached, for all that the text shows."""
    if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value is True:
        inner = {id(n) for loop in ast.walk(node) if loop is not node and isinstance(loop, ast.While | ast.For)
                 for n in ast.walk(loop)}  # fmt: skip
        return not any(isinstance(n, ast.Break) and id(n) not in inner for n in ast.walk(node))
    return isinstance(node, ast.Return | ast.Break | ast.Continue)


def _assigned(node: ast.stmt) -> list[str]:
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return [*names, *(n.name for n in ast.walk(node) if isinstance(n, ast.MatchAs) and n.name)]


def begin(low: Lowerer, node: ast.stmt) -> None:
    """Note where we are: the frames of every inlined call, and the label of the innermost statement of the author."""
    depth = len(low.scopes) - 1
    low.frames = (*low.frames[:depth], low.frame(_head(node)))
    if not is_library(low):
        low.label = low.source.text(_head(node)).removesuffix(":")


def is_library(low: Lowerer) -> bool:
    """A primitive's own lines label no step: the call of the primitive does."""
    return low.scope.function.python.__module__.startswith("svmcheck.model.primitives") and len(low.scopes) > 1


def _head(node: ast.stmt) -> ast.AST:
    """The part of a statement that is one line: for compound statements, the test."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return test
        case ast.With(items=items):
            return items[0].context_expr
        case ast.Match(subject=subject):
            return subject
        case _:
            return node


def statement(low: Lowerer, node: ast.stmt) -> None:
    match node:
        case ast.Expr(ast.Constant()) | ast.Pass() | ast.AnnAssign(value=None):
            pass
        case ast.Expr(ast.Call() as call):
            if not words.statement(low, call):
                _bare_call(low, call)
        case ast.Assign(targets=[target], value=given):
            assign.assign(low, target, given, node)
        case ast.AnnAssign(target=target, value=ast.expr() as given):
            assign.assign(low, target, given, node)
        case ast.AugAssign():
            assign.augmented(low, node)
        case ast.Assert():
            assertion(low, node)
        case ast.Return():
            return_statement(low, node)
        case ast.Break() | ast.Continue():
            loops.jump(low, node)
        case _:
            _compound(low, node)


def _compound(low: Lowerer, node: ast.stmt) -> None:
    match node:
        case ast.If():
            branches.if_statement(low, node)
        case ast.While():
            loops.while_loop(low, node)
        case ast.For():
            loops.for_loop(low, node)
        case ast.With():
            blocks.with_block(low, node, 0)
        case ast.Match():
            branches.match_statement(low, node)
        case _:
            _no_statement(low, node)


def _no_statement(low: Lowerer, node: ast.stmt) -> None:
    match node:
        case ast.Assign():
            raise low.error("SVM316", "two assignments in one", node, "write one statement for each")
        case ast.Expr(ast.Yield()):
            raise low.error("SVM315", "yield outside a section", node, "mark the function with @section")
        case ast.Expr():
            found = expressions.meaning(low, node.value)
            raise low.error("SVM253", "this value is not used", node, advice.unused(found, low.source.text(node.value)))
        case _:
            raise low.error("SVM300", "this statement is not part of the language", node, "see docs/language.md")


def _bare_call(low: Lowerer, call: ast.Call) -> None:
    found = calls.call(low, call)
    function = calls.callee(low, call)
    if isinstance(found, Value | Static | Tuple) and not isinstance(function, Function):
        raise low.error("SVM253", "this value is not used", call, "assign it, test it, or remove the line")
    if isinstance(function, Function) and _may_fail(function):
        text = low.source.text(call)
        instead = f"test it: 'if {text}:', and unlock only there; where it cannot fail, '_ = {text}'"
        low.warn("SVM512", f"nobody looks whether '{text}' got the lock", call, instead)
    low.flush()


def _may_fail(function: Function) -> bool:
    """Whether it takes a lock that it does not wait for, or returns False: a trylock."""
    taken = [
        call
        for call in ast.walk(function.node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "acquired"
    ]
    without_waiting = any(
        given.arg == "blocking" and isinstance(given.value, ast.Constant) and given.value.value is False
        for call in taken
        for given in call.keywords
    )
    refuses = any(
        isinstance(part, ast.Return) and isinstance(part.value, ast.Constant) and part.value.value is False
        for part in ast.walk(function.node)
    )
    return without_waiting and refuses


def assertion(low: Lowerer, node: ast.Assert) -> None:
    if isinstance(node.test, ast.Tuple):
        instead = 'take off the parentheses: assert x, "message"'
        raise low.error("SVM248", "an assertion of a condition and a message in parentheses", node.test, instead)
    message = low.source.text(node.test)
    if node.msg is not None:
        given = expressions.evaluate(low, node.msg)
        if not isinstance(given, Static) or not isinstance(given.value, str):
            raise low.error(
                "SVM248", "the message of an assertion is a text in quotes", node.msg, 'assert x, "message"'
            )
        message = given.value
    low.specification = True
    try:
        ok = expressions.condition(low, node.test)
    finally:
        low.specification = False
    low.ops.append(Demand(Check(TRUE, ok, slug(message), message, low.frames)))
    shared = any(isinstance(o, Demand) and low.is_visible(o.check.ok) for o in low.ops)
    low.emit(kind="lead" if shared else "local")


def slug(text: str) -> str:
    """A property name from a sentence: ``the copy is fresh`` -> ``the-copy-is-fresh``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "assertion"


def return_statement(low: Lowerer, node: ast.Return) -> None:
    function = low.scope.function
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        if not inline.returns_value(function.node):
            raise low.error(
                "SVM258",
                f"'{function.name}' returns a value without saying which type",
                node,
                "annotate it: 'def f(k: World) -> Result:'",
            )
        found = expressions.evaluate(low, node.value)
        _store_return(low, found, node, hints.of_parameter(low, function, "return", node))
    elif inline.returns_value(function.node):
        if node.value is None:
            raise low.error(
                "SVM259", f"'{function.name}' must return a value", node, "return one, or annotate '-> None'"
            )
        _store_return(low, Static(None), node, hints.of_parameter(low, function, "return", node))
    low.flush()
    loops.leave(low, "function")


def _store_return(low: Lowerer, found: Meaning, node: ast.Return, hint: object) -> None:
    first = f"{low.scope.prefix}.return"
    if not hints.accepts(low, hint, found):
        what = f"declared to return {hints.shown(hint)}, this is {names.describe(found)}"
        raise low.error("SVM260", what, node.value or node, hints.advice(hint, "return what is declared"))
    if isinstance(found, Tuple):
        for position, (item, wanted) in enumerate(zip(found.items, get_args(hint), strict=False)):
            _store_element(low, f"{first}.{position}", item, node, wanted)
        return
    _store_element(low, first, found, node, hint)


def _store_element(low: Lowerer, variable: str, found: Meaning, node: ast.Return, hint: object) -> None:
    low.facts.hidden.add(variable)
    expected = hints.run_time_type(low, hint)
    given = found if expected is None else expressions.as_value(low, found, node, expected)
    assign.store_local(low, variable, given, node)
