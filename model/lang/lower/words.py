# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Words of the language and of Python that stand in expressions."""

from __future__ import annotations

import ast

from ...ir.build import arithmetic, choice, compare
from ...ir.expr import TRUE, Expr, Load, Unary, integer
from ...ir.types import BOOL, IntType, SetType
from ..values import Builtin, Meaning, PoolValue, Static, Value
from . import calls, effects, expressions, fields, first, keep, names, quantifiers
from .state import Lowerer

EFFECTS = frozenset({"choose", "pool.alloc", "pool.try_alloc"})


STATEMENTS = frozenset({
    "wait", "rest", "resched", "cover", "touch", "demand", "acquired", "released", "pool.free", "set.add", "set.remove",
    "set.clear",
})  # fmt: skip


def builtin(low: Lowerer, function: Builtin, node: ast.Call) -> Meaning:
    word = function.name
    if word in ("all", "any", "sum"):
        return quantifiers.quantified(low, word, node)
    if word == "next":
        return first.first(low, node)
    if word == "me":
        none(low, node)
        if low.actor.count == 0:
            raise low.error(
                "SVM240", "me() outside an actor", node, "the first state and properties belong to no process"
            )
        return Value(fields.process_id(low, low.actor.first, low.actor.me), "me()")
    if word == "alive":
        return Value(expressions.liveness(low, one(low, node), node), low.source.text(node))
    if word == "len":
        return length(low, node)
    if word in ("min", "max"):
        return extreme(low, word, node)
    if word in EFFECTS:
        if low.bound or low.specification or low.when != TRUE:
            raise low.error(
                "SVM235",
                f"{word.rpartition('.')[2]}() in the middle of something else",
                node,
                "assign its result to a local first",
            )
        return effects.value(low, function, node)
    if word == "counter":
        raise low.error(
            "SVM241", "counter() declares a local", node, "write 'tries = counter(3, 0, 3)' as a statement of its own"
        )
    if word in STATEMENTS:
        raise low.error(
            "SVM242", f"{word.rpartition('.')[2]}() is a statement, not a value", node, "put it on a line of its own"
        )
    raise low.error("SVM243", f"{word}() cannot be used here", node, "it belongs into a with or a for statement")


def none(low: Lowerer, node: ast.Call) -> None:
    """Refuses arguments of a word that takes none: they would be dropped."""
    if node.args or node.keywords:
        raise low.error("SVM237", f"{low.source.text(node.func)}() takes no argument", node, "leave the arguments out")


def one(low: Lowerer, node: ast.Call) -> Meaning:
    if len(node.args) != 1 or node.keywords:
        raise low.error("SVM237", f"{low.source.text(node.func)}() takes one argument", node, "give exactly one")
    return expressions.evaluate(low, node.args[0])


def length(low: Lowerer, node: ast.Call) -> Meaning:
    found = one(low, node)
    match found:
        case Value() if isinstance(found.type, SetType):
            return Value(Unary("popcount", found.expr, IntType(0, found.type.count)), low.source.text(node))
        case PoolValue():
            return Value(_allocated(found), low.source.text(node))
        case _:
            size = getattr(found, "size", None) or getattr(found, "count", None)
            if isinstance(size, int):
                return Static(size)
            raise low.error(
                "SVM228", f"len() of {names.describe(found)}", node, "sets, arrays, pools and actors have a length"
            )


def _allocated(pool: PoolValue) -> Expr:
    """How many records are allocated: those that a loop over the pool would visit."""
    result: Expr = integer(0)
    for slot in range(pool.first, pool.first + pool.count):
        taken = Load(f"{pool.heap}.allocated", (integer(slot),), BOOL)
        result = arithmetic("+", result, choice(taken, integer(1), integer(0)))
    return result


def extreme(low: Lowerer, word: str, node: ast.Call) -> Meaning:
    if len(node.args) < 2 or node.keywords:
        raise low.error("SVM237", f"{word}() takes two or more numbers", node, f"write {word}(a, b)")
    found = [keep.before(low, expressions.evaluate(low, a), a, node.args[i:]) for i, a in enumerate(node.args, 1)]
    parts = [expressions.as_value(low, f, a) for f, a in zip(found, node.args, strict=True)]
    if not all(isinstance(p.type, IntType) for p in parts):
        raise low.error("SVM219", f"{word}() of something that is no number", node, "only integers are ordered")
    result: Expr = parts[0].expr
    for part in parts[1:]:
        result = choice(compare("<=" if word == "min" else ">=", result, part.expr), result, part.expr)
    return Value(result, low.source.text(node))


def statement(low: Lowerer, node: ast.Call) -> bool:
    """A call as a statement of its own. False if it is not one of the words that are statements."""
    with low.specifying():  # the set that is changed may be a ghost
        found = calls.callee(low, node)
        if not isinstance(found, Builtin):
            return False
        function = expressions.meaning(low, node.func)
    assert isinstance(function, Builtin)
    if function.name in EFFECTS:
        effects.value(low, function, node)
        low.flush()
        return True
    if function.name not in STATEMENTS:
        return False
    effects.perform(low, function, node)
    return True


def keyword(low: Lowerer, node: ast.Call, name: str, allowed: tuple[object, ...], default: object) -> object:
    """A keyword argument that must be known when compiling and be one of a few values."""
    for given in node.keywords:
        if given.arg == name:
            found = expressions.evaluate(low, given.value)
            if not isinstance(found, Static) or found.value not in allowed:
                raise low.error(
                    "SVM244",
                    f"{name}= must be one of {', '.join(map(repr, allowed))}",
                    given.value,
                    "it decides the shape of the automaton, so it must be known when compiling",
                )
            return found.value
    return default
