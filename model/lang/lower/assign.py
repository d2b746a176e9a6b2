# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Assignment: to locals, to fields and array elements, to counters, and counting up or down."""

from __future__ import annotations

import ast

from ...ir.build import arithmetic, both, compare, loads, walk
from ...ir.expr import Const, Expr, Load, integer
from ...ir.types import BOOL, IntType, SetType, Type
from ..graph import Store
from ..values import Alias, Builtin, Meaning, Place, Static, Tuple, Value, a_type
from . import advice, calls, expressions, fields, keep, names, operators
from .state import Lowerer


def assign(low: Lowerer, target: ast.expr, given: ast.expr, node: ast.stmt) -> None:
    if isinstance(given, ast.Call) and _is_counter(low, given):
        declare_counter(low, target, given)
        return
    if isinstance(target, ast.Attribute | ast.Subscript):
        gathered = list(low.ops)
        low.specification = place_of(low, target).ghost  # looked at again below, when the value's own steps are done
        low.ops = gathered
        try:
            found = expressions.evaluate(low, given)
        finally:
            low.specification = False
        place = place_of(low, target)
        if _updates(low, place, found):
            text = low.source.text(node)
            low.updates(place.var, f"'{text}' reads and writes {low.source.text(target)} in one step", node)
        store(low, place, found, given, target)
        return
    store_name(low, target, expressions.evaluate(low, given), given, node)
    low.flush()


def _updates(low: Lowerer, place: Place, found: Meaning) -> bool:
    """Whether the new value depends on the old one, outside of an atomic block."""
    if place.ghost or low.context.inside or not low.actor.count:
        return False
    if not isinstance(found, Value):
        return False
    parts: list[Expr] = []
    walk(found.expr, parts.append)
    return any(isinstance(part, Load) and (part.var, part.index) == (place.var, place.index) for part in parts)


def _is_counter(low: Lowerer, call: ast.Call) -> bool:
    found = calls.callee(low, call)
    return isinstance(found, Builtin) and found.name == "counter"


def declare_counter(low: Lowerer, target: ast.expr, call: ast.Call) -> None:
    bounds = [expressions.evaluate(low, a) for a in call.args]
    numbers = [b.value for b in bounds if isinstance(b, Static) and isinstance(b.value, int)]
    if len(numbers) != 3 or not isinstance(target, ast.Name):
        raise low.error(
            "SVM241", "counter() takes three constants and is assigned to a local", call, "tries = counter(3, 0, 3)"
        )
    init, lo, hi = numbers
    if not lo <= init <= hi:
        raise low.error(
            "SVM241", f"counter({init}, {lo}, {hi}) starts outside its range", call, "counter(init, lo, hi)"
        )
    variable = f"{low.scope.prefix}.{target.id}"
    kind = IntType(lo, hi)
    if low.facts.declared.setdefault(variable, kind) != kind:
        raise low.error("SVM210", f"'{target.id}' is declared twice with different ranges", call, "declare it once")
    if low.facts.types.get(variable) != kind:
        low.facts.types[variable] = kind
        low.facts.changed = True
    low.emit([Store(variable, (low.actor.me,), integer(init))])


def store_name(low: Lowerer, target: ast.expr, found: Meaning, given: ast.AST, node: ast.stmt) -> None:
    if isinstance(target, ast.Tuple):
        items = found.items if isinstance(found, Tuple) else ()
        if len(items) != len(target.elts):
            raise low.error(
                "SVM254",
                f"{len(target.elts)} names for {len(items) or 'one'} value(s)",
                node,
                "the right side must be a tuple, or a function returning one, of the same length",
            )
        if _overwrites(low, target, items):
            items = tuple(keep.kept(low, item, given, f"part{i}", own=True) for i, item in enumerate(items))
        for part, item in zip(target.elts, items, strict=True):
            store_name(low, part, item, given, node)
        return
    if not isinstance(target, ast.Name):
        field = isinstance(target, ast.Attribute | ast.Subscript)  # of a tuple: several would be stored to in one step
        instead = "one target at a time, each a step" if field else "assign to a local, a field, or an array element"
        raise low.error("SVM309", "this cannot be assigned to" + (" in a tuple" if field else ""), target, instead)
    if isinstance(found, Alias) and found.path and not _is_heap(low, found):
        _fix_alias(low, target, found)
        return
    store_local(low, f"{low.scope.prefix}.{target.id}", found, given)


def _overwrites(low: Lowerer, target: ast.Tuple, items: tuple[Meaning, ...]) -> bool:
    """Whether one of the names is read by one of the values, as in ``a, b = b, a``."""
    stored = {f"{low.scope.prefix}.{part.id}" for part in target.elts if isinstance(part, ast.Name)}
    return any(isinstance(item, Value) and not stored.isdisjoint(loads(item.expr)) for item in items)


def _is_heap(low: Lowerer, found: Alias) -> bool:
    return any(info.name == found.path for info in low.storage.heaps.values())


def _fix_alias(low: Lowerer, target: ast.Name, found: Alias) -> None:
    """A local that names a lock or record in place: bound while compiling, so it cannot change."""
    stores = [
        n
        for n in ast.walk(low.scope.function.node)
        if isinstance(n, ast.Name) and n.id == target.id and isinstance(n.ctx, ast.Store)
    ]
    parameters = [a.arg for a in ast.walk(low.scope.function.node.args) if isinstance(a, ast.arg)]
    if len(stores) + parameters.count(target.id) > 1:
        raise low.error(
            "SVM255",
            f"'{target.id}' names a record in place and is assigned more than once",
            target,
            "use one name for each, or references into a pool",
        )
    if any(low.is_shared(i) for i in found.index):
        raise low.error(
            "SVM256",
            f"'{target.id}' would name a record through shared state",
            target,
            "copy the reference to a local first: 'page = k.mapped; lock = page.lock'",
        )
    low.scope.names[target.id] = keep.kept(low, found, target, "alias", own=True)
    low.flush()


def store_local(low: Lowerer, variable: str, found: Meaning, node: ast.AST) -> None:
    """Gather the store of a value into a run-time local."""
    if isinstance(found, Static) and found.value is None:
        low.learn(variable, None, node)
        kind = low.facts.types.get(variable)
        low.ops.append(Store(variable, (low.actor.me,), Const(0, kind or BOOL)))
        return
    value = expressions.as_value(low, found, node)
    low.learn(variable, value.type, node)
    keep.demand_allocated(low, value.expr)
    declared = low.facts.declared.get(variable)
    if declared is not None:
        keep_in_domain(low, value.expr, declared, variable.rpartition(".")[2])
    low.ops.append(Store(variable, (low.actor.me,), value.expr))


def place_of(low: Lowerer, target: ast.expr) -> Place:
    spec, low.specification = low.specification, True
    try:
        found = expressions.meaning(low, target)
    finally:
        low.specification = spec
    if not isinstance(found, Place):
        text, instead = names.describe(found), advice.not_assigned(found, low.source.text(target))
        if isinstance(target, ast.Attribute) and isinstance(found, Static):
            text = f"'{low.source.text(target)}' is the constant {text}, and"
            instead = f"declare a field: '{target.attr} = bounded(lo, hi)', 'flag()', 'state(Member)', 'ref(Record)'"
        raise low.error("SVM309", f"{text} cannot be assigned to", target, instead)
    return found


def store(low: Lowerer, place: Place, found: Meaning, given: ast.AST, target: ast.expr) -> None:
    """Store into a field, after checking type, domain and the references on the way."""
    fields.follow(low, place.owner)
    text = low.source.text(target)
    value = expressions.as_value(low, found, given, place.type)
    if not fits(value.type, place.type):
        raise low.error(
            "SVM257",
            f"'{text}' holds {a_type(place.type)}, this is {a_type(value.type)}",
            given,
            f"assign {a_type(place.type)}",
        )
    keep.demand_allocated(low, value.expr)
    if isinstance(place.type, IntType):
        keep_in_domain(low, value.expr, place.type, text)
    low.emit([Store(place.var, place.index, value.expr)], "local" if place.ghost else None)


def fits(given: Type, wanted: Type) -> bool:
    return given == wanted or (isinstance(given, IntType) and isinstance(wanted, IntType))


def keep_in_domain(low: Lowerer, value: Expr, kind: IntType, text: str) -> None:
    low.demand(
        both(compare(">=", value, integer(kind.lo)), compare("<=", value, integer(kind.hi))),
        "bounds",
        f"{text} leaves {kind.lo}..{kind.hi}",
        value,
    )


def augmented(low: Lowerer, node: ast.AugAssign) -> None:
    """``x += 1``: on shared state a read and then a write, as in C; on a local, or in an atomic block, one."""
    target = node.target
    found = expressions.meaning(low, target) if isinstance(target, ast.Name) else place_of(low, target)
    if isinstance(found, Place) and isinstance(found.type, SetType):
        raise low.error("SVM303", "augmented assignment to a set", node, "use s.add(x), s.remove(x), or s = s | t")
    op = operators.OPERATORS.get(type(node.op))
    if op is None:
        raise low.error(
            "SVM303", f"the operator '{operators.sign(node.op)}=' is not part of the language", node, "use += or -="
        )
    found = keep.before(low, found, target, [node.value])
    low.specification = isinstance(found, Place) and found.ghost
    try:
        change = expressions.value(low, node.value)
    finally:
        low.specification = False
    if not isinstance(change.type, IntType) or (
        isinstance(found, Value | Place) and not isinstance(found.type, IntType)
    ):
        raise low.error("SVM219", "only integers can be counted up or down", node, "assign the new value instead")
    current = expressions.as_value(low, fields.read(low, found, node.target), node.target)
    if isinstance(found, Place) and not found.ghost and not low.context.inside and low.actor.count:
        low.counts(found.var, f"'{low.source.text(node)}' is a read and then a write", node)
        found = keep.kept(low, found, target, "place")  # what is written is what was read
        current = low.temporary(node.target, current.expr, ".read")
        if low.is_shared(change.expr):
            change = low.temporary(node.value, change.expr, ".change")
        low.flush()
    result = Value(arithmetic(op, current.expr, change.expr), low.source.text(node))
    if isinstance(found, Place):
        store(low, found, result, node, node.target)
    else:
        assert isinstance(node.target, ast.Name)
        store_local(low, f"{low.scope.prefix}.{node.target.id}", result, node)
        low.flush()
