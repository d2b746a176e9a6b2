# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Blocks: loops, with statements (atomic, pending, urgent, locks, sections), and jumping out of them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ...ir.expr import TRUE
from ...ir.program import LockEvent
from ...ir.types import BOOL
from ..declare import Record
from ..diagnostics import Diagnostic, Label
from ..graph import Note, Store
from ..values import Alias, Builtin, Function, Static
from . import advice, calls, effects, expressions, fields, inline, keep, names, statements
from .state import Cleanup, Context, Lowerer, LowerError, Scope


def with_block(low: Lowerer, node: ast.With, position: int) -> None:
    """One item of a with statement around the rest of it."""
    if position == len(node.items):
        statements.block(low, node.body)
        return
    item = node.items[position]
    if item.optional_vars is not None:
        raise low.error(
            "SVM313", "'as' in a with statement", item.optional_vars, "sections give no value: use a function for it"
        )
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
            pending(low, node, effects_text(low, node), body)
        case "urgent":
            found = expressions.evaluate(low, node.args[0]) if node.args else Static(True)
            if not isinstance(found, Static) or not isinstance(found.value, bool):
                raise low.error(
                    "SVM261",
                    "urgent() depends on the run",
                    node,
                    "it takes an option or a constant: a timing assumption is fixed",
                )
            if found.value:
                urgent(low, node, body)
            else:
                body()
        case _:
            raise low.error(
                "SVM262",
                f"'with {word}()' is not a block",
                node,
                advice.BLOCKS,
            )


def effects_text(low: Lowerer, node: ast.Call) -> str:
    return effects.constant_text(low, node, 0)


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


def pending(low: Lowerer, node: ast.AST, goal: str, body: Callable[[], None]) -> None:
    outer = low.context
    low.flush()
    if goal in outer.pending:
        raise low.error("SVM285", f"'{goal}' is already pending here", node, "one goal, one block: drop the inner one")
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
    found = keep.kept(low, expressions.meaning(low, node), node, "with", own=True)
    if not isinstance(found, Alias) or not issubclass(found.cls, Record) or not hasattr(found.cls, "unlock"):
        raise low.error(
            "SVM262",
            f"{names.describe(found)} cannot stand in a with statement",
            node,
            advice.in_with(found, node, low.source.text(node.func if isinstance(node, ast.Call) else node)),
        )
    lock = fields.field(low, found, "lock", node)
    unlock = fields.field(low, found, "unlock", node)
    assert isinstance(lock, Function)
    assert isinstance(unlock, Function)
    low.flush()
    place = (found.path, found.index, low.frame(node))
    _no_hold(low, place, node)
    inline.inline(low, lock, {lock.node.args.args[0].arg: found}, node)
    low.held_sections.append(place)
    frames, label, scopes = low.frames, low.label, len(low.scopes)

    def undo() -> None:
        hidden, low.scopes = low.scopes[scopes:], low.scopes[:scopes]
        held, low.held_sections = low.held_sections, [h for h in low.held_sections if h is not place]
        now_frames, now_label = low.frames, low.label
        low.frames, low.label = frames, f"{label}: exit"
        inline.inline(low, unlock, {unlock.node.args.args[0].arg: found}, node)
        low.frames, low.label = now_frames, now_label
        low.held_sections = held
        low.scopes += hidden

    _enclosed(low, undo, body)
    low.held_sections.pop()


def _no_hold(low: Lowerer, place: tuple[str, object, object], node: ast.AST) -> None:
    if any(h[:2] == place[:2] for h in low.held_sections):
        what = f"'{place[0]}' is taken inside its own 'with' block"
        raise low.error("SVM282", what, node, "the actor would wait for itself")


def not_in_its_section(low: Lowerer, event: LockEvent) -> None:
    """Refuse to release a lock inside its own ``with`` block, however deep in calls. Raises LowerError."""
    if event.action != "release":
        return
    for path, at, frame in low.held_sections:
        if (path, at) == (event.lock, event.index):
            frames = [f for f in low.frames if not f.file.startswith("model/primitives/")] or list(low.frames)
            what = f"this releases '{path}', which the 'with' block at line {frame.line} holds to its end"
            advice = "write lock() and unlock() instead of 'with', and declare the callee: @releases(...)"
            labels = (Label(frame, "held from here to the end of this block"),)
            raise LowerError(Diagnostic("SVM263", what, frames[-1], advice, labels, tuple(frames[:-1])))


def section(low: Lowerer, function: Function, node: ast.Call, body: Callable[[], None]) -> None:
    """A function with one yield: what precedes it, the block, what follows it on every way out."""
    text = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    yields = [i for i, s in enumerate(text) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield)]
    everywhere = [n for n in ast.walk(function.node) if isinstance(n, ast.Yield | ast.YieldFrom)]
    if len(yields) != 1 or len(everywhere) != 1:
        raise low.error(
            "SVM264",
            f"the section '{function.name}' needs exactly one 'yield' at its top level",
            node,
            "what precedes it runs on entry, what follows it on every way out",
        )
    bound = calls.bind(low, calls.expressions_function(low, node), node)
    bound = {name: keep.kept(low, given, node, name, own=True) for name, given in bound.items()}
    frames, label, caller = low.frames, low.label, list(low.scopes)
    inline.enter(low, function, bound, node)
    scope: Scope = low.scopes[-1]
    statements.block(low, text[: yields[0]])
    low.scopes.pop()
    low.flush()
    low.frames, low.label = frames, label

    def undo() -> None:
        hidden, now = low.scopes, (low.frames, low.label)
        low.scopes, low.frames, low.label = [*caller, scope], frames, f"{label}: exit"
        statements.block(low, text[yields[0] + 1 :])
        low.flush()
        low.scopes, (low.frames, low.label) = hidden, now

    low.open_sections.append(function.node)
    _enclosed(low, undo, body)
    low.open_sections.pop()
