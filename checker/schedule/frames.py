# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where a suspended task stands in its Python code: the calls it is inside of, with all that they will still look at.

Besides the locals that is what lies on the interpreter's value stack: the iterator of a ``for``, the operand to the
left of a call. Python does not show it; it is read from the interpreter's own structure where its layout is known and
proves right, and ``VISIBLE`` says whether that is so.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)

from ...model.kernel import sched
from .bytecode import Flow, flow

_FRAME_POINTER = 24  # bytes into a frame object: reference count, type, f_back
_STACK_TOP = 64  # bytes into the interpreter's frame, after eight pointers
_VALUES = 72  # locals, cells, free variables, then the stack
_CODE = {(3, 11): 4, (3, 12): 0, (3, 13): 0}  # which of the eight pointers is the code


@dataclass(frozen=True, slots=True)
class Activation:
    """A call that has not returned. ``lasti``: where the instruction begins that it is in; unlike ``f_lasti`` it does
    not depend on how the interpreter has specialised the code. ``locals``: those that matter, in order of their names.
    ``temporaries``: what its value stack holds, None if that cannot be seen, or if the call goes through a function of
    C that may hold more; ``why`` says so."""

    code: CodeType
    lasti: int
    line: int
    locals: dict[str, object]
    temporaries: tuple[object, ...] | None
    why: str = ""


def activations(frame: FrameType | None) -> list[Activation]:
    """The kernel's own calls on the stack of a task, outermost first; those of the scheduler are left out."""
    return [activation(f) for f in kernel_frames(frame)]


def kernel_frames(frame: FrameType | None) -> list[FrameType]:
    """The frames between what started the task and the point at which it is, outermost first."""
    found: list[FrameType] = []
    while frame is not None:
        if frame.f_code.co_filename == sched.__file__:
            found.clear()  # what a point called belongs to the scheduler
        elif not frame.f_code.co_filename.startswith(_OUTSIDE):
            found.append(frame)
        frame = frame.f_back
    return found[::-1]


def activation(frame: FrameType) -> Activation:
    shape = flow(frame.f_code)
    lasti = shape.at(frame.f_lasti)
    held, wanted = frame.f_locals, shape.wanted(lasti)
    known = {name: held[name] for name in (sorted(held) if wanted is None else wanted) if name in held}
    temporaries, why = None, ""
    if VISIBLE:
        try:
            temporaries = _temporaries(frame, shape)
        except _HiddenError as error:
            why = str(error)
    return Activation(frame.f_code, lasti, frame.f_lineno or 0, known, temporaries, why)


_OUTSIDE = (str(Path(__file__).parent), contextlib.__file__, threading.__file__)


class _HiddenError(Exception):
    """Something holds state that Python code cannot get at."""


def _temporaries(frame: FrameType, shape: Flow) -> tuple[object, ...]:
    """The value stack of a frame that waits for a call to return. Raises _HiddenError.

    The interpreter notes the depth when Python calls Python. Where a call goes through C (``with`` entering a block),
    it follows from the code; what the call itself consumed is then left out, as the callee's locals have it.
    """
    code = frame.f_code
    base = _pointers(id(frame) + _FRAME_POINTER)[0]
    if base is None or _pointers(base)[_CODE[sys.version_info[:2]]] != id(code):
        raise _HiddenError("this interpreter keeps it where it is not known")
    first = shape.variables
    top = ctypes.c_int.from_address(base + _STACK_TOP).value
    through_c = top < 0
    if through_c:
        below = shape.below(frame.f_lasti)
        if below is None:
            raise _HiddenError("an expression of a kind that is not known here is half done")
        top = first + below
    if not first <= top <= first + code.co_stacksize:
        raise _HiddenError("this interpreter keeps it where it is not known")
    found = tuple(_objects(base + _VALUES, first, top))
    return (*found, *_given(base + _VALUES, top, frame, shape, found)) if through_c else found


def _given(address: int, top: int, frame: FrameType, shape: Flow, found: tuple[object, ...]) -> tuple[object, ...]:
    """What a call through C goes on with besides what its callee has. Raises _HiddenError if it may hold more."""
    name, arguments = shape.call(frame.f_lasti)
    if name == "FOR_ITER":
        if not (found and _is_open(found[-1])):
            raise _HiddenError(f"an iterator of class {type(found[-1]).__name__ if found else '?'} is at work")
        return ()
    if arguments is None:
        return ()
    values = list(_objects(address, top, top + arguments))
    called = next((value for value in values[:2] if value is not None), None)
    if not _keeps_nothing(called):
        raise _HiddenError(f"{getattr(called, '__qualname__', called)}() has begun, and holds what it has so far")
    return tuple(values) if isinstance(called, BuiltinFunctionType) else ()


PASSING = frozenset({"next", "iter", "len", "isinstance", "issubclass", "hash", "repr", "getattr", "setattr", "hasattr",
                     "delattr", "callable", "id", "format", "abs", "round", "bool", "int", "str", "float", "super",
                     "type", "__next__", "send", "throw", "close", "enumerate", "map", "print", "divmod", "__enter__",
                     "__exit__", "__call__", "switch"})  # fmt: skip
"""What is written in C and calls Python at most once, with nothing to remember until that returns but its result."""
WRITTEN_IN_C = (BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType)


def _keeps_nothing(called: object) -> bool:
    """Whether a callable, while Python code runs below it, has no more state than its arguments and that code.

    In place of a bound method the interpreter leaves the object that it is bound to while it calls it.
    """
    if isinstance(called, type):
        defined = [vars(base).get(name) for base in called.__mro__ for name in ("__init__", "__new__")]
        ours = any(isinstance(function, FunctionType | staticmethod) for function in defined)
        plain = all(function is None or function in (object.__init__, object.__new__) for function in defined)
        return ours or plain or called.__name__ in PASSING or _defines(type(called), "__call__")
    return not isinstance(called, WRITTEN_IN_C) or called.__name__ in PASSING


def _defines(kind: type, name: str) -> bool:
    """Whether a method is written in Python."""
    return any(isinstance(vars(base).get(name), FunctionType) for base in kind.__mro__)


def _is_open(iterator: object) -> bool:
    """Whether an iterator that a ``for`` asks for the next value has no more state than the code that it runs."""
    if isinstance(iterator, GeneratorType | enumerate | map):
        return True
    return _defines(type(iterator), "__next__")


def _pointers(address: int) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * 8).from_address(address)  # pyright: ignore[reportReturnType] - items come back as int


def _objects(address: int, first: int, top: int) -> Iterator[object]:
    values = (ctypes.c_void_p * top).from_address(address)
    for number in range(first, top):
        pointer = values[number]
        yield None if pointer is None else ctypes.cast(pointer, ctypes.py_object).value


def _sees_stacks() -> bool:
    """Whether the layout is the one written above, tried on a call whose stack is known."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in _CODE or sys.maxsize < 2**32:
        return False
    if sysconfig.get_config_var("Py_GIL_DISABLED") or hasattr(sys, "gettotalrefcount"):
        return False
    seen: list[tuple[object, ...]] = []

    def callee() -> str:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        seen.append(_temporaries(frame, flow(frame.f_code)))
        return "right"

    def caller(left: str) -> str:
        return left + "," + callee()

    caller("left")
    return seen == [("left,",)]


VISIBLE = _sees_stacks()
