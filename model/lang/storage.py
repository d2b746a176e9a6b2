# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The variables of a world: every field of every record flattened to a typed array."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from ..ir.program import Dim, Heap, Variable
from ..ir.types import BOOL, EnumType, IntType, PidType, RefType, SetType, Type
from . import record_parameters
from .declare import Pid, Pool, Record, Size, Spec, is_array, is_field, is_pool


class StorageError(Exception):
    """A declaration that cannot be laid out: which field of which class, what is wrong, what to do."""

    def __init__(self, cls: type, name: str, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.cls, self.name, self.problem, self.advice = cls, name, problem, advice


class StorageErrors(Exception):
    """All declarations of a world that cannot be laid out."""

    def __init__(self, errors: list[StorageError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


@dataclass(frozen=True)
class HeapInfo:
    """One record class with all its pools: attribute name -> (first slot, number of slots)."""

    name: str
    cls: type[Record]
    slots: int
    pools: dict[str, tuple[int, int]]
    any_slot: bool


@dataclass
class Storage:
    """Filled once by ``lay_out`` and only read afterwards. ``spaces``: Size name -> the process class it counts."""

    world: type
    sizes: dict[str, int]
    spaces: dict[str, str]
    pids: PidType
    variables: dict[str, Variable] = field(default_factory=dict[str, Variable])
    heaps: dict[type, HeapInfo] = field(default_factory=dict[type, HeapInfo])

    def size_of(self, n: int | Size, cls: type, name: str) -> int:
        if isinstance(n, int):
            return n
        return self.sizes[self.size_name(n, cls, name)]

    def size_name(self, size: Size, cls: type, name: str) -> str:
        for attribute, value in members(self.world):
            if value is size:
                return attribute
        raise StorageError(
            cls,
            name,
            "this Size is not a field of the world",
            f"declare it in {self.world.__name__}: 'threads = Size(2)'",
        )

    def heap_of(self, record: type[Record] | str | None, cls: type, name: str) -> HeapInfo:
        for known, info in self.heaps.items():
            if known is record or known.__name__ == record:
                return info
        what = record if isinstance(record, str) else record.__name__ if record else "?"
        raise StorageError(
            cls,
            name,
            f"a reference to {what}, but the world has no pool of {what}",
            f"add 'things = pool({what}, 1)' to {self.world.__name__}",
        )

    def type_of(self, spec: Spec, cls: type, name: str) -> Type:
        match spec.kind:
            case "flag":
                return BOOL
            case "state":
                assert spec.enum is not None
                return enum_type(spec.enum)
            case "bounded":
                lo, hi = self.size_of(spec.lo, cls, name), self.size_of(spec.hi, cls, name)
                if lo > hi:
                    raise StorageError(cls, name, f"bounded({lo}, {hi}) has no value", "the lower bound comes first")
                return IntType(lo, hi)
            case "ref":
                heap = self.heap_of(_record(spec.record), cls, name)
                return RefType(heap.name, heap.slots)
            case "pid":
                return self.pids
            case "bitset":
                return self._set_type(spec.of, cls, name)
            case "ghost":
                inner = spec.of
                if is_field(inner):
                    return self.type_of(inner.spec, cls, name)
                raise StorageError(cls, name, "ghost() needs a field", "write 'seen = ghost(flag())'")

    def _set_type(self, of: object, cls: type, name: str) -> SetType:
        if of is Pid:
            return SetType(self.pids, 1, len(self.pids.names))
        if isinstance(of, type) and issubclass(of, Enum):
            return SetType(enum_type(of), 0, len(of))
        if isinstance(of, int | Size):
            count = self.size_of(of, cls, name)
            return SetType(IntType(0, max(0, count - 1)), 0, count)
        raise StorageError(cls, name, "bitset() of what?", "bitset(Pid), bitset(SomeEnum) or bitset(4)")


def _record(record: object) -> type[Record] | str | None:
    return record if isinstance(record, str) or (isinstance(record, type) and issubclass(record, Record)) else None


def enum_type(cls: type[Enum]) -> EnumType:
    return EnumType(cls.__name__, tuple(m.name for m in cls))


def enum_value(member: Enum) -> int:
    return list(type(member)).index(member)


@cache
def members(cls: type) -> tuple[tuple[str, object], ...]:
    """The declared attributes of a world or record, base classes first, each name once with its final value."""
    names = (name for base in reversed(cls.__mro__) for name in vars(base) if not name.startswith("__"))
    return tuple((name, _final(cls, name)) for name in dict.fromkeys(names))


def _final(cls: type, name: str) -> object:
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    raise AttributeError(name)


def lay_out(world: type, sizes: dict[str, int], spaces: dict[str, str], pids: PidType) -> Storage:
    """All variables of a world. Raises StorageErrors."""
    storage = Storage(world, sizes, spaces, pids)
    errors: list[StorageError] = []
    try:
        _find_heaps(storage)
    except StorageError as error:
        raise StorageErrors([error]) from error
    _declare_all(storage, world, "", (), errors)
    for info in storage.heaps.values():
        dims = (Dim(info.slots, info.name, 1),)
        allocated = f"{info.name}.allocated"
        storage.variables[allocated] = Variable(allocated, BOOL, dims, hidden=True)
        _declare_all(storage, info.cls, f"{info.name}.", dims, errors)
    if errors:
        raise StorageErrors(errors)
    return storage


def _declare_all(storage: Storage, cls: type, prefix: str, dims: tuple[Dim, ...], errors: list[StorageError]) -> None:
    for name, value in members(cls):
        try:
            _declare(storage, cls, name, value, prefix, dims)
        except StorageError as error:
            errors.append(error)


def _find_heaps(storage: Storage) -> None:
    pools: dict[type[Record], list[tuple[str, Pool[Record]]]] = {}
    for name, value in members(storage.world):
        if is_pool(value):
            pools.setdefault(value.record, []).append((name, value))
    for cls, found in pools.items():
        ranges: dict[str, tuple[int, int]] = {}
        slots = 0
        for name, declared in found:
            count = storage.size_of(declared.n, storage.world, name)
            if count == 0:
                raise StorageError(storage.world, name, "a pool without records", "give its Size a 'least=1'")
            ranges[name] = (slots, count)
            slots += count
        heap = found[0][0] if len(found) == 1 else cls.__name__
        any_slot = all(p.reuse == "any" for _, p in found) and len(found) == 1
        storage.heaps[cls] = HeapInfo(heap, cls, slots, ranges, any_slot)


def _declare(
    storage: Storage, cls: type, name: str, value: object, prefix: str, dims: tuple[Dim, ...], ghost: bool = False
) -> None:
    """Add the variables of one attribute; anything that is no field (methods, parameters) declares nothing."""
    if is_field(value):
        _declare_field(storage, cls, name, value.spec, prefix, dims, ghost)
    elif isinstance(value, Record):
        try:
            record_parameters.check(value)
        except record_parameters.ParameterError as error:
            raise StorageError(cls, name, error.problem, error.advice) from error
        for inner, field_value in members(type(value)):
            _declare(storage, type(value), inner, field_value, f"{prefix}{name}.", dims, ghost)
    elif is_array(value):
        size = storage.size_of(value.n, cls, name)
        dim = Dim(size, space_of(storage, value.n, cls, name), (prefix + name).count(".") + 1)
        _declare(storage, cls, name, value.of, prefix, (*dims, dim), ghost)
    elif is_pool(value) and prefix:
        raise StorageError(cls, name, "a pool inside a record", "pools belong to the world: move it there")


def _declare_field(
    storage: Storage, cls: type, name: str, spec: Spec, prefix: str, dims: tuple[Dim, ...], ghost: bool
) -> None:
    if spec.kind == "ghost":
        if is_field(spec.of) or is_array(spec.of):
            _declare(storage, cls, name, spec.of, prefix, dims, ghost=True)
            return
        raise StorageError(cls, name, "ghost() needs a field", "write 'seen = ghost(flag())'")
    kind = storage.type_of(spec, cls, name)
    initial = _initial(spec, kind, cls, name)
    storage.variables[prefix + name] = Variable(prefix + name, kind, dims, initial, ghost=ghost)


def _initial(spec: Spec, kind: Type, cls: type, name: str) -> int:
    if spec.kind == "state":
        assert isinstance(spec.init, Enum)
        return enum_value(spec.init)
    if spec.kind == "flag":
        return int(bool(spec.init))
    if spec.kind == "bounded":
        value = kind.lo if spec.init is None else spec.init
        if not isinstance(value, int) or not kind.lo <= value <= kind.hi:
            raise StorageError(cls, name, f"init={value} is outside {kind.lo}..{kind.hi}", "give a value of the range")
        return value
    return 0


def space_of(storage: Storage, n: int | Size, cls: type, name: str) -> str | None:
    """The process class whose ids may index an array of this size."""
    return storage.spaces.get(storage.size_name(n, cls, name)) if isinstance(n, Size) else None


def heaps_of(storage: Storage, named: set[str]) -> tuple[Heap, ...]:
    """The heaps of the program. ``named``: heaps of which some particular slot is named, so that slots differ."""
    result: list[Heap] = []
    for info in storage.heaps.values():
        prefix = f"{info.name}."
        fields = tuple(v for v in storage.variables if v.startswith(prefix) and v != f"{info.name}.allocated")
        result.append(
            Heap(info.name, info.slots, f"{info.name}.allocated", fields, info.any_slot and info.name not in named)
        )
    return tuple(result)
