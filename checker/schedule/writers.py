# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How a value of each class is written down for a state hash: what is plain, and what it leads to.

Nothing is guessed. An instance of a class that Python code defines is its attributes and slots, and what it inherits
from a built-in container or exception. An object of the standard library is what pickling says it is made of, which has
to be enough to make it again. Of anything else an ``Unseen`` is raised: it may hold what decides how a run goes on.
"""

from __future__ import annotations

import marshal
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import _GeneratorContextManager  # pyright: ignore[reportPrivateUsage]
from enum import Enum
from functools import cache, partial
from hashlib import blake2b
from pickle import PicklingError
from types import (
    BuiltinMethodType,
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    TracebackType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any, cast

from ...model.kernel.mm.mmu_notifier import Seq
from ...model.kernel.object import Kobject
from ...model.kernel.options import Config
from ...model.kernel.sched import Oid, Op, Task
from .frames import activation
from .unseen import unseen_value

if TYPE_CHECKING:
    from .statehash import Walk

Writer = Callable[["Walk", Any], "list[object]"]  # writes what is plain, returns what is not yet written
PLAIN = (type(None), bool, int, str, bytes, float, complex)
NOT_STATE = frozenset({"oid", "_ops"})
POINTER = 8  # bytes


@cache
def writer(kind: type) -> Writer:
    """How to write an instance of a class. Raises Unseen where that cannot be known."""
    for known, found in BY_CLASS:
        if issubclass(kind, known):
            plain = kind in (known if isinstance(known, tuple) else (known,))
            return found if plain or found in NO_ATTRIBUTES else _with_attributes(found)
    if kind.__module__ in ("_thread", "threading"):
        return _scheduler
    if _is_all_python(kind):
        return _value if is_frozen(kind) else _attributes
    return _as_pickled


def is_frozen(kind: type) -> bool:
    """Whether instances are values: frozen dataclasses."""
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def _is_all_python(kind: type) -> bool:
    """Whether an instance is no larger than its dictionary, its slots and its list of weak references make it."""
    more = (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0) + len(_slots(kind))
    return not kind.__itemsize__ and kind.__basicsize__ <= object.__basicsize__ + POINTER * more


# ---- what has a name, or no state


@cache
def code_text(code: CodeType) -> str:
    """Tells code by what it does and where it stands: two functions of one name on one line are not one."""
    return f"{code.co_qualname} {blake2b(marshal.dumps(code, 2), digest_size=8).hexdigest()}"


def _code(walk: Walk, value: CodeType) -> list[object]:
    walk.out.append(code_text(value))
    return []


def _name(walk: Walk, value: Any) -> list[object]:
    """What is the same in every run: classes, modules, ranges, descriptors."""
    walk.out.append(f"{type(value).__name__} {getattr(value, '__qualname__', None) or repr(value)}")
    return []


def _scheduler(walk: Walk, value: object) -> list[object]:
    """Locks of the threads that a backend runs tasks in: which is taken follows from who runs."""
    walk.out.append(type(value).__name__)
    return []


def _constant(walk: Walk, value: object) -> list[object]:
    """The same in all runs of a session, or no part of a state."""
    walk.out.append(type(value).__name__)
    return []


def _oid(walk: Walk, value: Oid) -> list[object]:
    """A name of an object says which one it is, wherever it is kept; which name that is depends on the run."""
    walk.refer(value)
    return []


def _enum(walk: Walk, value: Enum) -> list[object]:
    walk.out += (type(value).__name__, value.name)
    return []


def _operation(walk: Walk, value: Op) -> list[object]:
    walk.out += ("op", value.name, value.mode)
    return [value.key, value.ready]


def _task(walk: Walk, value: Task) -> list[object]:
    walk.out += ("task", value.number)
    return []


def _seq(walk: Walk, value: Seq) -> list[object]:
    """Grows for ever: only which are equal, and parity, decide anything."""
    walk.out += ("seq", walk.seqs.setdefault(int(value), len(walk.seqs)), value & 1)
    return []


def _number(walk: Walk, value: Any) -> list[object]:
    walk.out.append(f"{type(value).__name__} {value!r}")
    return []


# ---- instances of Python classes


def _value(walk: Walk, value: object) -> list[object]:
    return _attributes(walk, value)


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


def _with_attributes(inner: Writer) -> Writer:
    """Of a Python class that extends a built-in one."""

    def both(walk: Walk, value: object) -> list[object]:
        return [*inner(walk, value), *_attributes(walk, value)]

    return both


@cache
def _slots(kind: type) -> tuple[str, ...]:
    found: list[str] = []
    for base in kind.__mro__:
        names: str | Iterable[str] = base.__dict__.get("__slots__", ())
        for name in [names] if isinstance(names, str) else names:
            private = name.startswith("__") and not name.endswith("__")
            found.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return tuple(name for name in found if name not in ("__dict__", "__weakref__"))


@cache
def _counted(kind: type, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The attributes that take part, in an order of their own, and one text with the class and their names."""
    left_out: frozenset[str] = getattr(kind, "_uncounted", frozenset())
    hidden = NOT_STATE if issubclass(kind, Kobject) else frozenset[str]()
    counted = tuple(sorted(name for name in names if name not in left_out and name not in hidden))
    return " ".join((kind.__qualname__, *counted)), counted


# ---- containers


def _tuple(walk: Walk, value: tuple[object, ...]) -> list[object]:
    walk.out += ("tuple", type(value).__name__, len(value))
    return list(value)


def _sequence(walk: Walk, value: list[object] | deque[object]) -> list[object]:
    walk.out += ("list", len(value))
    return [*value, value.maxlen] if isinstance(value, deque) else list(value)


def _bytes(walk: Walk, value: bytearray) -> list[object]:
    walk.out.append(bytes(value))
    return []


def _ordered(walk: Walk, value: OrderedDict[object, object]) -> list[object]:
    walk.out += ("ordered", len(value))
    return [part for item in value.items() for part in item]


def _dict(walk: Walk, value: Mapping[object, object]) -> list[object]:
    walk.out += ("dict", len(value))
    keys = list(value)
    if all(_is_plain_key(key) for key in keys):
        keys.sort(key=_sort_key)
    found: list[object] = []
    for key in keys:
        found += (key, value[key])
    return found


def _view(walk: Walk, value: Iterable[object]) -> list[object]:
    walk.out.append(type(value).__name__)
    return [getattr(value, "mapping").copy()]  # noqa: B009 - the stubs of views do not tell


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


# ---- what can be called, or is in the middle of something


def _function(walk: Walk, value: FunctionType) -> list[object]:
    walk.out += ("function", code_text(value.__code__))
    return [*(value.__closure__ or ()), value.__defaults__, value.__kwdefaults__, value.__dict__]


def _cell(walk: Walk, value: CellType) -> list[object]:
    try:
        return [value.cell_contents]
    except ValueError:
        return ["unset"]


def _method(walk: Walk, value: MethodType | BuiltinMethodType) -> list[object]:
    owner = value.__self__
    walk.out.append(value.__qualname__)
    function: list[object] = [value.__func__] if isinstance(value, MethodType) else []
    return function if owner is None or isinstance(owner, ModuleType) else [*function, owner]


def _partial(walk: Walk, value: partial[object]) -> list[object]:
    return [value.func, value.args, value.keywords]


def _manager(walk: Walk, value: Any) -> list[object]:
    """What ``contextlib.contextmanager`` makes: the rest of it is text."""
    walk.out.append("manager")
    return [value.gen]


def _generator(walk: Walk, value: Any) -> list[object]:
    coroutine = isinstance(value, CoroutineType)
    frame: FrameType | None = value.cr_frame if coroutine else value.gi_frame
    running: bool = value.cr_running if coroutine else value.gi_running
    if frame is None or running:  # a running one is among the calls of its task
        walk.out += ("generator", running)
        return []
    call = activation(frame)
    walk.out += ("generator", code_text(call.code), call.lasti, *call.locals)
    return [*call.locals.values(), call.temporaries]


def _exception(walk: Walk, value: BaseException) -> list[object]:
    walk.out.append(type(value).__qualname__)
    made = value.__reduce__()
    return [*(made[1:] if isinstance(made, tuple) else ()), value.__cause__, value.__context__]


def _weak(walk: Walk, value: weakref.ref[object]) -> list[object]:
    walk.out.append("weakref")
    return [value()]


def _as_pickled(walk: Walk, value: Any) -> list[object]:
    """What is needed to make it again: iterators of the standard library tell what is left of them, unadvanced."""
    try:
        made = value.__reduce_ex__(2)
    except (TypeError, AttributeError, ValueError, PicklingError) as error:
        raise unseen_value(value, str(error)) from None
    if not isinstance(made, tuple):
        raise unseen_value(value, "it is known by its name only")
    walk.out.append(type(value).__qualname__)
    parts = cast("tuple[object, ...]", made)
    return [list(cast("Any", part)) if number in (3, 4) and part is not None else part
            for number, part in enumerate(parts) if number > 0]  # fmt: skip


_EMPTY: dict[object, object] = {}
VIEWS: tuple[type, ...] = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))
DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType)
BY_CLASS: tuple[tuple[type | tuple[type, ...], Writer], ...] = (
    (Config, _constant),
    (Oid, _oid),
    (Task, _task),
    (Op, _operation),
    (Enum, _enum),
    (Seq, _seq),
    (tuple, _tuple),
    ((list, deque), _sequence),
    (OrderedDict, _ordered),
    ((dict, MappingProxyType), _dict),
    ((set, frozenset), _set),
    (bytearray, _bytes),
    (FunctionType, _function),
    (CellType, _cell),
    ((MethodType, BuiltinMethodType), _method),
    (partial, _partial),
    ((GeneratorType, CoroutineType), _generator),
    (_GeneratorContextManager, _manager),
    (BaseException, _exception),
    (TracebackType, _constant),
    (weakref.ref, _weak),
    (CodeType, _code),
    (VIEWS, _view),
    ((range, type, ModuleType, *DESCRIPTORS), _name),
    ((int, float, complex, str, bytes), _number),
)
NO_ATTRIBUTES = frozenset({_constant, _oid, _task, _operation, _enum, _seq, _manager, _exception, _name})
VALUES = frozenset({_constant, _oid, _enum, _operation, _task, _seq, _tuple, _value, _name, _code, _number, _function,
                    _method, _partial, _scheduler})  # fmt: skip
"""Writers of what is equal if its parts are, and may be made anew at each use; anything else has an identity."""
