# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Mistakes in declarations that Python does not mind: annotated fields, odd decorators, actors without a world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from inspect import iscoroutinefunction
from types import FunctionType, ModuleType

from ..ir.program import Frame
from . import decorators
from .declare import Array, Field, Options, Pool, Record, Size, World
from .decorators import Actors, mark_of
from .diagnostics import Diagnostic
from .field_checks import check_fields
from .reflection import hints_of
from .source import SourceFile, whole_file
from .storage import members

DECORATORS = frozenset(
    v for n, v in vars(decorators).items() if isinstance(v, FunctionType) and v.__module__ == decorators.__name__
    and not n.startswith("_") and n not in ("mark_of", "contract_of", "never")
)  # fmt: skip
NEED_A_WORLD = ("process", "initial", "invariant", "balance", "always-eventually", "leads-to")


def check_declarations(module: ModuleType, file: SourceFile) -> list[Diagnostic]:
    """Everything of that kind in one file."""
    found: list[Diagnostic] = []
    for node in _statements(file.tree.body):
        if isinstance(node, ast.ClassDef):
            found += _check_class(module, file, node)
        elif isinstance(node, ast.FunctionDef):
            found += _check_function(module, file, node)
        elif isinstance(node, ast.AsyncFunctionDef):
            what = f"'{node.name}' is async"
            found.append(Diagnostic("SVM300", what, file.head(node), "actors are ordinary functions; wait() blocks"))
    return [*found, *_check_marked(module, file)]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, those inside its ifs, loops and other blocks included."""
    for node in body:
        yield node
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _statements([part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)])


def _check_marked(module: ModuleType, file: SourceFile) -> Iterator[Diagnostic]:
    """Actors, set-ups and properties that are no functions at the top of the file: they would be left out silently."""
    for name, value in vars(module).items():
        if isinstance(value, type) and value.__module__ == module.__name__:
            for method, inside in vars(value).items():
                function = inside.function if isinstance(inside, Actors) else inside
                node = _definition(file, function)
                if _role(inside) in NEED_A_WORLD and node is not None:
                    what = f"'{name}.{method}' is marked @{_word(inside)} inside a class, where it belongs to no world"
                    advice = f"move it to the top level of the file: 'def {method}(k: {name})'"
                    yield Diagnostic("SVM115", what, file.head(node, method), advice)
        elif _role(value) in NEED_A_WORLD:
            function = value.function if isinstance(value, Actors) else value
            own = getattr(function, "__module__", None) == module.__name__ and not iscoroutinefunction(function)
            if own and _definition(file, function) is None:
                what = f"'{name}' is marked @{_word(value)} and is no function of this file"
                advice = f"write 'def {name}(k: MyWorld)' below the mark"
                yield Diagnostic("SVM115", what, _assigned(file, name), advice)


def _role(value: object) -> str | None:
    mark = mark_of(value)
    return None if mark is None else mark.role


def _word(value: object) -> str:
    return (_role(value) or "").replace("-", "_")


def _definition(file: SourceFile, function: object) -> ast.FunctionDef | None:
    code = function.__code__ if isinstance(function, FunctionType) else None
    return None if code is None else file.functions.get((code.co_firstlineno, code.co_name))


def _assigned(file: SourceFile, name: str) -> Frame:
    """Where the file gives something this name."""
    for node in file.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if getattr(node, "name", None) == name or any(isinstance(t, ast.Name) and t.id == name for t in targets):
            return file.frame(node)
    return whole_file(file.name)


def _check_class(module: ModuleType, file: SourceFile, node: ast.ClassDef) -> Iterator[Diagnostic]:
    cls = vars(module).get(node.name)
    if not isinstance(cls, type):
        return
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and issubclass(cls, Record):
            yield from _check_decorators(module, file, part)
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield from _check_annotated(file, cls, part, part.target.id)
        elif isinstance(part, ast.Assign) and issubclass(cls, Options):
            advice = 'declare it as \'policy: Literal["a", "b"] = "a"\' or \'fixed: bool = True\''
            yield Diagnostic("SVM104", "an option without a type", file.frame(part), advice)
    if issubclass(cls, World | Record):
        yield from check_fields(file, cls)
    if issubclass(cls, World):
        yield from _check_sizes(file, cls)


def _check_annotated(file: SourceFile, cls: type, part: ast.AnnAssign, name: str) -> Iterator[Diagnostic]:
    """Type checkers narrow annotated attributes, so fields have no annotation; options and lock parameters do."""
    value = vars(cls).get(name)
    is_field = isinstance(value, Field | Array | Pool | Size | Record)
    if issubclass(cls, World) or (issubclass(cls, Record) and is_field):
        advice = f"write '{name} = state(...)', flag(), bounded(...), ref(...) or a record, without ': type'"
        yield Diagnostic("SVM113", f"the field '{name}' has an annotation", file.frame(part), advice)


def _check_sizes(file: SourceFile, cls: type[World]) -> Iterator[Diagnostic]:
    for name, value in members(cls):
        if isinstance(value, Size) and name in vars(cls):
            least, default, most = value.least, value.default, value.most
            if not all(type(n) is int for n in (least, default, most)) or not 0 <= least <= default <= most:
                what = f"Size({default!r}, least={least!r}, most={most!r}) is not in order"
                advice = "a size needs integers with 0 <= least <= default <= most"
                yield Diagnostic("SVM114", what, file.attribute(cls.__name__, name), advice)


def _check_function(module: ModuleType, file: SourceFile, node: ast.FunctionDef) -> Iterator[Diagnostic]:
    value = vars(module).get(node.name)
    function = value.function if isinstance(value, Actors) else value
    mark = mark_of(value)
    if mark is not None and isinstance(function, FunctionType) and mark.role in NEED_A_WORLD:
        yield from _check_world_parameter(module, file, node, function, mark.role)
        if not isinstance(value, Actors) and mark.role == "process":
            return
    if mark is not None or _takes_a_world(module, node):
        yield from _check_decorators(module, file, node)


def _check_world_parameter(
    module: ModuleType, file: SourceFile, node: ast.FunctionDef, function: FunctionType, role: str
) -> Iterator[Diagnostic]:
    hints, problem = hints_of(function)
    arguments = node.args.args
    first = hints.get(arguments[0].arg) if arguments else None
    if problem:
        return
    if isinstance(first, type) and issubclass(first, World):
        yield from _check_world_is_here(module, file, node, first)
        return
    place = file.frame(arguments[0], node.name) if arguments else file.head(node, node.name)
    what = f"the first parameter of '{node.name}' (@{role.replace('-', '_')}) is not a world"
    advice = f"write 'def {node.name}(k: MyWorld)' with the world of this file"
    if isinstance(first, type) and first.__module__ == module.__name__ and first.__bases__ == (object,):
        advice = f"{first.__name__} is not derived from World: write 'class {first.__name__}(World):'"
    yield Diagnostic("SVM112", what, place, advice)


def _check_world_is_here(
    module: ModuleType, file: SourceFile, node: ast.FunctionDef, world: type[World]
) -> Iterator[Diagnostic]:
    """What is written for another file's world counts only where this file extends that world."""
    classes = [c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__]
    own = [c for c in classes if issubclass(c, World)]
    if own and not any(issubclass(c, world) for c in own):
        what = f"'{node.name}' is about {world.__name__}, which no world of this file is or extends"
        advice = f"write 'k: {own[0].__name__}', or 'class {own[0].__name__}({world.__name__})'"
        yield Diagnostic("SVM112", what, file.frame(node.args.args[0], node.name), advice)


def _takes_a_world(module: ModuleType, node: ast.FunctionDef) -> bool:
    names = [a.annotation.id for a in node.args.args if isinstance(a.annotation, ast.Name)]
    found = [vars(module).get(n) for n in names]
    return any(isinstance(c, type) and issubclass(c, World | Options) for c in found)


def _named(module: ModuleType, node: ast.expr) -> object:
    """What a dotted name means in a module; None if it is no name or means nothing."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    return getattr(_named(module, node.value), node.attr, None) if isinstance(node, ast.Attribute) else None


def _check_decorators(module: ModuleType, file: SourceFile, node: ast.FunctionDef) -> Iterator[Diagnostic]:
    roles: list[str] = []
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = _named(module, target)
        if not any(found is known for known in DECORATORS):
            what = f"@{ast.unparse(target)} is no decorator of the language"
            advice = "there are process, initial, pure, section, releases, acquires, and those of properties"
            yield Diagnostic("SVM115", what, file.frame(decorator, node.name), advice)
        elif found not in (decorators.releases, decorators.acquires):
            roles.append(ast.unparse(target))
            if len(roles) > 1:
                what = f"'{node.name}' is both @{roles[0]} and @{roles[-1]}"
                yield Diagnostic("SVM115", what, file.frame(decorator, node.name), "a function has one role")
