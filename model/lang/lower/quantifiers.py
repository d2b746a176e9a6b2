# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``all``, ``any`` and ``sum`` over ranges, pools, Enums, arrays and the instances of an actor."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from ...ir.build import both, choice, implies, quantifier
from ...ir.expr import TRUE, Bound, Const, Expr, Load, integer
from ...ir.program import Check
from ...ir.types import BOOL, IntType, RefType, Type
from ..graph import Demand
from ..storage import enum_type
from ..values import ActorsValue, ArrayValue, Builtin, Meaning, PoolValue, Static, Value
from . import expressions, fields, index, names
from .state import Lowerer


@dataclass(frozen=True)
class Domain:
    """What a variable runs over: ``count`` values from ``first`` of a type, those for which ``exists`` is true."""

    type: Type
    first: int
    count: int
    exists: Expr | None = None
    space: str | None = None
    array: ArrayValue | None = None


def domain(low: Lowerer, node: ast.expr, variable: str) -> Domain:
    """The domain an iterable expression stands for. ``variable`` names the bound variable."""
    if isinstance(node, ast.Call):
        function = expressions.meaning(low, node.func)
        if isinstance(function, Builtin) and function.name == "range":
            return _range(low, node)
    return domain_of(low, expressions.evaluate(low, node), node, variable)


def domain_of(low: Lowerer, found: Meaning, node: ast.AST, variable: str) -> Domain:
    match found:
        case PoolValue(_, heap, first, count):
            slots = next(i.slots for i in low.storage.heaps.values() if i.name == heap)
            kind = RefType(heap, slots)
            allocated = Load(f"{heap}.allocated", (fields.slot(Bound(variable, kind)),), BOOL)
            return Domain(kind, first + 1, count, allocated, heap)
        case ActorsValue(name, first, count):
            return Domain(low.storage.pids, first, count, None, name)
        case ArrayValue(size=size, space=space):
            return Domain(IntType(0, max(0, size - 1)), 0, size, None, space, found)
        case Static(value) if isinstance(value, type) and issubclass(value, Enum):
            return Domain(enum_type(value), 0, len(value))
        case _:
            raise low.error(
                "SVM224",
                f"{names.describe(found)} cannot be iterated",
                node,
                "iterate over range(n), a pool, an array, an Enum class or an actor",
            )


def _range(low: Lowerer, node: ast.Call) -> Domain:
    bounds = [expressions.value(low, a).expr for a in node.args]
    if node.keywords or not 1 <= len(bounds) <= 2 or not all(isinstance(b, Const) for b in bounds):
        raise low.error(
            "SVM225",
            "range() must be known when compiling",
            node,
            "use constants and sizes: range(3), range(k.pages_per_window); for a run-time bound write a while loop",
        )
    first = bounds[0].value if len(bounds) == 2 and isinstance(bounds[0], Const) else 0
    last = bounds[-1].value if isinstance(bounds[-1], Const) else 0
    return Domain(IntType(first, max(first, last - 1)), first, max(0, last - first))


def quantified(low: Lowerer, op: str, node: ast.Call) -> Value:
    """``all(... for x in domain if ...)`` and its siblings."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
        raise low.error(
            "SVM227", f"{op}() takes a generator expression", node, f"write {op}(x.ready for x in k.things)"
        )
    return Value(_nest(low, op, node.args[0], 0), low.source.text(node))


def _nest(low: Lowerer, op: str, node: ast.GeneratorExp, depth: int) -> Expr:
    if depth == len(node.generators):
        if op == "sum":
            return _summand(low, node.elt)
        return expressions.condition(low, node.elt)
    generator = node.generators[depth]
    if not isinstance(generator.target, ast.Name):
        raise low.error(
            "SVM226", "the variable of a quantifier must be one name", generator.target, "nest two 'for' clauses"
        )

    def body() -> Expr:
        with filtered(low, generator) as test:
            inner = _nest(low, op, node, depth + 1)
        return _only_where(op, test, inner)

    return over(low, op, generator.target.id, generator.iter, body)


@contextmanager
def filtered(low: Lowerer, generator: ast.comprehension) -> Generator[Expr]:
    """What the ``if`` clauses of a generator test; inside, it is known to be true."""
    before = low.when
    test: Expr = TRUE
    for clause in generator.ifs:
        test = both(test, expressions.condition(low, clause))
        low.when = both(before, test)
    yield test
    low.when = before


def _only_where(op: str, test: Expr, inner: Expr) -> Expr:
    """An element for which the test is false does not count."""
    if op == "all":
        return implies(test, inner)
    return both(test, inner) if op == "any" else choice(test, inner, integer(0))


def _unique(low: Lowerer, variable: str) -> str:
    """A name that no quantifier around has, not even one whose variable is out of sight (around a pure function)."""
    number, unique = 1, variable
    while unique in low.quantified:
        number, unique = number + 1, f"{variable}{number}"
    return unique


def over(low: Lowerer, op: str, variable: str, iterable: ast.expr | Meaning, body: Callable[[], Expr]) -> Expr:
    """Quantify what ``body()`` builds, with ``variable`` bound; its checks are demanded for every element."""
    with ranging(low, variable, iterable) as (unique, found):
        inner = body()
    if found.exists is not None:
        inner = _only_where(op, found.exists, inner)
    kind: Type = BOOL
    if op == "sum":
        lo, hi = min(0, inner.type.lo), max(0, inner.type.hi)
        kind = IntType(lo * found.count, hi * found.count)
    return quantifier(op, unique, found.first, found.count, inner, kind, found.type)


@contextmanager
def ranging(low: Lowerer, variable: str, iterable: ast.expr | Meaning) -> Generator[tuple[str, Domain]]:
    """Inside, ``variable`` is bound, under the name given; what is demanded there is demanded for every element."""
    unique = _unique(low, variable)
    node = iterable if isinstance(iterable, ast.expr) else low.scope.function.node
    found = domain(low, iterable, unique) if isinstance(iterable, ast.expr) else domain_of(low, iterable, node, unique)
    bound = Bound(unique, found.type)
    meaning: Meaning = Value(bound, variable)
    if found.array is not None:
        meaning = index.element(low, found.array, bound)
    low.bound.append({variable: meaning})
    low.quantified.append(unique)
    outside, low.ops = low.ops, []
    before, low.when = low.when, both(low.when, found.exists or TRUE)
    try:
        yield unique, found
    finally:
        low.bound.pop()
        low.quantified.pop()
        low.when = before
        checks, low.ops = low.ops, outside
    for op_inside in checks:
        assert isinstance(op_inside, Demand)
        check = op_inside.check
        ok = quantifier("all", unique, found.first, found.count, check.ok, BOOL, found.type)
        low.ops.append(Demand(Check(check.when, ok, check.property, check.message, check.frames)))


def _summand(low: Lowerer, node: ast.expr) -> Expr:
    result = expressions.value(low, node)
    if result.type == BOOL:
        return (
            choice(result.expr, integer(1), integer(0))
            if not isinstance(result.expr, Const)
            else integer(result.expr.value)
        )
    if not isinstance(result.type, IntType):
        raise low.error("SVM219", "sum() adds integers or counts bools", node, "write sum(x.ready for x in k.things)")
    return result.expr
