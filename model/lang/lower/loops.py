# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Loops, and jumping out of blocks, loops and functions."""

from __future__ import annotations

import ast
from dataclasses import replace

from ...ir.build import negate, rebuild
from ...ir.expr import Bound, Const, integer
from ...ir.types import IntType, PidType, RefType
from ..graph import Assume, Store
from ..values import ArrayValue, Meaning, Place, Static, Value
from . import assign, branches, fields, index, keep, quantifiers, statements
from .state import Cleanup, Lowerer


def while_loop(low: Lowerer, node: ast.While) -> None:
    if node.orelse:
        raise low.error("SVM311", "else on a loop", node.orelse[0], "set a local before break and test it afterwards")
    head, after = low.node(), low.node()
    low.goto(head)
    yes, no = branches.branch(low, node.test)
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
    if node.orelse:
        raise low.error("SVM311", "else on a loop", node.orelse[0], "set a local before break and test it afterwards")
    if not isinstance(node.target, ast.Name):
        raise low.error("SVM226", "a loop has one variable", node.target, "iterate over one thing")
    found = quantifiers.domain(low, node.iter, node.target.id)
    if found.array is not None:
        array = keep.kept(low, found.array, node.iter, "loop", own=True)
        assert isinstance(array, ArrayValue)
        found = replace(found, array=array)
    low.flush()
    if found.space and not _only_sets_up(low, found):
        low.facts.named.add(found.space)
    after = low.node()
    saved = low.scope.names.get(node.target.id)
    frames, label = low.frames, low.label
    for number in range(found.first, found.first + found.count):
        following = low.node()
        low.frames, low.label = frames, label  # the next record is looked at by this line, not by the end of the body
        low.cleanups.append(Cleanup("loop", on_break=after, on_continue=following))
        _bind(low, node, node.target.id, found, number, following)
        statements.block(low, node.body)
        low.goto(following)
        low.cleanups.pop()
        low.cur = following
    if saved is None:
        low.scope.names.pop(node.target.id, None)
    low.goto(after)
    low.cur = after


def _only_sets_up(low: Lowerer, found: quantifiers.Domain) -> bool:
    """Whether it runs over process ids in the set-up: symmetry.py looks at the first states that come of it."""
    return low.actor.count == 0 and (isinstance(found.type, PidType) or found.array is not None)


def _bind(low: Lowerer, node: ast.For, name: str, found: quantifiers.Domain, number: int, otherwise: int) -> None:
    """Give the variable its next value. A reference is a run-time local, which freeing makes dangle, and so is the
    value of a cell, which is read once; all else is known while compiling."""
    element = _element(low, found, number)
    variable = f"{low.scope.prefix}.{name}"
    if found.exists is not None:
        assert isinstance(element, Value)
        low.learn(variable, element.type, node)
        store = Store(variable, (low.actor.me,), element.expr)
        _only_if(low, _instantiate(found, number), store, element.origin, otherwise)
    elif isinstance(element, Place):
        assign.store_local(low, variable, fields.read(low, element, node.iter), node)
        low.flush()
    else:
        _assigned_by_loop_only(low, node, name)
        low.scope.names[name] = element


def _assigned_by_loop_only(low: Lowerer, node: ast.For, name: str) -> None:
    """A second meaning for the name in this function is refused; quantifiers have names of their own."""
    own = {id(n.target) for n in ast.walk(low.scope.function.node) if isinstance(n, ast.For | ast.comprehension)}
    inner = {id(n.target) for part in node.body for n in ast.walk(part) if isinstance(n, ast.For)}
    stores = [n for n in ast.walk(low.scope.function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for part in stores:
        if part.id == name and (id(part) in inner or id(part) not in own):
            raise low.error("SVM314", f"'{name}' is a loop variable and is assigned here", part, "use another local")


def _element(low: Lowerer, found: quantifiers.Domain, number: int) -> Meaning:
    if found.array is not None:
        return index.element(low, found.array, integer(number))
    kind = found.type
    if isinstance(kind, IntType):
        return Static(number)
    if isinstance(kind, RefType | PidType):
        return Value(Const(number, kind), kind.show(number))
    return Value(Const(number, kind))


def _instantiate(found: quantifiers.Domain, number: int) -> Assume:
    assert found.exists is not None
    return Assume(rebuild(found.exists, lambda e: Const(number, found.type) if isinstance(e, Bound) else None))


def _only_if(low: Lowerer, test: Assume, then: Store, record: str, otherwise: int) -> None:
    start = low.cur
    low.emit([Assume(negate(test.condition))], "step", otherwise, label=f"{low.label}: {record} not allocated")
    low.cur = start
    low.emit([test, then], "step", label=f"{low.label}: {record} allocated")


def jump(low: Lowerer, node: ast.Break | ast.Continue) -> None:
    """To the end or the head of the innermost loop of this function; Python sees to it that there is one."""
    leave(low, "break" if isinstance(node, ast.Break) else "continue")


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
