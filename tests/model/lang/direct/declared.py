# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a protocol file declares, read from its classes, and the text of its functions."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from svmcheck.model.lang.declare import Array, Field, Pool, Record, Size, Spec, World
from svmcheck.model.lang.decorators import Actors

from .values import Cell, Heap


@dataclass(frozen=True)
class Actor:
    function: FunctionType
    name: str
    index: int
    count: int


@dataclass
class Declared:
    """Everything a module declares about one world, read from its classes."""

    module: ModuleType
    world: type[World]
    sizes: dict[str, int]
    options: dict[str, object]
    cells: dict[Cell, object] = field(default_factory=dict)
    specs: dict[str, tuple[Spec, bool]] = field(default_factory=dict)
    heaps: dict[type, Heap] = field(default_factory=dict)
    actors: list[Actor] = field(default_factory=list)
    spaces: dict[str, list[int]] = field(default_factory=dict)  # actor name -> process numbers
    counted: dict[str, list[str]] = field(default_factory=dict)  # size -> actors

    def __post_init__(self) -> None:
        for value in vars(self.module).values():
            if isinstance(value, Actors):
                self._act(value)
        pools: dict[type, list[tuple[str, Pool[Any]]]] = {}
        for name, value in attributes(self.world):
            if isinstance(value, Pool):
                pools.setdefault(value.record, []).append((name, value))
        for cls, found in pools.items():
            first, parts = 0, []
            for name, pool in found:
                parts.append((name, first, self.size(pool.n)))
                first += self.size(pool.n)
            self.heaps[cls] = Heap(found[0][0] if len(found) == 1 else cls.__name__, cls, first, tuple(parts))
        for name, value in attributes(self.world):
            self._declare(name, value, "", [()])
        for heap in self.heaps.values():
            for slot in range(heap.slots):
                self.cells[f"{heap.name}.allocated", (slot,)] = False
            for name, value in attributes(heap.cls):
                self._declare(name, value, f"{heap.name}.", [(i,) for i in range(heap.slots)])

    def _act(self, actors: Actors) -> None:
        count = actors.mark.count
        number = self.size(count)
        if isinstance(count, Size):
            self.counted.setdefault(self._size_name(count), []).append(actors.__name__)
        for i in range(number):
            self.spaces.setdefault(actors.__name__, []).append(len(self.actors))
            self.actors.append(Actor(actors.function, actors.__name__, i, number))  # type: ignore[arg-type]

    def size(self, n: int | Size) -> int:
        return n if isinstance(n, int) else self.sizes.get(self._size_name(n), n.default)

    def _size_name(self, size: Size) -> str:
        return next(name for name, value in attributes(self.world) if value is size)

    def _declare(self, name: str, value: object, prefix: str, at: list[tuple[int, ...]], ghost: bool = False) -> None:
        if isinstance(value, Field):
            spec = value.spec
            if spec.kind == "ghost":
                self._declare(name, spec.of, prefix, at, True)
                return
            self.specs[prefix + name] = (spec, ghost)
            for index in at:
                self.cells[prefix + name, index] = self.first(spec)
        elif isinstance(value, Record):
            for inner, part in attributes(type(value)):
                self._declare(inner, part, f"{prefix}{name}.", at, ghost)
        elif isinstance(value, Array):
            self._declare(name, value.of, prefix, [(*i, j) for i in at for j in range(self.size(value.n))], ghost)

    def first(self, spec: Spec) -> object:
        match spec.kind:
            case "state":
                return spec.init
            case "flag":
                return bool(spec.init)
            case "bounded":
                return self.size(spec.lo) if spec.init is None else spec.init
            case "bitset":
                return frozenset()
            case _:
                return None


def attributes(cls: type) -> Iterator[tuple[str, object]]:
    seen = set()
    for base in reversed(cls.__mro__):
        for name in vars(base):
            if name not in seen and not name.startswith("__"):
                seen.add(name)
                yield name, next(vars(b)[name] for b in cls.__mro__ if name in vars(b))


class Texts:
    """The definition of every function, by the file and line Python knows it under."""

    def __init__(self, module_file: str, text: str) -> None:
        self._files: dict[str, dict[tuple[int, str], ast.FunctionDef]] = {module_file: _functions(text)}

    def of(self, function: FunctionType) -> ast.FunctionDef:
        file = function.__code__.co_filename
        if file not in self._files:
            self._files[file] = _functions(inspect.getsource(inspect.getmodule(function)))  # type: ignore[arg-type]
        return self._files[file][function.__code__.co_firstlineno, function.__name__]


def _functions(text: str) -> dict[tuple[int, str], ast.FunctionDef]:
    return {
        (min([n.lineno, *(d.lineno for d in n.decorator_list)]), n.name): n
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.FunctionDef)
    }
