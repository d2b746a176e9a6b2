# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a protocol file declares: worlds, records, options, and the fields they are made of.

Nothing here runs a protocol. The classes carry the declarations to the compiler, and their types tell an editor what a
field holds. Fields are descriptors that accept more than they give (``T | Unset``), because a type checker narrows an
ordinary attribute on assignment and does not know that another actor writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, Literal, Self, TypeGuard, TypeVar, dataclass_transform, overload

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
R = TypeVar("R", bound="Record")

null: Any = None
"""The reference, or process id, that points nowhere. Compare with ``==``: ``is`` would make a type checker narrow."""


class Unset:
    """Never instantiated: it widens what a field accepts, so that no type checker narrows a field on assignment."""


class Pid:
    """A process instance. Supports ``==``, membership in a set and indexing; no order, no arithmetic."""


@dataclass(frozen=True, slots=True)
class Spec:
    """How a field was declared. ``kind`` is the specifier's name; the other fields apply by kind."""

    kind: Literal["state", "bounded", "flag", "ref", "pid", "bitset", "ghost"]
    enum: type[Enum] | None = None
    init: object = 0
    lo: int | Size = 0
    hi: int | Size = 0
    record: type[Record] | str | None = None
    of: object = None


class Field(Generic[T]):
    """A field of a world or a record that holds one value."""

    def __init__(self, spec: Spec) -> None:
        self.spec: Final = spec

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> Self | T:
        return self

    def __set__(self, instance: object, value: T | Unset) -> None:
        raise AttributeError("a protocol is compiled, never run")


class Size:
    """A parameter of a scenario: how many threads, pages, devices. ``--size`` overrides ``default``."""

    def __init__(self, default: int, *, most: int = 16, least: int = 0) -> None:
        self.default: Final = default
        self.most: Final = most
        self.least: Final = least

    @overload
    def __get__(self, instance: None, owner: type) -> Size: ...
    @overload
    def __get__(self, instance: object, owner: type) -> int: ...
    def __get__(self, instance: object, owner: type) -> Size | int:
        return self


class Pool(Generic[R]):
    """``n`` records that are allocated and freed. Iterating gives the allocated ones."""

    def __init__(self, record: type[R], n: int | Size, reuse: str) -> None:
        self.record: Final = record
        self.n: Final = n
        self.reuse: Final = reuse

    def alloc(self) -> R:
        """A free record, all fields at their initial values. Running out is a violation of ``bounds``."""
        raise AttributeError("a protocol is compiled, never run")

    def try_alloc(self) -> R:
        """As ``alloc``, but ``null`` when no record is free."""
        raise AttributeError("a protocol is compiled, never run")

    def free(self, record: R | Unset) -> None:
        """Give the record back: every reference to it dangles from now on. It must be quiescent."""
        raise AttributeError("a protocol is compiled, never run")

    def __getitem__(self, index: int) -> R: ...
    def __iter__(self) -> Iterator[R]: ...


class Array(Generic[T]):
    """``n`` values or records, indexed by a number or by the id of a process."""

    def __init__(self, n: int | Size, of: object) -> None:
        self.n: Final = n
        self.of: Final = of

    def __getitem__(self, index: int | Pid) -> T: ...
    def __setitem__(self, index: int | Pid, value: T | Unset) -> None: ...
    def __iter__(self) -> Iterator[T]: ...


class Bits(Generic[T]):
    """A set of values of a small domain."""

    def add(self, element: T) -> None: ...
    def remove(self, element: T) -> None: ...
    def clear(self) -> None: ...
    def __contains__(self, element: T) -> bool: ...
    def __len__(self) -> int: ...


@dataclass_transform(kw_only_default=True)
class Record:
    """A structure: fields, embedded records, methods. An annotated field is a parameter given where it is embedded."""

    def __init__(self, **parameters: object) -> None:
        self.parameters: Final = parameters


class Lock(Record):
    """A record with ``lock`` and ``unlock`` that ``with`` takes for a balanced section."""

    def lock(self) -> None: ...
    def unlock(self) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, kind: object, value: object, traceback: object) -> None: ...


class World:
    """The shared state of a protocol: the first parameter of every actor."""


class Options:
    """The variants of a protocol: ``Literal`` or ``bool`` fields with defaults, folded when it is compiled."""


def is_field(value: object) -> TypeGuard[Field[object]]:
    return isinstance(value, Field)


def is_array(value: object) -> TypeGuard[Array[object]]:
    return isinstance(value, Array)


def is_pool(value: object) -> TypeGuard[Pool[Record]]:
    return isinstance(value, Pool)


def state(member: E) -> Field[E]:
    """A field over an Enum, initially ``member``."""
    return Field(Spec("state", enum=type(member), init=member))


def bounded(lo: int | Size, hi: int | Size, *, init: int | None = None) -> Field[int]:
    """An integer from lo to hi, both included (initially ``init``, else lo). Leaving the range is a violation."""
    return Field(Spec("bounded", lo=lo, hi=hi, init=init))


def flag(init: bool = False) -> Field[bool]:
    """A Boolean."""
    return Field(Spec("flag", init=init))


def ref(record: type[R] | str) -> Field[R]:
    """A reference to a record of a pool, initially null. A name in quotes for a class defined further down."""
    return Field[R](Spec("ref", record=record))


def pid() -> Field[Pid]:
    """The id of a process, initially null."""
    return Field(Spec("pid"))


@overload
def bitset(of: type[Pid]) -> Bits[Pid]: ...
@overload
def bitset(of: type[E]) -> Bits[E]: ...
@overload
def bitset(of: int | Size) -> Bits[int]: ...
def bitset(of: Any) -> Any:
    """A set, initially empty: of process ids (``Pid``), of members of an Enum, or of the numbers 0 to n-1."""
    return Field[Any](Spec("bitset", of=of))


@overload
def ghost(of: Field[T]) -> Field[T]: ...
@overload
def ghost(of: Bits[T]) -> Bits[T]: ...
@overload
def ghost(of: Array[T]) -> Array[T]: ...
def ghost(of: Any) -> Any:
    """A field for specifications only: read by assertions, invariants and other ghosts; no step of its own."""
    return Field[Any](Spec("ghost", of=of))


def pool(record: type[R], n: int | Size = 1, *, reuse: Literal["lowest", "any"] = "lowest") -> Pool[R]:
    """``n`` records of a class. ``reuse``: which free record ``alloc`` gives, the lowest or any (all are explored)."""
    return Pool(record, n, reuse)


@overload
def array(n: int | Size, of: Field[T]) -> Array[T]: ...
@overload
def array(n: int | Size, of: Bits[T]) -> Array[Bits[T]]: ...
@overload
def array(n: int | Size, of: Array[T]) -> Array[Array[T]]: ...
@overload
def array(n: int | Size, of: R) -> Array[R]: ...
def array(n: int | Size, of: Any) -> Any:
    """``n`` fields or embedded records. With the Size of a process it may be indexed by that process's ids."""
    return Array[Any](n, of)
