# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The locks of a world: who holds them, which are quiet, and what the lock-order graph is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType

from ...ir.build import negate
from ...ir.expr import Const, Expr, integer
from ...ir.program import LockEvent
from ..declare import Record, is_array
from ..diagnostics import Diagnostic
from ..storage import members
from ..values import Alias, Function, Meaning, Value
from . import expressions, fields, names, words
from .state import Lowerer, LowerError, Scope


def holds_no_lock(low: Lowerer, property: str, message: str, written: frozenset[str] | None = None) -> None:
    """Demand, for every lock of the world that can tell its holder, that it is not this process.

    ``written``: the variables the actor stores to, if all of it was lowered; a lock it never writes needs no check.
    """
    for lock in locks(low):
        held = method(low, lock, "held_by")
        if written is not None and not any(name.startswith(f"{lock.path}.") for name in written):
            continue
        if held is not None:
            me = fields.process_id(low, low.actor.first, low.actor.me)
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
            yield from _and_inside(
                low, Alias(type(declared), path, owner.index, owner.derefs, fields.parameters(declared))
            )
        elif is_array(declared) and isinstance(declared.of, Record):
            size = low.storage.size_of(declared.n, owner.cls, name)
            for i in range(size):
                index = (*owner.index, integer(i))
                yield from _and_inside(
                    low, Alias(type(declared.of), path, index, owner.derefs, fields.parameters(declared.of))
                )


def _and_inside(low: Lowerer, record: Alias) -> Iterator[Alias]:
    yield record
    yield from embedded(low, record)


def method(low: Lowerer, owner: Alias, name: str) -> Function | None:
    """A pure method of a record, if its class has it."""
    found = getattr(owner.cls, name, None)
    if isinstance(found, FunctionType):
        return names.function(low, found, owner, low.scope.function.node)
    return None


def apply(low: Lowerer, function: Function, arguments: dict[str, Meaning]) -> Expr:
    """The condition a pure method returns; ``arguments`` are those after ``self``, in their order."""
    body = [s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    names_given = [a.arg for a in function.node.args.args]
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if function.role != "pure" or value is None or len(names_given) != 1 + len(arguments):
        takes = ", ".join(("self", *arguments))
        what = f"'{function.name}' is asked by the compiler, and is no @pure function of ({takes}) with one return"
        advice = f"write '@pure' above 'def {function.name.rpartition('.')[2]}({takes}) -> bool:'"
        place = function.source.head(function.node, function.name)
        raise LowerError(Diagnostic("SVM239", what, place, advice))
    assert function.receiver is not None
    bound: dict[str, Meaning] = dict(zip(names_given, (function.receiver, *arguments.values()), strict=True))
    low.scopes.append(Scope(function, low.scope.prefix, frozenset(), bound))
    try:
        return expressions.condition(low, value)
    finally:
        low.scopes.pop()


def lock_event(low: Lowerer, word: str, node: ast.Call) -> LockEvent:
    if not node.args:
        raise low.error("SVM237", f"{word}() of which lock?", node, f"{word}(self)")
    found = expressions.meaning(low, node.args[0])
    if not isinstance(found, Alias) or not found.path:
        raise low.error("SVM251", f"{word}() takes an embedded record", node, f"in a method of the lock: {word}(self)")
    mode = words.keyword(low, node, "mode", ("exclusive", "shared"), "exclusive")
    blocking, recursive, nested = (
        bool(words.keyword(low, node, name, (True, False), name == "blocking"))
        for name in ("blocking", "recursive", "nested")
    )
    return LockEvent(
        "acquire" if word == "acquired" else "release",
        found.path,
        found.index,
        "shared" if mode == "shared" else "exclusive",
        blocking,
        low.frames,
        recursive,
        nested,
        _family(low, node),
    )


def _family(low: Lowerer, node: ast.Call) -> str:
    for given in node.keywords:
        if given.arg == "family":
            found = expressions.meaning(low, given.value)
            if not isinstance(found, Alias) or not found.path:
                raise low.error("SVM251", "family= takes an embedded record", node, "acquired(self, family=ctx)")
            return found.path
    return ""
