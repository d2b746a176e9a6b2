# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a name or an attribute means: locals, protocol functions, types, constants; anything else is an error."""

from __future__ import annotations

import ast
import builtins
from enum import Enum
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import get_args

from ...ir.types import RefType, SetType
from .. import statements as vocabulary
from ..declare import Size, World, is_array, is_field, is_pool, null
from ..decorators import Actors, mark_of
from ..reflection import hints_of
from ..storage import members
from ..values import (
    ActorsValue,
    Alias,
    ArrayValue,
    Builtin,
    Function,
    Meaning,
    Nothing,
    OptionsValue,
    Place,
    PoolValue,
    Static,
    Value,
    a_type,
)
from . import advice, fields
from .state import Lowerer, LowerError, suggest

# The function an author names -> the word it is. Compared by identity, as not everything in a module can be hashed.
WORDS: tuple[tuple[object, str], ...] = (
    *((value, name) for name, value in vars(vocabulary).items() if name in vocabulary.WORDS),
    *((f, f.__name__) for f in (all, any, sum, len, range, min, max, next)),
)
POOL_METHODS = ("alloc", "try_alloc", "free")


SET_METHODS = ("add", "remove", "clear")


def name(low: Lowerer, node: ast.Name) -> Meaning:
    for binding in reversed(low.bound):
        if node.id in binding:
            return binding[node.id]
    scope = low.scope
    if node.id in scope.names:
        return scope.names[node.id]
    if node.id in scope.assigned:
        return local(low, node)
    module = scope.function.globals
    if node.id in module:
        return meaning(low, module[node.id], node)
    if hasattr(builtins, node.id):
        return meaning(low, getattr(builtins, node.id), node)
    from .. import __all__ as words

    if node.id in words:
        line = f"from svmcheck.model.lang import {node.id}"
        raise low.error("SVM201", f"'{node.id}' is a word of the language, and not imported", node, line)
    known = {*scope.names, *scope.assigned, *(n for n in module if not n.startswith("_"))}
    close = suggest(node.id, known) or _swapped(node.id, known)
    raise low.error(
        "SVM201",
        f"unknown name '{node.id}'{close}",
        node,
        _of_the_world(low, node.id)
        or (advice.unknown_name(node.id) if not close else None)
        or "a protocol function may name its parameters and locals, protocol functions, types and constants",
    )


def _swapped(name: str, known: set[str]) -> str:
    """``page_put`` for ``put_page``."""
    parts = sorted(name.split("_"))
    same = sorted(n for n in known if n != name and sorted(n.split("_")) == parts)
    return f": did you mean '{same[0]}'?" if same else ""


def _of_the_world(low: Lowerer, name: str) -> str | None:
    """Where it is a field of the world, written without it."""
    fields_of_world = dict(members(low.storage.world))
    if name not in fields_of_world:
        return None
    owner = next((n for n, m in low.scope.names.items() if isinstance(m, Alias) and not m.path), "k")
    return f"a field of the world is written {owner}.{name}"


def local(low: Lowerer, node: ast.Name) -> Meaning:
    variable = f"{low.scope.prefix}.{node.id}"
    kind = low.facts.declared.get(variable) or low.local_type(variable)
    if kind is None:
        if variable in low.facts.types:
            return Static(None)
        if variable in low.facts.broken:
            raise LowerError(None)
        raise low.error(
            "SVM202",
            f"'{node.id}' is read before anything is assigned to it",
            node,
            "assign it on every path that leads here",
        )
    return Value(low.local(variable, kind), node.id)


def meaning(low: Lowerer, value: object, node: ast.AST) -> Meaning:
    """What a Python object of the module stands for."""
    if isinstance(value, Actors):
        return actors(low, value, node)
    word = next((w for known, w in WORDS if known is value), None)
    if word is not None:
        return Builtin(word)
    if value is null or isinstance(value, bool | int | str | Enum | type | ModuleType):
        return Static(value)
    if isinstance(value, Size):
        return Static(low.storage.sizes[low.storage.size_name(value, low.storage.world, "?")])
    if isinstance(value, FunctionType):
        return function(low, value, None, node)
    what, instead = _foreign(value)
    raise low.error("SVM203", f"{what} cannot be used in a protocol function", node, instead)


def _foreign(value: object) -> tuple[str, str]:
    """What a Python object is that the language has no use for, and what to write instead."""
    name = getattr(value, "__name__", "")
    if isinstance(value, BuiltinFunctionType):
        return f"Python's {name}()", "of Python's functions there are len, min, max, all, any, sum and range"
    if isinstance(value, float):
        return f"the fraction {value}", "count in integers, of a smaller unit"
    if is_field(value) or is_array(value) or is_pool(value):
        return "the declaration of a field", "name it by the parameter that is the world: 'k.count', not 'Demo.count'"
    kind = type(value).__name__
    if kind in ("list", "dict", "set", "tuple"):
        return f"a Python {kind}", advice.no_constant(kind)
    instead = "name parameters, protocol functions, Enum classes, or integer, bool and string constants"
    return f"an object of the class {kind}", instead


def actors(low: Lowerer, value: Actors, node: ast.AST) -> ActorsValue:
    for found in low.actors.values():
        if found.name == value.__name__:
            return found
    raise low.error(
        "SVM204",
        f"'{value.__name__}' is not an actor of {low.storage.world.__name__}",
        node,
        "its first parameter must be this world or a base class of it",
    )


def function(low: Lowerer, value: FunctionType, receiver: Alias | None, node: ast.AST) -> Function:
    mark = mark_of(value)
    found = low.sources.of(value)
    if found is None:
        raise low.error(
            "SVM205",
            f"the source of '{value.__name__}' cannot be found",
            node,
            "define it with 'def' in a protocol file, and do not change the file while it is compiled",
        )
    return Function(value, found[0], found[1], receiver, mark.role if mark else "")


def attribute(low: Lowerer, base: Meaning, attr: str, node: ast.AST) -> Meaning:
    match base:
        case Alias():
            return fields.field(low, base, attr, node)
        case Place(type=SetType()):
            if attr in SET_METHODS:
                return Builtin(f"set.{attr}", base)
        case Place() | Value() if isinstance(base.type, RefType):
            followed = node.value if isinstance(node, ast.Attribute) else node
            return fields.field(low, fields.dereference(low, base, followed), attr, node)
        case PoolValue():
            if attr in POOL_METHODS:
                return Builtin(f"pool.{attr}", base)
        case OptionsValue(cls, chosen):
            if attr in chosen:
                low.facts.tested.add(attr)
                if not low.untaken:
                    low.facts.effective.add(attr)
                return Static(chosen[attr], get_args(hints_of(cls)[0].get(attr)))
            raise low.error(
                "SVM206",
                f"{cls.__name__} has no option '{attr}'{suggest(attr, chosen)}",
                node,
                f"declare it in {cls.__name__} as 'name: Literal[...] = default'",
            )
        case Static(value):
            found = _of_constant(low, value, attr, node)
            if found is not None:
                return found
        case _:
            pass
    raise low.error(
        "SVM206",
        f"{describe(base)} has no attribute '{attr}'",
        node,
        advice.no_attribute(base),
    )


def _of_constant(low: Lowerer, value: object, attr: str, node: ast.AST) -> Meaning | None:
    """A member of an Enum, or what a module or a world holds under the name; None if there is nothing."""
    if value is None:
        raise low.error("SVM207", f"'{attr}' of null", node, "assign a reference first")
    if isinstance(value, type) and issubclass(value, Enum):
        if attr in value.__members__:
            return Static(value[attr])
        what = f"{value.__name__} has no member '{attr}'{suggest(attr, value.__members__)}"
        raise low.error("SVM206", what, node, f"its members are {', '.join(value.__members__)}")
    if isinstance(value, ModuleType) or (isinstance(value, type) and issubclass(value, World)):
        return meaning(low, getattr(value, attr), node) if hasattr(value, attr) else None
    return None


def _describe_constant(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'the text "{value}"'
    return value.__name__ if isinstance(value, type | ModuleType) else str(value)


def describe(base: Meaning) -> str:
    match base:
        case Value() | Place():
            return a_type(base.type)
        case Static(value):
            return _describe_constant(value)
        case OptionsValue():
            return "the options"
        case ActorsValue(name):
            return f"the actor {name}"
        case Builtin(name):
            return f"the word {name.rpartition('.')[2]}()"
        case Nothing(name):
            return f"nothing, the result of '{name}'"
        case PoolValue():
            return "a pool"
        case ArrayValue():
            return "an array"
        case Function():
            return f"the function {base.name}"
        case Alias(cls):
            return f"a {cls.__name__}"
        case _:
            return f"a {type(base).__name__.lower()}"
