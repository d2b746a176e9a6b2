# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Fields of records and of the world, and following references to them."""

from __future__ import annotations

import ast
from types import FunctionType

from ...ir.build import arithmetic, compare
from ...ir.expr import Binary, Const, Expr, Load, integer
from ...ir.types import BOOL, PidType, RefType
from ..declare import Options, Record, Size, is_array, is_field, is_pool
from ..record_parameters import defaults
from ..storage import members, space_of
from ..values import Alias, ArrayValue, Meaning, OptionsValue, Place, PoolValue, Static, Value
from . import names
from .state import Lowerer, LowerError, suggest


def _no_field(low: Lowerer, owner: Alias, attr: str, node: ast.AST) -> LowerError:
    declared = dict(members(owner.cls))
    close = suggest(attr, declared)
    what = f"{owner.cls.__name__} has no field or method '{attr}'{close}"
    otherwise = "otherwise " if close else ""
    advice = f"{otherwise}declare it in {owner.cls.__name__}, for example '{attr} = flag()'"
    if attr == "free":
        advice = "its pool frees it: k.things.free(record)"
    if owner.cls.__module__.startswith("svmcheck.model.primitives"):
        advice = f"it has {', '.join(n for n in declared if not n.startswith('_'))}"
    return low.error("SVM206", what, node, advice)


def field(low: Lowerer, owner: Alias, attr: str, node: ast.AST) -> Meaning:
    """Attribute of a record or of the world."""
    if attr in owner.parameters:
        return Static(owner.parameters[attr])
    declared = dict(members(owner.cls))
    if attr not in declared:
        raise _no_field(low, owner, attr, node)
    value = declared[attr]
    path = f"{owner.path}.{attr}" if owner.path else attr
    variable = low.storage.variables.get(path)
    if variable is not None and variable.ghost:
        if not low.specification:
            raise low.error(
                "SVM208",
                f"'{attr}' is a ghost: protocol code may not read it",
                node,
                "ghosts are read by assertions, invariants and assignments to ghosts only",
            )
        if is_field(value) and is_array(value.spec.of):
            value = value.spec.of
    if is_field(value) and variable is not None:
        return Place(path, owner.index, variable.type, owner, value.spec, variable.ghost)
    if is_array(value):
        size = low.storage.size_of(value.n, owner.cls, attr)
        return ArrayValue(value, path, owner, size, space_of(low.storage, value.n, owner.cls, attr))
    if is_pool(value):
        heap = low.storage.heaps[value.record]
        first, count = heap.pools[attr]
        return PoolValue(value, heap.name, first, count)
    if isinstance(value, Record):
        return Alias(type(value), path, owner.index, owner.derefs, parameters(value))
    if isinstance(value, Size):
        return Static(low.storage.size_of(value, owner.cls, attr))
    if isinstance(value, FunctionType):
        return names.function(low, value, owner, node)
    return names.meaning(low, value, node)


def parameters(record: Record) -> dict[str, object]:
    """The static parameters of an embedded record: annotated class attributes, overridden where it is embedded."""
    return defaults(type(record)) | record.parameters


def dereference(low: Lowerer, base: Meaning, node: ast.AST) -> Alias:
    """The record a reference names; following it is checked at every access."""
    value = read(low, base, node)
    if not isinstance(value, Value) or not isinstance(value.type, RefType):
        raise low.error("SVM207", f"{names.describe(value)} cannot be followed", node, "only a reference has fields")
    kind = value.type
    assert isinstance(kind, RefType)
    info = next(i for i in low.storage.heaps.values() if i.name == kind.heap)
    return Alias(info.cls, info.name, (slot(value.expr),), ((value.expr, value.origin or low.source.text(node)),))


def slot(ref: Expr) -> Expr:
    """The 0-based slot of a live reference."""
    return arithmetic("-", ref, integer(1))


def read(low: Lowerer, base: Meaning, node: ast.AST) -> Meaning:
    """The value of a cell; everything else stands for itself. Following references is checked here."""
    if not isinstance(base, Place):
        return base
    follow(low, base.owner)
    return Value(Load(base.var, base.index, base.type), low.source.text(node))


def follow(low: Lowerer, owner: Alias) -> None:
    """Demand that every reference on the way to the record is live."""
    for ref, text in owner.derefs:
        kind = ref.type
        assert isinstance(kind, RefType)
        if isinstance(ref, Const):
            allocated = Load(f"{kind.heap}.allocated", (integer(ref.value - 1),), BOOL)
            low.demand(allocated, "no-use-after-free", f"{kind.show(ref.value)} is not allocated")
            continue
        low.demand(compare("!=", ref, Const(0, kind)), "no-null-dereference", f"{text} is null")
        late = f" while this waits for it: ask 'not alive({text}) or ...' first" if low.waiting else ""
        low.demand(compare("<=", ref, integer(kind.slots)), "no-use-after-free", f"{text} was freed{late}")


def process_id(low: Lowerer, first: int, index: Expr) -> Expr:
    """The id of instance ``index`` of a class whose first instance has the id ``first``."""
    pids: PidType = low.storage.pids
    if isinstance(index, Const):
        return Const(index.value + first, pids)
    return Binary("+", index, integer(first), pids)


def options_value(cls: type[Options], chosen: dict[str, object]) -> OptionsValue:
    return OptionsValue(cls, {n: chosen[n] for n in option_names(cls)})


def option_names(cls: type) -> list[str]:
    """The options a class declares, base classes first."""
    result: list[str] = []
    for base in reversed(cls.__mro__):
        result += [n for n in vars(base).get("__annotations__", {}) if n not in result]
    return result
