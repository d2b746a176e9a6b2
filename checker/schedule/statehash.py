# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A hash of everything that decides how a run can go on: the world, and where each task stands in its code.

Two states that differ only in the identity of their objects, or in the order in which these were made, hash equal:
an object is named by when the walk first meets it. Left out: names of objects (``oid``), ``Kobject._uncounted``, the
operations that objects keep, and locals that are never read again. Dictionaries with plain keys count as unordered:
kernel code must not depend on the order in which they were filled (``for ... in sorted(...)``).
"""

from __future__ import annotations

import marshal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import _GeneratorContextManager  # pyright: ignore[reportPrivateUsage]
from enum import Enum
from functools import cache, partial
from hashlib import blake2b
from types import BuiltinMethodType, CellType, CodeType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, cast

from ...model.kernel.mm.mmu_notifier import Seq
from ...model.kernel.object import Kobject
from ...model.kernel.options import Config
from ...model.kernel.sched import START, Oid, Op, Task
from ...model.kernel.sync.lockdep import Lockdep
from .frames import activation, activations
from .runtime import Runtime

DIGEST = 16  # bytes: no two of 10^12 states are likely to share one
NOT_STATE = frozenset({"oid", "_ops", "__weakref__"})
PLAIN = (type(None), bool, int, str, bytes, float)
LINKS = frozenset({"list_iterator", "list_reverseiterator", "tuple_iterator", "range_iterator", "set_iterator",
                   "dict_keyiterator", "dict_valueiterator", "dict_itemiterator", "enumerate", "zip", "map", "filter",
                   "reversed", "str_iterator", "str_ascii_iterator", "bytes_iterator"})  # fmt: skip


def state_hash(runtime: Runtime) -> bytes:
    """The state of a run between two steps."""
    walk = Walk()
    walk.take(list(runtime.world.roots))
    for task in runtime.alive:
        walk.task(task, runtime)
    if runtime.lockdep is not None:
        walk.out.extend(_orders(runtime.lockdep))
    return walk.digest()


def value_hash(value: object) -> bytes:
    """The hash of one structure, for comparing structures."""
    walk = Walk()
    walk.take(value)
    return walk.digest()


def _orders(lockdep: Lockdep) -> Iterator[str]:
    """Orders seen so far decide which acquisition will be an error."""
    for first in sorted(lockdep.after):
        yield first
        yield from sorted(lockdep.after[first])


class Walk:
    """Writes values down as a sequence of plain ones. ``numbers``: the objects met, by address; ``kept`` keeps them.

    ``sets``: those whose members have no order of their own. They are written last, when most members have a number.
    """

    def __init__(self) -> None:
        self.out: list[object] = []
        self.numbers: dict[int, int] = {}
        self.kept: list[object] = []
        self.seqs: dict[int, int] = {}  # values of notifier sequences, in the order met
        self.sets: list[set[object] | frozenset[object]] = []

    def digest(self) -> bytes:
        for members in self.sets:  # which may grow
            for _, member in sorted(((self._rank(m), m) for m in members), key=lambda pair: pair[0]):
                self.take(member)
        return blake2b(marshal.dumps(self.out, 0), digest_size=DIGEST).digest()

    def _rank(self, member: object) -> tuple[int, bytes, list[bool]]:
        """An order that addresses have no part in: members met before, then by content and the sets they are in."""
        number = self.numbers.get(id(member))
        if number is not None:
            return number, b"", []
        other = Walk()
        other.numbers = dict(self.numbers)
        other.take(member)
        return len(self.numbers), blake2b(marshal.dumps(other.out, 0)).digest(), [member in s for s in self.sets]

    def task(self, task: Task, runtime: Runtime) -> None:
        self.out += ("task", task.number, task.op.name, task.op.mode, task.op.urgent, task.urgent, task.inside)
        self.out += (len(task.hurried), *task.hurried, len(task.held), *task.pending)
        self.take([task.held, task.waits, task.cpu])
        if task.op is START:
            self.take(task.function)
        for call in activations(runtime.backend.frame(task)):
            self.out += (call.code.co_qualname, call.lasti, *call.locals)
            self.take((*call.locals.values(), call.temporaries))

    def take(self, value: object) -> None:
        """Writes a value and all it leads to, depth first; without recursion, as lists may be long."""
        stack = [value]
        out, numbers = self.out, self.numbers
        while stack:
            value = stack.pop()
            kind = type(value)
            if kind in _IS_PLAIN:
                out.append(value)
                continue
            number = numbers.get(id(value))
            if number is not None:
                out.append("^")
                out.append(number)
                continue
            writer = _writer(kind)
            if writer not in _VALUES and kind is not frozenset:
                numbers[id(value)] = len(numbers)
                self.kept.append(value)
            children = writer(self, value)
            if children:
                stack.extend(reversed(children))


_IS_PLAIN = frozenset(PLAIN)
Writer = Callable[[Walk, Any], "list[object]"]  # writes what is plain, returns what is not yet written


@cache
def _writer(kind: type) -> Writer:
    """How to write an instance of a class."""
    for known, writer in _BY_CLASS:
        if issubclass(kind, known):
            return writer
    if is_frozen(kind):
        return _value
    if kind.__name__ in LINKS or kind.__module__ == "itertools":
        return _iterator
    return _name if kind.__module__ in ("_thread", "threading") else _attributes


def is_frozen(kind: type) -> bool:
    """Whether instances are values: frozen dataclasses."""
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def _name(walk: Walk, value: Any) -> list[object]:
    """What is the same in every run: classes, modules, code, ranges; of locks of the scheduler only the kind."""
    kind = type(value).__name__
    if type(value).__module__ in ("_thread", "threading"):
        walk.out.append(kind)
        return []
    name = value.co_qualname if isinstance(value, CodeType) else getattr(value, "__qualname__", None)
    walk.out.append(f"{kind} {name or repr(value)}")
    return []


def _constant(walk: Walk, value: object) -> list[object]:
    """The same in all runs of a session, or no part of a state."""
    walk.out.append(type(value).__name__)
    return []


def _enum(walk: Walk, value: Enum) -> list[object]:
    walk.out += (type(value).__name__, value.name)
    return []


def _operation(walk: Walk, value: Op) -> list[object]:
    walk.out += ("op", value.name, value.mode)
    return []


def _task(walk: Walk, value: Task) -> list[object]:
    walk.out += ("task", value.number)
    return []


def _seq(walk: Walk, value: Seq) -> list[object]:
    """Grows for ever: only which are equal, and parity, decide anything."""
    walk.out += ("seq", walk.seqs.setdefault(int(value), len(walk.seqs)), value & 1)
    return []


def _tuple(walk: Walk, value: tuple[object, ...]) -> list[object]:
    walk.out += ("tuple", type(value).__name__, len(value))
    return list(value)


def _value(walk: Walk, value: object) -> list[object]:
    return _attributes(walk, value)


def _manager(walk: Walk, value: Any) -> list[object]:
    """What ``contextlib.contextmanager`` makes: the rest of it is text."""
    walk.out.append("manager")
    return [value.gen]


def _attributes(walk: Walk, value: object) -> list[object]:
    kind = type(value)
    fields = getattr(value, "__dict__", None)
    if fields is None:
        fields = {name: getattr(value, name) for name in _slots(kind) if hasattr(value, name)}
    elif _slots(kind):
        fields = {**fields, **{name: getattr(value, name) for name in _slots(kind) if hasattr(value, name)}}
    header, names = _counted(kind, tuple(fields))
    walk.out.append(header)
    return [value for name in names if type(value := fields[name]) is not Op]


@cache
def _slots(kind: type) -> tuple[str, ...]:
    found: list[str] = []
    for base in kind.__mro__:
        names: str | Iterable[str] = base.__dict__.get("__slots__", ())
        found += [names] if isinstance(names, str) else names
    return tuple(name for name in found if name not in ("__dict__", "__weakref__"))


@cache
def _counted(kind: type, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The attributes that take part, in an order of their own, and one text with the class and their names."""
    left_out: frozenset[str] = getattr(kind, "_uncounted", frozenset())
    hidden = NOT_STATE if issubclass(kind, Kobject) else frozenset({"__weakref__"})
    counted = tuple(sorted(name for name in names if name not in left_out and name not in hidden))
    return " ".join((kind.__qualname__, *counted)), counted


def _sequence(walk: Walk, value: list[object] | deque[object]) -> list[object]:
    walk.out += ("list", len(value))
    return list(value)


def _bytes(walk: Walk, value: bytearray) -> list[object]:
    walk.out.append(bytes(value))
    return []


def _dict(walk: Walk, value: dict[object, object]) -> list[object]:
    walk.out += ("dict", len(value))
    keys = list(value)
    if all(_is_plain_key(key) for key in keys):
        keys.sort(key=_sort_key)
    found: list[object] = []
    for key in keys:
        found += (key, value[key])
    return found


def _is_plain_key(key: object) -> bool:
    """Keys that have an order of their own, whatever run made them."""
    if isinstance(key, tuple) and not isinstance(key, Oid):
        return all(_is_plain_key(part) for part in cast("tuple[object, ...]", key))
    return isinstance(key, (*PLAIN, Enum))


def _sort_key(key: object) -> tuple[str, object]:
    if isinstance(key, int | float):
        return "", key
    return type(key).__name__, repr(key)


def _set(walk: Walk, value: set[object] | frozenset[object]) -> list[object]:
    walk.out += ("set", len(value))
    if all(_is_plain_key(item) for item in value):
        return sorted(value, key=_sort_key)
    walk.out.append(len(walk.sets))
    walk.sets.append(value)
    return []


def _function(walk: Walk, value: FunctionType) -> list[object]:
    walk.out += ("function", value.__qualname__, value.__code__.co_firstlineno)
    cells = value.__closure__ or ()
    return [*cells, value.__defaults__, value.__kwdefaults__]


def _cell(walk: Walk, value: CellType) -> list[object]:
    try:
        return [value.cell_contents]
    except ValueError:
        return ["unset"]


def _method(walk: Walk, value: MethodType | BuiltinMethodType) -> list[object]:
    walk.out.append(value.__qualname__)
    owner = value.__self__
    return [] if isinstance(owner, ModuleType) else [owner]


def _partial(walk: Walk, value: partial[object]) -> list[object]:
    return [value.func, value.args, value.keywords]


def _generator(walk: Walk, value: GeneratorType[object, object, object]) -> list[object]:
    if value.gi_frame is None or value.gi_running:  # a running one is among the calls of its task
        walk.out += ("generator", value.gi_running)
        return []
    call = activation(value.gi_frame)
    walk.out += ("generator", call.code.co_qualname, call.lasti, *call.locals)
    return [*call.locals.values(), call.temporaries]


def _iterator(walk: Walk, value: Any) -> list[object]:
    """The iterators of the standard library tell what is left of them without being advanced."""
    walk.out.append(type(value).__name__)
    return list(value.__reduce__()[1:])


_BY_CLASS: tuple[tuple[type | tuple[type, ...], Writer], ...] = (
    (Config, _constant),
    (Oid, _constant),
    (Task, _task),
    (Op, _operation),
    (Enum, _enum),
    (Seq, _seq),
    (tuple, _tuple),
    ((list, deque), _sequence),
    (dict, _dict),
    ((set, frozenset), _set),
    (bytearray, _bytes),
    (FunctionType, _function),
    (CellType, _cell),
    ((MethodType, BuiltinMethodType), _method),
    (partial, _partial),
    (GeneratorType, _generator),
    (_GeneratorContextManager, _manager),
    ((range, type, ModuleType, CodeType, int, str), _name),
)
_VALUES = frozenset({_constant, _enum, _operation, _task, _seq, _tuple, _value, _name, _function, _method, _partial})
"""Writers of what is equal if its parts are, and may be made anew at each use; anything else has an identity."""
