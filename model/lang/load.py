# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Loading a protocol file: parse it, execute the same tree for its declarations, and list what it declares."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Literal, get_args, get_origin, get_type_hints

from ..ir.program import Frame
from .declare import Options, Size, World
from .decorators import Actors, Mark, Never, mark_of
from .diagnostics import Diagnostic, ProtocolError
from .lower.fields import option_names
from .source import SourceFile, Sources, display, refuse, whole_file
from .storage import members


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


@dataclass(frozen=True)
class Protocol:
    path: str
    doc: str
    worlds: dict[str, WorldInfo]
    sources: Sources
    file: SourceFile


PROPERTY_ROLES = ("invariant", "balance", "leads-to", "always-eventually")


def property_name(function: FunctionType) -> str:
    return function.__name__.replace("_", "-")


def load_protocol(path: str | Path) -> Protocol:
    """Read a protocol file. Raises ProtocolError with every diagnostic found in its declarations."""
    full = Path(path).absolute()
    name = display(full) if Path(path).is_absolute() else str(path)
    sources = Sources()
    file = sources.add(full, name)
    module = _execute(file, full, sources)
    worlds = {w.name: w for w in _worlds(module, file)}
    if not worlds:
        raise refuse(
            "SVM101",
            "no world in this file",
            whole_file(name),
            "declare the shared state: 'class MyProtocol(World): ...'",
        )
    return Protocol(name, ast.get_docstring(file.tree) or "", worlds, sources, file)


def _execute(file: SourceFile, full: Path, sources: Sources) -> ModuleType:
    """Run the declarations. A file of this package runs as the module it is, so that relative imports resolve."""
    name = _package_name(full)
    if name is not None:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise _failed(file, full, error) from error
        if Path(module.__file__ or "").resolve() == full.resolve():
            sources.files[str(module.__file__)] = file
            return module
    module = ModuleType(f"svmcheck_protocol_{full.stem}")
    module.__file__ = str(full)
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(full.parent))
    try:
        exec(compile(file.tree, str(full), "exec"), module.__dict__)  # a protocol file is the user's own code
    except Exception as error:
        raise _failed(file, full, error) from error
    finally:
        sys.path.remove(str(full.parent))
    return module


def _package_name(full: Path) -> str | None:
    """The dotted name of a file inside this package, or None."""
    root = Path(__file__).resolve().parent.parent
    try:
        inside = full.resolve().relative_to(root)
    except ValueError:
        return None
    return ".".join([__name__.rsplit(".", 2)[0], *inside.with_suffix("").parts])


def _failed(file: SourceFile, full: Path, error: Exception) -> ProtocolError:
    if isinstance(error, ProtocolError):
        return error
    line = 1
    for entry in traceback.extract_tb(error.__traceback__):
        if entry.filename == str(full):
            line = entry.lineno or 1
    text = file.lines[line - 1] if line <= len(file.lines) else ""
    start = len(text) - len(text.lstrip()) + 1
    frame = Frame(file.name, line, start, line, max(start + 1, len(text) + 1), "")
    return ProtocolError((Diagnostic("SVM102", f"{type(error).__name__}: {error}", frame, _advice(error)),))


def _advice(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "import protocol words from svmcheck.model.lang and locks from svmcheck.model.primitives"
    if isinstance(error, NameError):
        return "import or define the name before it is used; a record must be declared before the pool that holds it"
    return "the declarations of the file cannot be executed: correct this line"


# ---- what a module declares


def _worlds(module: ModuleType, file: SourceFile) -> Iterator[WorldInfo]:
    for cls in vars(module).values():
        if isinstance(cls, type) and issubclass(cls, World) and cls is not World and cls.__module__ == module.__name__:
            yield world_info(cls, file)


def world_info(cls: type[World], file: SourceFile) -> WorldInfo:
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
            hints = _hints(function, file)
            if not _belongs(hints, cls):
                continue
            if isinstance(value, Actors):
                actors.append(value)
            elif mark.role in (*PROPERTY_ROLES, "initial"):
                functions.append((function, mark))
            for hint in hints.values():
                if isinstance(hint, type) and issubclass(hint, Options) and hint is not Options:
                    options |= _options(hint, file)
    return WorldInfo(
        cls.__name__, cls, (cls.__doc__ or "").strip(), sizes, options, tuple(actors), tuple(functions), tuple(nevers)
    )


def modules_of(cls: type) -> list[ModuleType]:
    """The modules that declare a world and its bases, bases first."""
    result: list[ModuleType] = []
    for base in reversed(cls.__mro__):
        if issubclass(base, World) and base is not World:
            module = sys.modules[base.__module__]
            if module not in result:
                result.append(module)
    return result


def _hints(function: FunctionType, file: SourceFile) -> dict[str, object]:
    try:
        return get_type_hints(function)
    except Exception as error:
        line = function.__code__.co_firstlineno
        text = file.lines[line - 1] if line <= len(file.lines) else ""
        frame = Frame(file.name, line, 1, line, len(text) + 1, function.__name__)
        raise refuse(
            "SVM103",
            f"the annotations of '{function.__name__}' cannot be resolved: {error}",
            frame,
            "annotate parameters with classes that are defined or imported at the top of the file",
        ) from error


def _belongs(hints: dict[str, object], cls: type) -> bool:
    first = next(iter(hints.values()), None)
    return isinstance(first, type) and issubclass(first, World) and issubclass(cls, first)


def _options(cls: type[Options], file: SourceFile) -> dict[str, OptionInfo]:
    hints = get_type_hints(cls)
    result: dict[str, OptionInfo] = {}
    for name in option_names(cls):
        hint = hints[name]
        if hint is bool:
            values: tuple[object, ...] = (False, True)
        elif get_origin(hint) is Literal:
            values = get_args(hint)
        else:
            raise _bad_option(
                cls, name, file, "is not a bool or a Literal", 'declare it as \'policy: Literal["a", "b"] = "a"\''
            )
        default = getattr(cls, name, None)
        if default not in values:
            raise _bad_option(
                cls, name, file, "has no default among its choices", f"give it one of {', '.join(map(repr, values))}"
            )
        texts = {option_text(v): v for v in values}
        result[name] = OptionInfo(option_text(default), tuple(texts), texts, cls)
    return result


def option_text(value: object) -> str:
    """An option's value as it is written on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bad_option(cls: type, name: str, file: SourceFile, problem: str, advice: str) -> ProtocolError:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            for part in node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id == name:
                    return refuse("SVM104", f"the option '{name}' {problem}", file.frame(part), advice)
    return refuse("SVM104", f"the option '{cls.__name__}.{name}' {problem}", whole_file(file.name), advice)
