# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Calls: builtin words, methods of pools and sets, pure functions in place, protocol functions inlined."""

from __future__ import annotations

import ast

from ...ir.expr import TRUE
from ..values import Builtin, Function, Meaning, Nothing, Static
from . import advice, expressions, hints, inline, keep, names, words
from .state import Lowerer, LowerError, Scope


def callee(low: Lowerer, node: ast.Call) -> Meaning | None:
    """What a call calls, without any effect on the statement being gathered; None where that is an error."""
    with low.dry():
        try:
            return expressions.meaning(low, node.func)
        except LowerError:
            return None


def steps(low: Lowerer, node: ast.AST) -> bool:
    """Whether evaluating the expression takes steps of its own (calls a protocol function, chooses, allocates)."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            found = callee(low, part)
            if isinstance(found, Function) and found.role != "pure":
                return True
            if isinstance(found, Builtin) and found.name in words.EFFECTS:
                return True
    return False


def call(low: Lowerer, node: ast.Call) -> Meaning:
    found = callee(low, node)
    if isinstance(found, Function):
        return call_function(low, found, node)
    function = expressions.meaning(low, node.func)
    if isinstance(function, Builtin):
        return words.builtin(low, function, node)
    if isinstance(function, Static) and isinstance(function.value, type) and function.value.__module__ == "builtins":
        what = f"Python's {function.value.__name__}() in a protocol function"
        raise low.error("SVM231", what, node, "of Python's functions there are len, min, max, all, any, sum and range")
    if isinstance(function, Static) and isinstance(function.value, type):
        raise low.error(
            "SVM231",
            f"{function.value.__name__}(...) in a protocol function",
            node,
            "declare fields in the world; use k.pool.alloc() for a new record",
        )
    raise low.error(
        "SVM232",
        f"{names.describe(function)} cannot be called",
        node,
        advice.not_called(function),
    )


def call_function(low: Lowerer, function: Function, node: ast.Call) -> Meaning:
    if function.role == "pure":
        return pure(low, expressions_function(low, node), node)
    if function.role in ("invariant", "balance", "initial", "leads-to", "always-eventually"):
        raise low.error(
            "SVM233",
            f"'{function.name}' is a property or a set-up, not a protocol function",
            node,
            "move what both need into a @pure function",
        )
    if function.role == "section":
        raise low.error("SVM234", f"'{function.name}' is a section", node, f"write 'with {low.source.text(node)}:'")
    if low.when != TRUE:
        raise low.error(
            "SVM235",
            "a call that takes steps inside a condition that may not evaluate it",
            node,
            "write it as an if statement of its own",
        )
    if low.bound or low.specification:
        raise low.error(
            "SVM236",
            f"'{function.name}' takes steps; it cannot be used in a property or quantifier",
            node,
            "only @pure functions can",
        )
    function = expressions_function(low, node)
    arguments = bind(low, function, node)
    arguments = {name: keep.in_place(low, found, node, name) for name, found in arguments.items()}
    return inline.inline(low, function, arguments, node)


def expressions_function(low: Lowerer, node: ast.Call) -> Function:
    found = expressions.meaning(low, node.func)
    assert isinstance(found, Function)
    return found


def bind(low: Lowerer, function: Function, node: ast.Call) -> dict[str, Meaning]:
    """The arguments by parameter name, cells read, receiver first."""
    arguments = function.node.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise low.error("SVM306", f"'{function.name}' takes * or ** parameters", node, "list the parameters")
    parameters = [a.arg for a in arguments.args]
    result: dict[str, Meaning] = {}
    given = [*node.args, *(k.value for k in node.keywords)]
    if function.receiver is not None:
        result[parameters[0]] = keep.before(low, function.receiver, node, given)
        parameters = parameters[1:]
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        raise low.error("SVM306", "* and ** arguments", node, "write each argument")
    if len(node.args) > len(parameters):
        raise low.error(
            "SVM237",
            f"'{function.name}' takes {len(parameters)} arguments, {len(node.args)} are given",
            node,
            f"its parameters are ({', '.join(parameters)})",
        )
    for parameter, argument in zip(parameters, node.args, strict=False):
        given = given[1:]
        result[parameter] = keep.before(low, expressions.evaluate(low, argument), argument, given)
    known = [*parameters, *(a.arg for a in arguments.kwonlyargs)]
    for keyword in node.keywords:
        assert keyword.arg is not None
        if keyword.arg not in known or keyword.arg in result:
            raise low.error(
                "SVM237",
                f"'{function.name}' has no parameter '{keyword.arg}' left",
                node,
                f"its parameters are ({', '.join(known)})",
            )
        given = given[1:]
        result[keyword.arg] = keep.before(low, expressions.evaluate(low, keyword.value), keyword.value, given)
    _defaults(low, function, result)
    missing = [p for p in known if p not in result]
    if missing:
        raise low.error(
            "SVM237",
            f"'{function.name}' needs {', '.join(repr(m) for m in missing)}",
            node,
            f"its parameters are ({', '.join(known)})",
        )
    for parameter in [*arguments.args, *arguments.kwonlyargs]:
        result[parameter.arg] = conform(low, function, parameter, result[parameter.arg], node)
    return result


def _defaults(low: Lowerer, function: Function, result: dict[str, Meaning]) -> None:
    raw = function.python
    code = function.node.args
    for parameter, value in zip(reversed(code.args), reversed(raw.__defaults__ or ()), strict=False):
        result.setdefault(parameter.arg, names.meaning(low, value, function.node))
    for key, value in (raw.__kwdefaults__ or {}).items():
        result.setdefault(key, names.meaning(low, value, function.node))


def conform(low: Lowerer, function: Function, parameter: ast.arg, given: Meaning, node: ast.AST) -> Meaning:
    """Check an argument against its annotation, and give null its type."""
    hint = hints.of_parameter(low, function, parameter.arg, node)
    if isinstance(given, Nothing):
        expressions.as_value(low, given, node)
    if not hints.accepts(low, hint, given):
        wanted = hints.shown(hint)
        what = f"'{parameter.arg}' of '{function.name}' is declared {wanted}, {names.describe(given)} is given"
        raise low.error("SVM238", what, node, hints.advice(hint, f"pass a {wanted}"))
    expected = hints.run_time_type(low, hint)
    if isinstance(given, Static) and given.value is None and expected is not None:
        return expressions.as_value(low, given, node, expected)
    return given


def pure(low: Lowerer, function: Function, node: ast.Call) -> Meaning:
    """A pure function in place: its one return expression with the arguments substituted."""
    if any(s.function.name == function.name for s in low.scopes):
        raise low.error("SVM307", f"'{function.name}' calls itself", node, "recursion has no bound: use a loop")
    body = [s for s in function.node.body if not _is_text(s)]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        raise low.error(
            "SVM239",
            f"the pure function '{function.name}' is more than one return",
            node,
            "a pure function is 'return <expression>'; call further pure functions for its parts",
        )
    arguments = bind(low, function, node)
    frames = low.frames
    low.scopes.append(Scope(function, low.scope.prefix, frozenset(), dict(arguments)))
    low.frames = (*frames, low.frame(body[0]))
    bound, low.bound = low.bound, []
    low.bound = [b for b in bound if any(k.startswith("$") for k in b)]
    try:
        return expressions.evaluate(low, body[0].value)
    finally:
        low.bound = bound
        low.scopes.pop()
        low.frames = frames


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
