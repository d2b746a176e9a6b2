# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Builtin words that do something: waiting, choosing, allocating and freeing, sets, marks, lock events."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...ir.build import arithmetic, choice, compare, either, negate, set_operation
from ...ir.expr import FALSE, TRUE, Const, Expr, Load, integer
from ...ir.program import Check, Dim, Fairness, LockEvent
from ...ir.types import BOOL, RefType, SetType
from ..declare import Array, Record
from ..graph import Assume, Demand, EdgeKind, Note, Poison, Store
from ..storage import HeapInfo, members
from ..values import Alias, Builtin, Function, Meaning, Place, PoolValue, Static, Value
from . import calls, expressions, names
from .state import Lowerer

# ---- values


def value(low: Lowerer, function: Builtin, node: ast.Call) -> Meaning:
    if function.name == "choose":
        return choose(low, node)
    pool = function.receiver
    assert isinstance(pool, PoolValue)
    if node.args or node.keywords:
        raise low.error("SVM237", "alloc() takes no argument", node, "set the fields after allocating")
    return allocate(low, pool, node, must=function.name == "pool.alloc")


def choose(low: Lowerer, node: ast.Call) -> Meaning:
    """One step with an edge for each option."""
    if not node.args:
        raise low.error("SVM247", "choose() between nothing", node, "give at least one option")
    low.flush()
    unfair = [k.arg for k in node.keywords if k.arg != "eventually"]
    if unfair:
        raise low.error("SVM237", f"choose() has no parameter '{unfair[0]}'", node, "choose(a, b, eventually=a)")
    wanted = next((expressions.evaluate(low, k.value) for k in node.keywords), None)
    from .statements import store_local

    variable = f"{low.scope.prefix}@{node.lineno}.{node.col_offset}"
    low.facts.hidden.add(variable)
    start, after = low.cur, low.node()
    for argument in node.args:
        low.cur = start
        option = expressions.evaluate(low, argument)
        store_local(low, variable, option, node)
        fairness = None
        if wanted is not None and wanted == option:
            place = f"choice of {low.source.text(argument)}"
            fairness = Fairness("choice", place, f"{low.source.name}:{node.lineno}:{node.col_offset}")
        label = f"choose {low.source.text(argument)}"
        low.emit([Note("step")], "step", after, fairness, label)
    low.cur = after
    kind = low.facts.types[variable]
    return Static(None) if kind is None else Value(low.local(variable, kind), low.source.text(node))


def allocate(low: Lowerer, pool: PoolValue, node: ast.AST, must: bool) -> Value:
    info = heap(low, pool)
    kind = RefType(info.name, info.slots)
    slots = range(pool.first, pool.first + pool.count)
    taken = [Load(f"{info.name}.allocated", (integer(i),), BOOL) for i in slots]
    full: Expr = TRUE
    for cell in taken:
        full = FALSE if full == FALSE else _and(full, cell)
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


def _and(left: Expr, right: Expr) -> Expr:
    from ...ir.build import both

    return both(left, right)


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


# ---- statements


def perform(low: Lowerer, function: Builtin, node: ast.Call) -> None:
    match function.name:
        case "wait":
            wait(low, node)
        case "rest":
            rest(low, node)
        case "resched":
            low.emit([Note("resched")])
        case "cover":
            label = constant_text(low, node, 0)
            low.marks.append(label)
            low.emit([Note(f"mark:{label}")], "local")
        case "touch":
            found = names.dereference(low, calls.one(low, node), node)
            names.follow(low, found)
            low.emit([Note("step")])
        case "demand":
            demand(low, node)
        case "acquired" | "released":
            low.ops.append(lock_event(low, function.name, node))
            low.emit()
        case "pool.free":
            assert isinstance(function.receiver, PoolValue)
            free(low, function.receiver, node)
        case _:
            assert isinstance(function.receiver, Place)
            change_set(low, function.name, function.receiver, node)


def constant_text(low: Lowerer, node: ast.Call, position: int) -> str:
    if position < len(node.args):
        found = expressions.evaluate(low, node.args[position])
        if isinstance(found, Static) and isinstance(found.value, str):
            return found.value
    raise low.error("SVM248", f"{low.source.text(node.func)}() needs a name in quotes", node, "names are constants: \"fault-completes\"")


def wait(low: Lowerer, node: ast.Call) -> None:
    if not node.args:
        raise low.error("SVM237", "wait() for what?", node, "wait(k.done == True)")
    known = {"handover", "idle", "spin"}
    for given in node.keywords:
        if given.arg not in known:
            raise low.error("SVM237", f"wait() has no parameter '{given.arg}'", node, "wait(condition, handover=, idle=, spin=)")
    if calls.steps(low, node.args[0]):
        raise low.error("SVM249", "a call that takes steps inside wait()", node.args[0],
                        "the condition is evaluated at once; use me(), alive() and @pure functions, or write a loop as the kernel does")
    test = expressions.condition(low, node.args[0])
    handover = calls.keyword(low, node, "handover", ("strong", "weak"), "weak")
    idle = calls.keyword(low, node, "idle", (True, False), False)
    spin = calls.keyword(low, node, "spin", (True, False), False)
    notes = [Note("idle")] if idle else []
    notes.append(Note("step" if spin else "sleep"))
    fairness = None
    if handover == "strong":
        subject = receiver_path(low) or f"wait at line {node.lineno}"
        fairness = Fairness("handover", subject, subject)
    low.emit([Assume(test), *notes], "step", fairness=fairness)


def receiver_path(low: Lowerer) -> str:
    """The static path of the record whose method is being inlined: what a fairness demand is named after."""
    receiver = low.scope.function.receiver
    return receiver.path if receiver else ""


def rest(low: Lowerer, node: ast.Call) -> None:
    if low.context.inside:
        raise low.error("SVM250", "rest() inside atomic()", node, "an atomic block is one step: there is no place to stop in it")
    holds_no_lock(low, "no-rest-with-lock", "stops for ever with {} held")
    low.flush()
    low.emit(kind="local", target=low.node())
    low.graph.nodes[low.cur].rests = True
    low.emit([Note("step")], "step")


def holds_no_lock(low: Lowerer, property: str, message: str, written: frozenset[str] | None = None) -> None:
    """Demand, for every lock of the world that can tell its holder, that it is not this process.

    ``written``: the variables the actor stores to, if all of it was lowered; a lock it never writes needs no check.
    """
    for lock in locks(low):
        held = method(low, lock, "held_by")
        if written is not None and not any(name.startswith(f"{lock.path}.") for name in written):
            continue
        if held is not None:
            me = names.process_id(low, low.actor.first, low.actor.me)
            ok = negate(apply(low, held, {"who": Value(me, "me()")}))
            low.demand(ok, property, message.format(lock_name(lock)))


def lock_name(lock: Alias) -> str:
    index = "".join(f"[{i.value}]" for i in lock.index if isinstance(i, Const))
    return f"{lock.path}{index}"


def locks(low: Lowerer) -> Iterator[Alias]:
    """Every embedded record of the world and of all pools, at every index."""
    yield from embedded(low, Alias(low.storage.world, "", ()))
    for info in low.storage.heaps.values():
        for i in range(info.slots):
            yield from embedded(low, Alias(info.cls, info.name, (integer(i),)))


def embedded(low: Lowerer, owner: Alias) -> Iterator[Alias]:
    """The records inside a record, arrays unrolled, outermost first."""
    for name, declared in members(owner.cls):
        path = f"{owner.path}.{name}" if owner.path else name
        if isinstance(declared, Record):
            yield from _and_inside(low, Alias(type(declared), path, owner.index, owner.derefs, names.parameters(declared)))
        elif isinstance(declared, Array) and isinstance(declared.of, Record):
            size = low.storage.size_of(declared.n, owner.cls, name)
            for i in range(size):
                index = (*owner.index, integer(i))
                yield from _and_inside(low, Alias(type(declared.of), path, index, owner.derefs, names.parameters(declared.of)))


def _and_inside(low: Lowerer, record: Alias) -> Iterator[Alias]:
    yield record
    yield from embedded(low, record)


def method(low: Lowerer, owner: Alias, name: str) -> Function | None:
    """A pure method of a record, if its class has it."""
    from types import FunctionType

    found = getattr(owner.cls, name, None)
    if isinstance(found, FunctionType):
        return names.function(low, found, owner, low.scope.function.node)
    return None


def apply(low: Lowerer, function: Function, arguments: dict[str, Meaning]) -> Expr:
    """The condition a pure method of the library returns."""
    from .state import Scope

    body = [s for s in function.node.body if isinstance(s, ast.Return)]
    assert len(body) == 1 and body[0].value is not None, f"{function.name} must be one return"
    assert function.receiver is not None
    bound: dict[str, Meaning] = {function.node.args.args[0].arg: function.receiver, **arguments}
    low.scopes.append(Scope(function, low.scope.prefix, frozenset(), bound))
    try:
        return expressions.condition(low, body[0].value)
    finally:
        low.scopes.pop()


def demand(low: Lowerer, node: ast.Call) -> None:
    if len(node.args) != 3:
        raise low.error("SVM237", "demand() takes a condition, a property and a message", node, 'demand(c, "bounds", "x is large")')
    property, message = constant_text(low, node, 1), constant_text(low, node, 2)
    low.specification = True
    try:
        ok = expressions.condition(low, node.args[0])
    finally:
        low.specification = False
    low.ops.append(Demand(Check(TRUE, ok, property, message, low.frames)))
    low.emit(kind="lead" if any(low.is_shared(o.check.ok) for o in low.ops if isinstance(o, Demand)) else "local")


def lock_event(low: Lowerer, word: str, node: ast.Call) -> LockEvent:
    if not node.args:
        raise low.error("SVM237", f"{word}() of which lock?", node, f"{word}(self)")
    found = expressions.meaning(low, node.args[0])
    if not isinstance(found, Alias) or not found.path:
        raise low.error("SVM251", f"{word}() takes an embedded record", node, f"in a method of the lock: {word}(self)")
    mode = calls.keyword(low, node, "mode", ("exclusive", "shared"), "exclusive")
    blocking = calls.keyword(low, node, "blocking", (True, False), True)
    return LockEvent("acquire" if word == "acquired" else "release", found.path, found.index,
                     "shared" if mode == "shared" else "exclusive", bool(blocking), low.frames)


def free(low: Lowerer, pool: PoolValue, node: ast.Call) -> None:
    """Give a record back: live, quiescent, fields reset, every reference to it poisoned."""
    info = heap(low, pool)
    given = expressions.as_value(low, calls.one(low, node), node, RefType(info.name, info.slots))
    if given.type != RefType(info.name, info.slots):
        raise low.error("SVM252", f"this is no reference into {info.name}", node, f"free() takes a {info.cls.__name__}")
    text = given.origin or low.source.text(node.args[0])
    low.demand(compare("!=", given.expr, Const(0, given.type)), "no-null-dereference", f"{text} is null")
    low.demand(compare("<=", given.expr, integer(info.slots)), "no-double-free", f"{text} was freed before")
    index = names.slot(given.expr)
    if isinstance(given.expr, Const):
        low.demand(Load(f"{info.name}.allocated", (index,), BOOL), "no-double-free", f"{text} is not allocated")
    owner = Alias(info.cls, info.name, (index,))
    for record in embedded(low, owner):
        quiet = method(low, record, "quiescent")
        if quiet is not None:
            low.demand(apply(low, quiet, {}), "no-free-of-busy-object", f"{text} is freed while {record.path} is busy")
    stores: list[Store] = []
    for name, variable in low.storage.variables.items():
        if name.startswith(f"{info.name}.") and name != f"{info.name}.allocated":
            for rest_index in _cells(variable.dims[1:]):
                stores.append(Store(name, (index, *map(integer, rest_index)), Const(variable.initial, variable.type)))
    low.emit([*stores, Store(f"{info.name}.allocated", (index,), FALSE), Poison(info.name, index)], "step")


def _cells(dims: tuple[Dim, ...]) -> Iterator[tuple[int, ...]]:
    from itertools import product

    yield from product(*(range(d.size) for d in dims))


def change_set(low: Lowerer, word: str, place: Place, node: ast.Call) -> None:
    names.follow(low, place.owner)
    kind = place.type
    assert isinstance(kind, SetType)
    current = Load(place.var, place.index, kind)
    if word == "set.clear":
        low.emit([Store(place.var, place.index, Const(0, kind))], _ghostly(place))
        return
    item = expressions.as_value(low, calls.one(low, node), node, kind.element)
    expressions._comparable(low, "==", item.type, kind.element, node)  # pyright: ignore[reportPrivateUsage]
    inside = expressions.both(compare(">=", item.expr, integer(kind.first)),
                              compare("<", item.expr, integer(kind.first + kind.count)))
    low.demand(inside, "bounds", f"{low.source.text(node.args[0])} cannot be in the set")
    bit = arithmetic("-", item.expr, integer(kind.first))
    changed = set_operation("with" if word == "set.add" else "without", current, bit)
    low.emit([Store(place.var, place.index, changed)], _ghostly(place))


def _ghostly(place: Place) -> EdgeKind | None:
    return "local" if place.ghost else None



