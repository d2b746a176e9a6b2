# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Annotations of protocol functions: the type they demand of arguments and of returned values."""

from __future__ import annotations

import ast
import re
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from ...ir.types import BOOL, IntType, RefType, Type
from ..declare import Pid, Record
from ..reflection import hints_of
from ..storage import enum_type
from ..values import Alias, Function, Meaning, OptionsValue, Place, Static, Tuple, Value
from .state import Lowerer


def of_parameter(low: Lowerer, function: Function, name: str, node: ast.AST) -> object:
    """What a parameter (or ``return``) is annotated with; ``Any`` where it is not."""
    hints = low.facts.hints.get(function.python)
    if hints is None:
        hints, problem = hints_of(function.python)
        if problem:
            what = f"the annotations of '{function.name}' cannot be resolved: {problem}"
            raise low.error("SVM103", what, node, "annotate with classes that are defined or imported in its file")
        low.facts.hints[function.python] = hints
    return hints.get(name, Any)


def run_time_type(low: Lowerer, hint: object) -> Type | None:
    """The type of a value that is annotated so; None for what is known while compiling, and for ``int``, whose range
    comes from the value."""
    if hint is bool:
        return BOOL
    if hint is Pid:
        return low.storage.pids
    if isinstance(hint, type) and issubclass(hint, Enum):
        return enum_type(hint)
    if isinstance(hint, type) and issubclass(hint, Record):
        info = low.storage.heaps.get(hint)
        return None if info is None else RefType(info.name, info.slots)
    return None


def accepts(low: Lowerer, hint: object, given: Meaning) -> bool:
    """Whether what is given may stand where ``hint`` is annotated."""
    if hint is Any or hint is object or isinstance(hint, TypeVar):
        return True
    match given:
        case Value() | Place():
            return _accepts_value(low, hint, given.type)
        case Static(value):
            return _accepts_constant(low, hint, value)
        case Alias(cls) | OptionsValue(cls):
            return isinstance(hint, type) and (issubclass(cls, hint) or hint.__name__ == cls.__name__)
        case Tuple(items):
            wanted = get_args(hint)
            return (
                get_origin(hint) is tuple
                and len(wanted) == len(items)
                and all(accepts(low, h, i) for h, i in zip(wanted, items, strict=True))
            )
        case _:
            return run_time_type(low, hint) is None and not isinstance(hint, type)


def _accepts_value(low: Lowerer, hint: object, kind: Type) -> bool:
    if isinstance(kind, IntType):
        return hint is int
    return run_time_type(low, hint) == kind


def _accepts_constant(low: Lowerer, hint: object, value: object) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if value is None:
        return hint is NoneType or hint is Pid or isinstance(run_time_type(low, hint), RefType)
    if isinstance(value, type):
        return hint is type or get_origin(hint) is type
    if isinstance(value, bool):
        return hint is bool
    return isinstance(hint, type) and isinstance(value, hint)


def shown(hint: object) -> str:
    """An annotation as an author would write it."""
    if hint is NoneType or hint is None:
        return "None"
    if get_origin(hint) is tuple:
        return f"tuple[{', '.join(shown(h) for h in get_args(hint))}]"
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(shown(h) for h in get_args(hint))
    return hint.__name__ if isinstance(hint, type) else re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(hint))


def advice(hint: object, otherwise: str) -> str:
    """What to do about a value that is not as annotated: a reference or process id may be null without ``| None``."""
    parts = [part for part in get_args(hint) if part is not NoneType]
    if get_origin(hint) in (Union, UnionType) and len(parts) == 1 and NoneType in get_args(hint):
        return f"a reference or process id may be null anyway: annotate {shown(parts[0])}"
    return otherwise
