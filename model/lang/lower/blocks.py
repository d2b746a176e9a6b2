# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Blocks: loops, with statements (atomic, pending, urgent, locks, sections), and jumping out of them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ...ir.expr import TRUE, Bound, Const, integer
from ...ir.types import BOOL, IntType, PidType, RefType
from ..declare import Record
from ..graph import Assume, Note, Store
from ..values import Alias, Builtin, Function, Meaning, PoolValue, Static, Value
from . import calls, expressions, inline, names, quantifiers
from .state import Cleanup, Context, Lowerer, Scope

# ---- loops and jumps


def while_loop(low: Lowerer, node: ast.While) -> None:
    from . import statements

    if node.orelse:
        raise low.error("SVM311", "else on a loop", node.orelse[0], "set a local before break and test it afterwards")
    head, after = low.node(), low.node()
    low.goto(head)
    yes, no = statements.branch(low, node.test)
    if no is not None:
        low.cur = no
        low.emit(kind="local", target=after)
    low.cleanups.append(Cleanup("loop", on_break=after, on_continue=head))
    low.cur = yes if yes is not None else low.node()
    statements.block(low, node.body)
    low.goto(head)
    low.cleanups.pop()
    low.cur = after


def for_loop(low: Lowerer, node: ast.For) -> None:
    """Unrolled: the domain is known when compiling. Over a pool, only allocated records are visited."""
    from . import statements

    if node.orelse:
        raise low.error("SVM311", "else on a loop", node.orelse[0], "set a local before break and test it afterwards")
    if not isinstance(node.target, ast.Name):
        raise low.error("SVM226", "a loop has one variable", node.target, "iterate over one thing")
    found = quantifiers.domain(low, node.iter, node.target.id)
    low.flush()
    if found.space:
        low.facts.named.add(found.space)
    after = low.node()
    saved = low.scope.names.get(node.target.id)
    for number in range(found.first, found.first + found.count):
        following = low.node()
        low.cleanups.append(Cleanup("loop", on_break=after, on_continue=following))
        low.scope.names[node.target.id] = _element(low, found, number)
        if found.exists is not None:
            _only_if(low, _instantiate(found, number), following)
        statements.block(low, node.body)
        low.goto(following)
        low.cleanups.pop()
        low.cur = following
    if saved is None:
        low.scope.names.pop(node.target.id, None)
    low.goto(after)
    low.cur = after


def _element(low: Lowerer, found: quantifiers.Domain, number: int) -> Meaning:
    if found.array is not None:
        return expressions.element(low, found.array, integer(number))
    kind = found.type
    if isinstance(kind, IntType):
        return Static(number)
    if isinstance(kind, RefType | PidType):
        return Value(Const(number, kind), kind.show(number))
    return Value(Const(number, kind))


def _instantiate(found: quantifiers.Domain, number: int) -> Assume:
    from ...ir.build import rebuild

    assert found.exists is not None
    return Assume(rebuild(found.exists, lambda e: Const(number, found.type) if isinstance(e, Bound) else None))


def _only_if(low: Lowerer, test: Assume, otherwise: int) -> None:
    from ...ir.build import negate

    start = low.cur
    low.emit([Assume(negate(test.condition))], "step", otherwise, label=f"{low.label}: not allocated")
    low.cur = start
    low.emit([test], "step", label=f"{low.label}: allocated")


def jump(low: Lowerer, node: ast.Break | ast.Continue) -> None:
    if not any(c.kind == "loop" for c in _within_function(low)):
        raise low.error("SVM312", "break or continue outside a loop", node, "use return")
    leave(low, "break" if isinstance(node, ast.Break) else "continue")


def _within_function(low: Lowerer) -> list[Cleanup]:
    result: list[Cleanup] = []
    for cleanup in reversed(low.cleanups):
        if cleanup.kind == "function":
            break
        result.append(cleanup)
    return result


def leave(low: Lowerer, how: str) -> None:
    """Go to the end of the loop or function, undoing every block on the way."""
    low.flush()
    saved, context = list(low.cleanups), low.context
    target = -1
    while target < 0:
        cleanup = low.cleanups.pop()
        if cleanup.undo is not None:
            cleanup.undo()
        elif how == "function" and cleanup.kind == "function":
            target = cleanup.on_return
        elif how != "function" and cleanup.kind == "loop":
            target = cleanup.on_break if how == "break" else cleanup.on_continue
    low.emit(kind="local", target=target)
    low.cleanups, low.context = saved, context
    low.dead_end()


# ---- with


def with_block(low: Lowerer, node: ast.With, position: int) -> None:
    """One item of a with statement around the rest of it."""
    from . import statements

    if position == len(node.items):
        statements.block(low, node.body)
        return
    item = node.items[position]
    if item.optional_vars is not None:
        raise low.error("SVM313", "'as' in a with statement", item.optional_vars, "sections give no value: use a function for it")
    if not statements.is_library(low):
        low.label = low.source.text(item.context_expr)

    def body() -> None:
        with_block(low, node, position + 1)

    if isinstance(item.context_expr, ast.Call):
        found = calls.callee(low, item.context_expr)
        if isinstance(found, Builtin):
            _word(low, found.name, item.context_expr, body)
            return
        if isinstance(found, Function) and found.role == "section":
            section(low, found, item.context_expr, body)
            return
    _lock(low, item.context_expr, body)


def _word(low: Lowerer, word: str, node: ast.Call, body: Callable[[], None]) -> None:
    match word:
        case "atomic":
            atomic(low, body)
        case "pending":
            pending(low, effects_text(low, node), body)
        case "urgent":
            found = expressions.evaluate(low, node.args[0]) if node.args else Static(True)
            if not isinstance(found, Static) or not isinstance(found.value, bool):
                raise low.error("SVM261", "urgent() depends on the run", node, "it takes an option or a constant: a timing assumption is fixed")
            if found.value:
                urgent(low, node, body)
            else:
                body()
        case _:
            raise low.error("SVM262", f"'with {word}()' is not a block", node, "blocks: atomic(), pending(goal), urgent(on), a lock, a section")


def effects_text(low: Lowerer, node: ast.Call) -> str:
    from .effects import constant_text

    return constant_text(low, node, 0)


def _enclosed(low: Lowerer, undo: Callable[[], None], body: Callable[[], None]) -> None:
    low.cleanups.append(Cleanup("exit", undo=undo))
    body()
    low.cleanups.pop()
    low.flush()
    undo()


def atomic(low: Lowerer, body: Callable[[], None]) -> None:
    outer = low.context
    if outer.inside:
        body()
        return
    low.flush()
    label = low.label
    low.context = Context(outer.pending, outer.urgent, True)
    low.emit([Note("step")], "step", label=label)

    def undo() -> None:
        low.flush()
        low.context = outer
        low.emit(kind="local")

    _enclosed(low, undo, body)


def pending(low: Lowerer, goal: str, body: Callable[[], None]) -> None:
    outer = low.context
    low.flush()
    if goal not in low.goals:
        low.goals.append(goal)
    low.context = Context((*outer.pending, goal), outer.urgent, outer.inside)
    low.emit(kind="local")

    def undo() -> None:
        low.flush()
        low.context = outer
        low.emit([Note(f"complete:{goal}")], "local")

    _enclosed(low, undo, body)


def urgent(low: Lowerer, node: ast.AST, body: Callable[[], None]) -> None:
    """The block's flag is set on leaving it; fuse.py clears the flags at every step from an ordinary location."""
    outer = low.context
    if outer.urgent is not None:
        body()
        return
    low.flush()
    key = f"{low.source.name}:{getattr(node, 'lineno', 0)}"
    number = low.urgent_blocks.setdefault(key, len(low.urgent_blocks))
    variable = f"{low.actor.name}.urgent-pass-{number}"
    low.facts.hidden.add(variable)
    low.learn(variable, BOOL, node)
    low.context = Context(outer.pending, number, outer.inside)
    low.emit(kind="local")

    def undo() -> None:
        low.flush()
        low.context = outer
        low.emit([Store(variable, (low.actor.me,), TRUE)], "local")

    _enclosed(low, undo, body)


def _lock(low: Lowerer, node: ast.expr, body: Callable[[], None]) -> None:
    """``with k.lock:`` — its lock() and unlock() around a balanced section."""
    low.pinning = True
    found = expressions.meaning(low, node)
    low.pinning = False
    if not isinstance(found, Alias) or not issubclass(found.cls, Record) or not hasattr(found.cls, "unlock"):
        raise low.error("SVM262", f"{names.describe(found)} cannot stand in a with statement", node,
                        "blocks: atomic(), pending(goal), urgent(on), a lock, a section")
    lock = names.field(low, found, "lock", node)
    unlock = names.field(low, found, "unlock", node)
    assert isinstance(lock, Function) and isinstance(unlock, Function)
    low.flush()
    low.pinning = False
    place = (found.path, found.index, low.frame(node))
    _no_hold(low, place, node)
    inline.inline(low, lock, {lock.node.args.args[0].arg: found}, node)
    low.held_sections.append(place)
    frames, label, scopes = low.frames, low.label, len(low.scopes)

    def undo() -> None:
        hidden, low.scopes = low.scopes[scopes:], low.scopes[:scopes]
        held = low.held_sections.pop()
        now_frames, now_label = low.frames, low.label
        low.frames, low.label = frames, f"{label}: exit"
        inline.inline(low, unlock, {unlock.node.args.args[0].arg: found}, node)
        low.frames, low.label = now_frames, now_label
        low.held_sections.append(held)
        low.scopes += hidden

    _enclosed(low, undo, body)
    low.held_sections.pop()


def _no_hold(low: Lowerer, place: tuple[str, object, object], node: ast.AST) -> None:
    if any(h[:2] == place[:2] for h in low.held_sections):
        raise low.error("SVM263", f"'{place[0]}' is taken inside its own with block", node, "the actor would wait for itself")


def section(low: Lowerer, function: Function, node: ast.Call, body: Callable[[], None]) -> None:
    """A function with one yield: what precedes it, the block, what follows it on every way out."""
    from . import statements

    text = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    yields = [i for i, s in enumerate(text) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield)]
    everywhere = [n for n in ast.walk(function.node) if isinstance(n, ast.Yield | ast.YieldFrom)]
    if len(yields) != 1 or len(everywhere) != 1:
        raise low.error("SVM264", f"the section '{function.name}' needs exactly one 'yield' at its top level", node,
                        "what precedes it runs on entry, what follows it on every way out")
    low.pinning = True
    bound = calls.bind(low, calls.expressions_function(low, node), node)
    low.pinning = False
    frames, label, caller = low.frames, low.label, list(low.scopes)
    inline.enter(low, function, bound, node)
    scope: Scope = low.scopes[-1]
    statements.block(low, text[: yields[0]])
    low.scopes.pop()
    low.flush()
    low.frames, low.label = frames, label

    def undo() -> None:
        hidden, now = low.scopes, (low.frames, low.label)
        low.scopes, low.frames, low.label = [*caller, scope], frames, label
        statements.block(low, text[yields[0] + 1 :])
        low.flush()
        low.scopes, (low.frames, low.label) = hidden, now

    _enclosed(low, undo, body)


__all__ = ["PoolValue", "Value"]
