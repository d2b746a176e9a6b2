# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a module declares: its worlds, and for each its sizes, options, actors, set-ups and properties."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Literal, get_args, get_origin

from .declare import Options, Size, World
from .decorators import Actors, Mark, Never, mark_of
from .diagnostics import Diagnostic
from .lower.fields import option_names
from .reflection import hints_of
from .source import SourceFile
from .storage import members

PROPERTY_ROLES = ("invariant", "balance", "leads-to", "always-eventually")


def property_name(function: FunctionType) -> str:
    return function.__name__.replace("_", "-")


@dataclass(frozen=True)
class SizeInfo:
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class OptionInfo:
    """``choices``: every legal value as text; ``values``: text -> the value the protocol sees."""

    default: str
    choices: tuple[str, ...]
    values: dict[str, object]
    cls: type


@dataclass(frozen=True)
class WorldInfo:
    """One world of a file with everything that can be said about it on the command line."""

    name: str
    cls: type[World]
    doc: str
    sizes: dict[str, SizeInfo]
    options: dict[str, OptionInfo]
    actors: tuple[Actors, ...]
    functions: tuple[tuple[FunctionType, Mark], ...]
    nevers: tuple[tuple[str, Never], ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the properties its author wrote."""
        stated = [property_name(f) for f, m in self.functions if m.role in PROPERTY_ROLES]
        return (*stated, *(name for name, _ in self.nevers))


def worlds_of(module: ModuleType, file: SourceFile) -> tuple[list[WorldInfo], list[Diagnostic]]:
    """The worlds a module declares, and what is wrong in the functions and options that belong to them."""
    problems: dict[Diagnostic, None] = {}
    classes = [c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__]
    worlds = [_world(c, file, problems) for c in classes if issubclass(c, World)]
    return worlds, list(problems)


def _world(cls: type[World], file: SourceFile, problems: dict[Diagnostic, None]) -> WorldInfo:
    sizes = {n: SizeInfo(v.default, v.least, v.most) for n, v in members(cls) if isinstance(v, Size)}
    actors: list[Actors] = []
    functions: list[tuple[FunctionType, Mark]] = []
    nevers: list[tuple[str, Never]] = []
    options: dict[str, OptionInfo] = {}
    for module in modules_of(cls):
        for name, value in vars(module).items():
            if isinstance(value, Never):
                nevers.append((name.replace("_", "-"), value))
            function = value.function if isinstance(value, Actors) else value
            mark = mark_of(value)
            if mark is None or not isinstance(function, FunctionType) or function.__module__ != module.__name__:
                continue
            hints = _hints(function, file, problems)
            if not _belongs(function, hints, cls):
                continue
            if isinstance(value, Actors):
                actors.append(value)
            elif mark.role in (*PROPERTY_ROLES, "initial"):
                functions.append((function, mark))
            for hint in hints.values():
                if isinstance(hint, type) and issubclass(hint, Options) and hint is not Options:
                    options |= _options(hint, file, problems)
    doc = (cls.__doc__ or "").strip()
    return WorldInfo(cls.__name__, cls, doc, sizes, options, tuple(actors), tuple(functions), tuple(nevers))


def modules_of(cls: type) -> list[ModuleType]:
    """The modules that declare a world and its bases, bases first."""
    result: list[ModuleType] = []
    for base in reversed(cls.__mro__):
        if issubclass(base, World) and base is not World:
            module = sys.modules[base.__module__]
            if module not in result:
                result.append(module)
    return result


def _hints(function: FunctionType, file: SourceFile, problems: dict[Diagnostic, None]) -> dict[str, object]:
    hints, problem = hints_of(function)
    if problem:
        node = file.functions.get((function.__code__.co_firstlineno, function.__code__.co_name))
        what = f"the annotations of '{function.__name__}' cannot be resolved: {problem}"
        advice = "annotate with classes that are defined or imported at the top of the file"
        problems[Diagnostic("SVM103", what, file.head(node, function.__name__), advice)] = None
    return hints


def _belongs(function: FunctionType, hints: dict[str, object], cls: type) -> bool:
    """Whether the first parameter is this world or one that it extends."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    first = hints.get(names[0]) if names else None
    return isinstance(first, type) and issubclass(first, World) and issubclass(cls, first)


def _options(cls: type[Options], file: SourceFile, problems: dict[Diagnostic, None]) -> dict[str, OptionInfo]:
    result: dict[str, OptionInfo] = {}
    hints, problem = hints_of(cls)
    if problem:
        what = f"the annotations of '{cls.__name__}' cannot be resolved: {problem}"
        advice = 'declare options as \'policy: Literal["a", "b"] = "a"\''
        problems[Diagnostic("SVM103", what, file.attribute(cls.__name__, None), advice)] = None
        return result
    for name in option_names(cls):
        values = _choices(hints[name])
        default = getattr(cls, name, None)
        if not values or not any(default is v or (default == v and type(default) is type(v)) for v in values):
            what = f"the option '{name}' " + ("has no default among its choices" if values else "is no bool or Literal")
            advice = 'declare it as \'policy: Literal["a", "b"] = "a"\' or \'fixed: bool = True\''
            problems[Diagnostic("SVM104", what, file.attribute(cls.__name__, name), advice)] = None
            continue
        texts = {option_text(v): v for v in values}
        result[name] = OptionInfo(option_text(default), tuple(texts), texts, cls)
    return result


def _choices(hint: object) -> tuple[object, ...]:
    if hint is bool:
        return (False, True)
    return get_args(hint) if get_origin(hint) is Literal else ()


def option_text(value: object) -> str:
    """An option's value as it is written on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)
