# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Properties written beside the protocol: invariants, balance, temporal properties, and ``never`` over marks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import FunctionType

from ..ir.build import conjunction, negate
from ..ir.expr import FALSE, TRUE, Expr, Load
from ..ir.program import Check, Edge, Invariant, Temporal, Update, Variable
from ..ir.types import BOOL
from .declare import Options, Pid, Record, World
from .decorators import Mark, Never
from .graph import Demand
from .lower import expressions, fields, inline, quantifiers
from .lower.state import Actor, Facts, Lowerer, LowerError, Scope
from .reflection import hints_of
from .source import Sources
from .storage import Storage, members
from .values import ActorsValue, Alias, ArrayValue, Function, Meaning, PoolValue, Static
from .worlds import WorldInfo, property_name


@dataclass(frozen=True)
class Specification:
    invariants: tuple[Invariant, ...]
    temporal: tuple[Temporal, ...]


def lower(
    info: WorldInfo,
    storage: Storage,
    sources: Sources,
    actors: dict[str, ActorsValue],
    options: dict[str, object],
    facts: Facts,
) -> Specification:
    """All properties of a world; errors go to ``facts``."""
    invariants: list[Invariant] = []
    temporal: list[Temporal] = []
    for function, mark in info.functions:
        if mark.role == "initial":
            continue
        low = Lowerer(storage, sources, Actor("property", 0, 0), actors, options, facts)
        found = sources.of(function)
        if found is None:
            continue
        low.scopes.append(Scope(Function(function, found[0], found[1], None, mark.role), "property", frozenset()))
        low.specification = True
        try:
            _lower_one(low, info, function, mark, options, invariants, temporal)
        except LowerError as problem:
            low.record(problem)
    return Specification(tuple(invariants), tuple(temporal))


def _lower_one(
    low: Lowerer,
    info: WorldInfo,
    function: FunctionType,
    mark: Mark,
    options: dict[str, object],
    invariants: list[Invariant],
    temporal: list[Temporal],
) -> None:
    inline.inspect(low, low.scope.function)
    low.scope.names |= parameters(low, low.scope.function, info, options)
    node = low.scope.function.node
    body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        raise low.error(
            "SVM265",
            f"the property '{function.__name__}' is more than one return",
            node,
            "a property is 'return <expression>'; put its parts into @pure functions",
        )
    low.frames = (low.frame(body[0]),)
    value = body[0].value
    name, frame = property_name(function), low.frame(node)
    if mark.role == "leads-to":
        if not isinstance(value, ast.Tuple) or len(value.elts) != 2:
            raise low.error("SVM266", "a leads_to property returns two conditions", value, "return premise, conclusion")
        premise, conclusion = (expressions.condition(low, e) for e in value.elts)
        temporal.append(Temporal(name, "leads-to", premise, conclusion, frame))
    elif mark.role == "always-eventually":
        temporal.append(Temporal(name, "always-eventually", TRUE, expressions.condition(low, value), frame))
    else:
        expr = _quantified(low, _free(low, function, info), value)
        checks = tuple(op.check for op in low.ops if isinstance(op, Demand))
        kind = "balance" if mark.role == "balance" else "invariant"
        invariants.append(Invariant(name, expr, checks, frame, kind))


def parameters(low: Lowerer, function: Function, info: WorldInfo, options: Mapping[str, object]) -> dict[str, Meaning]:
    """The world and the options of a function called by nobody."""
    hints, _ = hints_of(function.python)
    result: dict[str, Meaning] = {}
    for argument in function.node.args.args:
        hint = hints.get(argument.arg)
        if isinstance(hint, type) and issubclass(hint, World):
            result[argument.arg] = Alias(info.cls, "", ())
        elif isinstance(hint, type) and issubclass(hint, Options):
            result[argument.arg] = fields.options_value(hint, dict(options))
        elif function.role not in ("invariant", "balance"):
            what = f"the parameter '{argument.arg}' is neither the world nor options"
            instead = f"annotate it: '{argument.arg}: {info.name}'"
            if hint is not None:
                instead = "nobody passes it anything: it takes only the world and options; declare a Size or an option"
            raise low.error("SVM267", what, argument, instead)
    return result


def _free(low: Lowerer, function: FunctionType, info: WorldInfo) -> list[tuple[str, list[Meaning]]]:
    """The parameters an invariant is quantified over: records of all pools, process ids, members of an Enum."""
    hints, _ = hints_of(function)
    result: list[tuple[str, list[Meaning]]] = []
    for argument in low.scope.function.node.args.args:
        if argument.arg in low.scope.names:
            continue
        hint = hints.get(argument.arg)
        found = _domain(low, hint, info)
        if not found:
            raise low.error(
                "SVM267",
                f"nothing to quantify '{argument.arg}' over",
                argument,
                "annotate it with a record that has a pool, Pid, or an Enum",
            )
        result.append((argument.arg, found))
    return result


def _domain(low: Lowerer, hint: object, info: WorldInfo) -> list[Meaning]:
    world = Alias(info.cls, "", ())
    if isinstance(hint, type) and issubclass(hint, Record):
        pools = [
            fields.field(low, world, n, low.scope.function.node)
            for n, v in members(info.cls)
            if getattr(v, "record", None) is hint
        ]
        return [p for p in pools if isinstance(p, PoolValue | ArrayValue)]
    if hint is Pid:
        total = sum(a.count for a in low.actors.values())
        return [ActorsValue("", 1, total)]
    return [Static(hint)] if isinstance(hint, type) and issubclass(hint, Enum) else []


def _quantified(low: Lowerer, free: list[tuple[str, list[Meaning]]], body: ast.expr) -> Expr:
    if not free:
        return expressions.condition(low, body)
    (name, domains), rest = free[0], free[1:]
    return conjunction(quantifiers.over(low, "all", name, d, lambda: _quantified(low, rest, body)) for d in domains)


# ---- never(after=, then=, until=)


def monitor_name(name: str) -> str:
    return f"never.{name}"


def monitors(nevers: tuple[tuple[str, Never], ...]) -> list[Variable]:
    return [Variable(monitor_name(n), BOOL, ghost=True, hidden=True) for n, _ in nevers]


def with_nevers(edges: tuple[Edge, ...], nevers: tuple[tuple[str, Never], ...]) -> tuple[Edge, ...]:
    """Each property as a one-bit monitor: set by ``after``, cleared by ``until``, and ``then`` demands it is clear."""
    result: list[Edge] = []
    for edge in edges:
        for name, never in nevers:
            edge = _monitored(edge, name, never)
        result.append(edge)
    return tuple(result)


def _monitored(edge: Edge, name: str, never: Never) -> Edge:
    seen: Expr = Load(monitor_name(name), (), BOOL)
    before = seen
    for mark in edge.marks:
        if mark == never.then:
            check = Check(edge.guard, negate(seen), name, f"'{never.then}' after '{never.after}'", edge.frames)
            if check.ok != TRUE:
                edge = replace(edge, checks=(*edge.checks, check))
        if mark == never.after:
            seen = TRUE
        elif mark == never.until:
            seen = FALSE
    if seen is not before:
        edge = replace(edge, updates=(*edge.updates, Update(monitor_name(name), (), seen)))
    return edge
