# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Inlining: a protocol function's body in place of its call, its locals renamed, its returns joined."""

from __future__ import annotations

import ast
from functools import cache

from ...ir.expr import Const, Expr
from ...ir.types import RefType
from ..diagnostics import Diagnostic
from ..graph import Note, Store
from ..values import Function, Meaning, Nothing, Static, Tuple, Value
from ..whitelist import inspect_function
from . import assign, contracts, keep, statements
from .state import Cleanup, Lowerer, LowerError, Scope


@cache
def assigned_names(node: ast.FunctionDef) -> frozenset[str]:
    """The locals of a function: every name it stores to, quantifier variables left out.

    A name that a pattern binds counts, though patterns may bind none: it is refused where it is bound, and only there.
    """
    captured = {p.name for p in ast.walk(node) if isinstance(p, ast.MatchAs) and p.name}
    quantified = {
        id(g.target) for part in ast.walk(node) if isinstance(part, ast.GeneratorExp) for g in part.generators
    }
    return frozenset(captured) | frozenset(
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and id(part) not in quantified
    )


def enter(low: Lowerer, function: Function, arguments: dict[str, Meaning], node: ast.AST) -> None:
    """Open the scope of an inlined function: constants and places are bound, values that may change are copied."""
    if any(s.function.node is function.node for s in low.scopes):
        raise low.error("SVM307", f"'{function.name}' calls itself", node, "recursion has no bound: use a loop")
    inspect(low, function)
    assigned = assigned_names(function.node)
    prefix = low.prefix_of(function)
    names_bound: dict[str, Meaning] = {}
    _untouched(low, function, arguments)
    low.ops.append(Note(f"enter:{prefix}"))
    for parameter, given in arguments.items():
        if isinstance(given, Value) and not (_settled(low, given.expr) and parameter not in assigned):
            variable = f"{prefix}.{parameter}"
            low.learn(variable, given.type, node)
            keep.demand_allocated(low, given.expr)
            low.ops.append(Store(variable, (low.actor.me,), given.expr))
            kind = low.facts.types[variable] or given.type
            names_bound[parameter] = Value(low.local(variable, kind), parameter)
        elif parameter in assigned and isinstance(given, Static):
            raise_if_object(low, parameter, given, node)
            variable = f"{prefix}.{parameter}"
            assign.store_local(low, variable, given, node)
        else:
            raise_if_record(low, parameter, parameter in assigned, node)
            names_bound[parameter] = given
    for parameter in assigned & names_bound.keys():
        if isinstance(names_bound[parameter], Value):
            del names_bound[parameter]  # it is a local like any other
    low.flush()
    low.scopes.append(Scope(function, prefix, assigned, names_bound))


def _untouched(low: Lowerer, function: Function, arguments: dict[str, Meaning]) -> None:
    """A reference that is handed over and never looked at: in the kernel, the callee would read the object."""
    used = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for parameter in function.node.args.args:
        given = arguments.get(parameter.arg)
        if isinstance(given, Value) and isinstance(given.type, RefType) and parameter.arg not in used:
            name = parameter.arg
            what, place = (
                f"'{name}' is never followed in '{function.name}'",
                function.source.frame(parameter, function.name),
            )
            advice = f"did you mean touch({name})? Only an access that is modelled can be a use after free"
            low.facts.warnings.setdefault(("SVM507", place), Diagnostic("SVM507", what, place, advice, severity="hint"))


def raise_if_object(low: Lowerer, parameter: str, given: Static, node: ast.AST) -> None:
    if isinstance(given.value, str | type):
        raise low.error(
            "SVM245",
            f"the parameter '{parameter}' is assigned, but a constant name is passed",
            node,
            "use another local for the changing value",
        )


def raise_if_record(low: Lowerer, parameter: str, is_assigned: bool, node: ast.AST) -> None:
    if is_assigned:
        raise low.error(
            "SVM255",
            f"the parameter '{parameter}' names a record in place here, and the function assigns to it",
            node,
            "use another local, or references into a pool",
        )


def _settled(low: Lowerer, expr: Expr) -> bool:
    """Whether the expression keeps its value while the callee runs: constants and the caller's own locals.

    A slot named by its number does not: as an argument it is a reference, which freeing makes dangle.
    """
    if isinstance(expr, Const) and isinstance(expr.type, RefType) and expr.value:
        return False
    return not keep.changes(low, expr)


def inspect(low: Lowerer, function: Function) -> None:
    """The whitelist pass, once per function."""
    key = f"{function.source.name}:{function.node.lineno}"
    if key in low.facts.checked:
        return
    low.facts.checked.add(key)
    problems = inspect_function(function.source, function.node)
    for problem in problems:
        low.facts.errors.setdefault((problem.code, problem.frame), problem)


def inline(low: Lowerer, function: Function, arguments: dict[str, Meaning], node: ast.AST) -> Meaning:
    saved_label, saved_frames = low.label, low.frames
    enter(low, function, arguments, node)
    start, after = low.cur, low.node()
    low.cleanups.append(Cleanup("function", on_return=after))
    try:
        contract = contracts.agreed(low, function)
        statements.block(low, function.node.body)
    finally:
        low.cleanups.pop()
        scope = low.scopes.pop()
    wants = returns_value(function.node)
    low.label, low.frames = saved_label, saved_frames
    if wants:
        low.emit([Note(f"no-return:{function.name}")], kind="local", target=after)
    else:
        low.emit(kind="local", target=after)
    low.cur = after
    if contract is not None:
        contracts.verify(low, function, contract, start, after)
    return result_of(low, scope, function, node) if wants else Nothing(function.name, function.node)


def returns_value(node: ast.FunctionDef) -> bool:
    annotation = node.returns
    return annotation is not None and not (isinstance(annotation, ast.Constant) and annotation.value is None)


def result_of(low: Lowerer, scope: Scope, function: Function, node: ast.AST) -> Meaning:
    """The value an inlined function returned: in its hidden local, or one per element of a tuple."""
    first = f"{scope.prefix}.return"
    if first in low.facts.types:
        return _returned(low, first)
    items: list[Meaning] = []
    while f"{first}.{len(items)}" in low.facts.types:
        items.append(_returned(low, f"{first}.{len(items)}"))
    if items:
        return Tuple(tuple(items))
    if any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function.node)):
        raise LowerError(None)  # what it returns is wrong, which is reported there
    raise low.error(
        "SVM246", f"'{function.name}' is declared to return a value and never does", node, "add 'return <value>'"
    )


def _returned(low: Lowerer, variable: str) -> Meaning:
    kind = low.facts.types[variable]
    return Static(None) if kind is None else Value(low.local(variable, kind), "result")
