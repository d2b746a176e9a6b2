# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Indexing pools and arrays: by numbers and by the ids of processes."""

from __future__ import annotations

import ast

from ...ir.build import arithmetic, both, compare
from ...ir.expr import Binary, Const, Expr, Load, integer
from ...ir.types import BOOL, IntType, PidType, RefType
from ..declare import Record, is_array, is_field
from ..values import Alias, ArrayValue, Meaning, Place, PoolValue, Value, a_type
from . import expressions, fields, names
from .state import Lowerer


def subscript(low: Lowerer, base: Meaning, index: ast.expr, node: ast.AST) -> Meaning:
    match base:
        case PoolValue():
            return pool_element(low, base, index)
        case ArrayValue():
            return array_element(low, base, index)
        case _:
            raise low.error("SVM214", f"{names.describe(base)} cannot be indexed", node, "pools and arrays can")


def pool_element(low: Lowerer, base: PoolValue, index: ast.expr) -> Value:
    heap = next(i for i in low.storage.heaps.values() if i.name == base.heap)
    kind = RefType(heap.name, heap.slots)
    number = expressions.value(low, index)
    if not isinstance(number.type, IntType):
        raise low.error(
            "SVM215",
            f"a pool is indexed by a number, this is {a_type(number.type)}",
            index,
            "a reference needs no pool: write 'page.refs', not 'k.pages[page].refs'",
        )
    in_range(low, number.expr, base.count, index)
    low.facts.named.add(heap.name)
    element = arithmetic("+", number.expr, integer(base.first + 1))
    if isinstance(element, Const):
        return Value(Const(element.value, kind), low.source.text(index))

    allocated = Load(f"{heap.name}.allocated", (arithmetic("+", number.expr, integer(base.first)),), BOOL)
    low.demand(allocated, "no-use-after-free", f"{heap.name}[{low.source.text(index)}] is not allocated")
    return Value(Binary("+", number.expr, integer(base.first + 1), kind), low.source.text(index))


def array_element(low: Lowerer, base: ArrayValue, index: ast.expr) -> Meaning:
    number = expressions.value(low, index)
    if isinstance(number.type, PidType):
        position = instance_index(low, base, number.expr, index)
    elif isinstance(number.type, IntType):
        in_range(low, number.expr, base.size, index)
        if base.space:
            low.facts.named.add(base.space)
        position = number.expr
    else:
        raise low.error(
            "SVM215",
            f"an array is indexed by a number or a process id, this is {a_type(number.type)}",
            index,
            "declare the array with the Size of a process, or use a bounded index",
        )
    return element(low, base, position)


def element(low: Lowerer, base: ArrayValue, position: Expr) -> Meaning:
    owner = Alias(
        base.owner.cls, base.owner.path, (*base.owner.index, position), base.owner.derefs, base.owner.parameters
    )
    of = base.array.of
    if is_field(of):
        variable = low.storage.variables[base.path]
        return Place(base.path, owner.index, variable.type, owner, of.spec, variable.ghost)
    if is_array(of):
        inner = low.storage.variables[base.path].dims[len(owner.index)]
        return ArrayValue(of, base.path, owner, inner.size, inner.space)
    assert isinstance(of, Record)
    return Alias(type(of), base.path, owner.index, owner.derefs, fields.parameters(of))


def instance_index(low: Lowerer, base: ArrayValue, pid: Expr, node: ast.AST) -> Expr:
    """The instance number of a process id that indexes an array of its class."""
    actor = low.actors.get(base.space or "")
    if actor is None:
        raise low.error(
            "SVM216",
            "this array is not indexed by process ids",
            node,
            "declare it as array(Size, ...) with the Size that counts exactly one actor",
        )
    if low.actor.name == actor.name and pid == fields.process_id(low, actor.first, low.actor.me):
        return low.actor.me
    index = arithmetic("-", pid, integer(actor.first))
    ok = both(compare(">=", pid, integer(actor.first)), compare("<", pid, integer(actor.first + actor.count)))
    low.demand(ok, "bounds", f"{low.source.text(node)} is not an instance of {actor.name}", pid)
    return index


def in_range(low: Lowerer, index: Expr, size: int, node: ast.AST) -> None:
    # A branch that this size rules out may speak of elements that only larger sizes have.
    if isinstance(index, Const) and not 0 <= index.value < size and not low.untaken:
        raise low.error("SVM217", f"index {index.value} is outside 0..{size - 1}", node, "indices count from 0")
    ok = both(compare(">=", index, integer(0)), compare("<", index, integer(size)))
    low.demand(ok, "bounds", f"index {low.source.text(node)} is outside 0..{size - 1}", index)
