# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Builtin words that do something: waiting, choosing, allocating and freeing, sets, marks, lock events."""

from __future__ import annotations

import ast

from ...ir.build import arithmetic, both, compare, set_operation
from ...ir.expr import TRUE, Const, Expr, Load, integer
from ...ir.program import Check, Fairness
from ...ir.types import SetType
from ..graph import Assume, Demand, EdgeKind, Note, Store
from ..values import Builtin, Meaning, Place, PoolValue, Static, Value
from . import assign, blocks, calls, expressions, fields, keep, locks, memory, operators, words
from .state import Lowerer


def value(low: Lowerer, function: Builtin, node: ast.Call) -> Meaning:
    if function.name == "choose":
        return choose(low, node)
    pool = function.receiver
    assert isinstance(pool, PoolValue)
    if node.args or node.keywords:
        raise low.error("SVM237", "alloc() takes no argument", node, "set the fields after allocating")
    return memory.allocate(low, pool, node, must=function.name == "pool.alloc")


def choose(low: Lowerer, node: ast.Call) -> Meaning:
    """One step with an edge for each option."""
    if not node.args:
        raise low.error("SVM247", "choose() between nothing", node, "give at least one option")
    low.flush()
    unfair = [k.arg for k in node.keywords if k.arg != "eventually"]
    if unfair:
        raise low.error("SVM237", f"choose() has no parameter '{unfair[0]}'", node, "choose(a, b, eventually=a)")
    wanted = next((expressions.evaluate(low, k.value) for k in node.keywords), None)

    variable = f"{low.scope.prefix}@{node.lineno}.{node.col_offset}"
    low.facts.hidden.add(variable)
    start, after = low.cur, low.node()
    for argument in node.args:
        low.cur = start
        option = expressions.evaluate(low, argument)
        assign.store_local(low, variable, option, node)
        fairness = None
        if wanted is not None and wanted == option:
            place = f"choice of {low.source.text(argument)}"
            fairness = Fairness("choice", place, f"{low.source.name}:{node.lineno}:{node.col_offset}")
        label = f"choose {low.source.text(argument)}"
        low.emit([Note("step")], "step", after, fairness, label)
    low.cur = after
    kind = low.facts.types[variable]
    return Static(None) if kind is None else Value(low.local(variable, kind), low.source.text(node))


def perform(low: Lowerer, function: Builtin, node: ast.Call) -> None:
    match function.name:
        case "wait":
            wait(low, node)
        case "rest":
            words.none(low, node)
            rest(low, node)
        case "resched":
            words.none(low, node)
            low.emit([Note("resched")])
        case "cover":
            label = constant_text(low, node, 0)
            low.marks.append(label)
            low.emit([Note(f"mark:{label}")], "local")
        case "touch":
            found = fields.dereference(low, words.one(low, node), node)
            fields.follow(low, found)
            low.emit([Note("step")])
        case "demand":
            demand(low, node)
        case "acquired" | "released":
            event = locks.lock_event(low, function.name, node)
            blocks.not_in_its_section(low, event)
            low.ops.append(event)
            low.emit()
        case "pool.free":
            assert isinstance(function.receiver, PoolValue)
            memory.free(low, function.receiver, node)
        case _:
            assert isinstance(function.receiver, Place)
            change_set(low, function.name, function.receiver, node)


def constant_text(low: Lowerer, node: ast.Call, position: int) -> str:
    if position < len(node.args):
        found = expressions.evaluate(low, node.args[position])
        if isinstance(found, Static) and isinstance(found.value, str):
            return found.value
    raise low.error(
        "SVM248",
        f"{low.source.text(node.func)}() needs a name in quotes",
        node,
        'names are constants: "fault-completes"',
    )


def wait(low: Lowerer, node: ast.Call) -> None:
    if not node.args:
        raise low.error("SVM237", "wait() for what?", node, "wait(k.done == True)")
    if len(node.args) > 1:
        raise low.error(
            "SVM237", "wait() takes one condition", node.args[1], "wait(condition, handover=, idle=, spin=)"
        )
    known = {"handover", "idle", "spin"}
    for given in node.keywords:
        if given.arg not in known:
            raise low.error(
                "SVM237", f"wait() has no parameter '{given.arg}'", node, "wait(condition, handover=, idle=, spin=)"
            )
    if calls.steps(low, node.args[0]):
        raise low.error(
            "SVM249",
            "a call that takes steps inside wait()",
            node.args[0],
            "it is evaluated at once: use me(), alive() and @pure functions, or write a loop as the kernel does",
        )
    low.waiting = True
    try:
        test = expressions.condition(low, node.args[0])
    finally:
        low.waiting = False
    _can_change(low, test, node.args[0])
    handover = words.keyword(low, node, "handover", ("strong", "weak"), "weak")
    idle = words.keyword(low, node, "idle", (True, False), False)
    spin = words.keyword(low, node, "spin", (True, False), False)
    notes = [Note("idle")] if idle else []
    notes.append(Note("spin" if spin else "sleep"))
    fairness = None
    if handover == "strong":
        subject = receiver_path(low) or f"wait at line {node.lineno}"
        fairness = Fairness("handover", subject, subject)
    low.emit([Assume(test), *notes], "step", fairness=fairness)


def _can_change(low: Lowerer, test: Expr, node: ast.expr) -> None:
    """Refuse a condition that no other actor can change. What options and sizes decide is meant so, and a local in
    an atomic block may have been read just before, as part of the step that waits."""
    if isinstance(test, Const):
        if not any(isinstance(part, ast.Name) for part in ast.walk(node)):
            raise low.error("SVM271", "wait() for a constant", node, "wait for shared state: wait(k.done)")
    elif not low.is_shared(test) and not low.context.inside:
        what = "only values of this actor stand in this condition: nobody else can make it true"
        raise low.error("SVM272", what, node, "wait for shared state, or test it with 'if'")


def receiver_path(low: Lowerer) -> str:
    """The static path of the record whose method is being inlined: what a fairness demand is named after."""
    receiver = low.scope.function.receiver
    return receiver.path if receiver else ""


def rest(low: Lowerer, node: ast.Call) -> None:
    if low.context.inside:
        raise low.error(
            "SVM250", "rest() inside atomic()", node, "an atomic block is one step: there is no place to stop in it"
        )
    low.flush()
    locks.holds_no_lock(low, "no-rest-with-lock", "stops for ever with {} held")
    low.emit(kind="local", target=low.node())
    low.graph.nodes[low.cur].rests = True
    low.emit([Note("step")], "step")


def demand(low: Lowerer, node: ast.Call) -> None:
    if len(node.args) != 3:
        raise low.error(
            "SVM237", "demand() takes a condition, a property and a message", node, 'demand(c, "bounds", "x is large")'
        )
    property, message = constant_text(low, node, 1), constant_text(low, node, 2)
    low.specification = True
    try:
        ok = expressions.condition(low, node.args[0])
    finally:
        low.specification = False
    low.ops.append(Demand(Check(TRUE, ok, property, message, low.frames)))
    low.emit(kind="lead" if any(low.is_visible(o.check.ok) for o in low.ops if isinstance(o, Demand)) else "local")


def change_set(low: Lowerer, word: str, place: Place, node: ast.Call) -> None:
    kind = place.type
    assert isinstance(kind, SetType)
    if word == "set.clear":
        fields.follow(low, place.owner)
        low.emit([Store(place.var, place.index, Const(0, kind))], _ghostly(place))
        return
    fixed = keep.before(low, place, node, node.args)
    assert isinstance(fixed, Place)
    with low.specifying(place.ghost):
        item = expressions.as_value(low, words.one(low, node), node, kind.element)
    place = fixed
    fields.follow(low, place.owner)
    current = Load(place.var, place.index, kind)
    operators.member(low, item.type, kind, node)
    inside = both(
        compare(">=", item.expr, integer(kind.first)), compare("<", item.expr, integer(kind.first + kind.count))
    )
    low.demand(inside, "bounds", f"{low.source.text(node.args[0])} cannot be in the set", item.expr)
    bit = arithmetic("-", item.expr, integer(kind.first))
    changed = set_operation("with" if word == "set.add" else "without", current, bit)
    low.emit([Store(place.var, place.index, changed)], _ghostly(place))


def _ghostly(place: Place) -> EdgeKind | None:
    return "local" if place.ghost else None
