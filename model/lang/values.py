# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What an expression of a protocol can stand for while it is compiled."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import FunctionType
from typing import cast

from ..ir.expr import Const, Expr
from ..ir.types import BOOL, EnumType, IntType, RefType, SetType, Type
from .declare import Array, Pool, Record, Spec
from .source import SourceFile


@dataclass(frozen=True, slots=True)
class Value:
    """A run-time value. ``origin`` tells reports and errors how the author wrote it."""

    expr: Expr
    origin: str = ""

    @property
    def type(self) -> Type:
        return self.expr.type


@dataclass(frozen=True, slots=True)
class Static:
    """Known while compiling: bool, int, str, None (null), an Enum member, a class, a module-level constant.

    ``choices``: what else an option could be that this is the value of.
    """

    value: object
    choices: tuple[object, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Alias:
    """A record in place: the world, an embedded record, or the record a reference names.

    Field ``f`` is the cell ``path.f`` at ``index``. ``derefs``: the references followed to get here, each with its
    source text; they are checked again at every access, as the record may be freed in between.
    """

    cls: type
    path: str
    index: tuple[Expr, ...]
    derefs: tuple[tuple[Expr, str], ...] = ()
    parameters: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class PoolValue:
    pool: Pool[Record]
    heap: str
    first: int  # the pool's first slot within the heap
    count: int


@dataclass(frozen=True, slots=True)
class ArrayValue:
    """An array field, waiting for its index."""

    array: Array[object]
    path: str
    owner: Alias
    size: int
    space: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A cell that can be read and stored."""

    var: str
    index: tuple[Expr, ...]
    type: Type
    owner: Alias
    spec: Spec | None
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A protocol function or method. ``receiver`` is bound as its first parameter."""

    function: FunctionType
    source: SourceFile
    node: ast.FunctionDef
    receiver: Alias | None = None
    role: str = ""

    @property
    def python(self) -> FunctionType:
        """``function`` itself: to a type checker, reading the attribute would bind it as a method."""
        return cast("FunctionType", self.function)

    @property
    def globals(self) -> dict[str, object]:
        return self.python.__globals__

    @property
    def name(self) -> str:
        return self.python.__qualname__.replace("<locals>.", "")


@dataclass(frozen=True, slots=True)
class Builtin:
    """A word of the language, or a method of a pool or a set (``receiver``)."""

    name: str
    receiver: object = None


@dataclass(frozen=True, slots=True)
class OptionsValue:
    """The options of the variant: attribute -> chosen value."""

    cls: type
    chosen: dict[str, object]


@dataclass(frozen=True, slots=True)
class ActorsValue:
    """All instances of one actor."""

    name: str
    first: int  # the process id of instance 0
    count: int


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a function that returns nothing returns."""

    function: str
    node: ast.FunctionDef


Meaning = (
    Nothing
    | Value
    | Static
    | Alias
    | PoolValue
    | ArrayValue
    | Place
    | Function
    | Builtin
    | OptionsValue
    | ActorsValue
    | Tuple
)


def null_of(kind: Type) -> Const:
    return Const(0, kind)


def a_type(kind: Type | None) -> str:
    """A type with its article."""
    if isinstance(kind, IntType) and kind.lo == kind.hi:
        return f"the {type_name(kind)}"
    name = type_name(kind)
    return name if kind is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def type_name(kind: Type | None) -> str:
    """A type as an author would say it."""
    match kind:
        case None:
            return "null"
        case EnumType(name):
            return name
        case IntType(lo, hi):
            return f"integer {lo}..{hi}" if lo != hi else f"integer {lo}"
        case RefType(heap):
            return f"reference into {heap}"
        case SetType(element):
            name = type_name(element)
            return f"set of {name.replace('integer', 'integers', 1) if isinstance(element, IntType) else name}"
        case _:
            return "bool" if kind == BOOL else "process id"
