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
from types import CodeType, FrameType

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
    ``temporaries``: what its value stack holds, None if that cannot be seen."""

    code: CodeType
    lasti: int
    line: int
    locals: dict[str, object]
    temporaries: tuple[object, ...] | None


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
    temporaries = _temporaries(frame, shape) if VISIBLE else None
    return Activation(frame.f_code, lasti, frame.f_lineno or 0, known, temporaries)


_OUTSIDE = (str(Path(__file__).parent), contextlib.__file__, threading.__file__)


def _temporaries(frame: FrameType, shape: Flow) -> tuple[object, ...] | None:
    """The value stack of a frame that waits for a call to return; None if it is not known how deep it is.

    The interpreter notes the depth when Python calls Python. Where a call goes through C (``with`` entering a block),
    it follows from the code; what the call itself consumed is then left out, as the callee's locals have it.
    """
    code = frame.f_code
    base = _pointers(id(frame) + _FRAME_POINTER)[0]
    if base is None or _pointers(base)[_CODE[sys.version_info[:2]]] != id(code):
        return None
    first = shape.variables
    top = ctypes.c_int.from_address(base + _STACK_TOP).value
    if top < 0:
        below = shape.below(frame.f_lasti)
        if below is None:
            return None
        top = first + below
    if not first <= top <= first + code.co_stacksize:
        return None
    return tuple(_objects(base + _VALUES, first, top))


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
    seen: list[tuple[object, ...] | None] = []

    def callee() -> str:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        seen.append(_temporaries(frame, flow(frame.f_code)))
        return "right"

    def caller(left: str) -> str:
        return left + "," + callee()

    caller("left")
    return seen == [("left,",)]


VISIBLE = _sees_stacks()
