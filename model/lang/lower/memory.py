# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Pools: allocating a record, and giving one back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

from ...ir.build import both, choice, compare, either, negate
from ...ir.expr import FALSE, TRUE, Const, Expr, Load, integer
from ...ir.program import Dim
from ...ir.types import BOOL, RefType
from ..graph import Assume, Poison, Store
from ..storage import HeapInfo
from ..values import Alias, PoolValue, Value
from . import expressions, fields, locks, words
from .state import Lowerer


def allocate(low: Lowerer, pool: PoolValue, node: ast.AST, must: bool) -> Value:
    info = heap(low, pool)
    kind = RefType(info.name, info.slots)
    slots = range(pool.first, pool.first + pool.count)
    taken = [Load(f"{info.name}.allocated", (integer(i),), BOOL) for i in slots]
    full: Expr = TRUE
    for cell in taken:
        full = both(full, cell)
    if must:
        low.demand(negate(full), "bounds", f"the pool is exhausted: all {pool.count} records are allocated")
    if pool.pool.reuse == "any" and low.actor.count:
        return _allocate_any(low, info, list(slots), node, full, must)
    chosen: Expr = Const(0, kind)
    for i, cell in zip(reversed(slots), reversed(taken), strict=True):
        chosen = choice(negate(cell), Const(i + 1, kind), chosen)
    result = low.temporary(node, chosen, ".slot")
    # Marking slot by slot keeps the store's index static, which every engine and the printer prefer.
    for i in slots:
        here = compare("==", result.expr, Const(i + 1, kind))
        low.ops.append(Store(f"{info.name}.allocated", (integer(i),), either(here, taken[i - pool.first])))
    return result


def _allocate_any(low: Lowerer, info: HeapInfo, slots: list[int], node: ast.AST, full: Expr, must: bool) -> Value:
    """One edge for each free slot: which memory is reused is the allocator's choice."""
    low.flush()
    kind = RefType(info.name, info.slots)
    start, after = low.cur, low.node()
    result: Value | None = None
    for i in slots:
        low.cur = start
        cell = Load(f"{info.name}.allocated", (integer(i),), BOOL)
        result = low.temporary(node, Const(i + 1, kind), ".slot")
        low.emit([Assume(negate(cell)), Store(cell.var, cell.index, TRUE)], "step", after)
    if not must:
        low.cur = start
        result = low.temporary(node, Const(0, kind), ".slot")
        low.emit([Assume(full)], "step", after)
    low.cur = after
    assert result is not None
    return result


def heap(low: Lowerer, pool: PoolValue) -> HeapInfo:
    return next(i for i in low.storage.heaps.values() if i.name == pool.heap)


def free(low: Lowerer, pool: PoolValue, node: ast.Call) -> None:
    """Give a record back: live, quiescent, fields reset, every reference to it poisoned."""
    info = heap(low, pool)
    given = expressions.as_value(low, words.one(low, node), node, RefType(info.name, info.slots))
    if given.type != RefType(info.name, info.slots):
        raise low.error("SVM252", f"this is no reference into {info.name}", node, f"free() takes a {info.cls.__name__}")
    text = given.origin or low.source.text(node.args[0])
    low.demand(compare("!=", given.expr, Const(0, given.type)), "no-null-dereference", f"{text} is null")
    low.demand(compare("<=", given.expr, integer(info.slots)), "no-double-free", f"{text} was freed before")
    if low.is_shared(given.expr):  # a field of the record itself, maybe, and that is reset below
        given = low.temporary(node, given.expr, ".freed")
    index = fields.slot(given.expr)
    if isinstance(given.expr, Const):
        low.demand(Load(f"{info.name}.allocated", (index,), BOOL), "no-double-free", f"{text} is not allocated")
    owner = Alias(info.cls, info.name, (index,))
    for record in (owner, *locks.embedded(low, owner)):
        quiet = locks.method(low, record, "quiescent")
        if quiet is not None:
            busy = "it" if record is owner else record.path
            low.demand(locks.apply(low, quiet, {}), "no-free-of-busy-object", f"{text} is freed while {busy} is busy")
    stores: list[Store] = []
    for name, variable in low.storage.variables.items():
        if name.startswith(f"{info.name}.") and name != f"{info.name}.allocated":
            reset = Const(variable.initial, variable.type)
            stores += [Store(name, (index, *map(integer, cell)), reset) for cell in _cells(variable.dims[1:])]
    low.emit([*stores, Store(f"{info.name}.allocated", (index,), FALSE), Poison(info.name, index)], "step")


def _cells(dims: tuple[Dim, ...]) -> Iterator[tuple[int, ...]]:
    yield from product(*(range(d.size) for d in dims))
