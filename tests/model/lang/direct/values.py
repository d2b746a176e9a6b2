# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the direct interpreter computes with: references that dangle, records in place, frames of processes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NamedTuple

from svmcheck.model.lang.declare import Array, Record, Spec

Cell = tuple[str, tuple[int, ...]]


class Ref(NamedTuple):
    """A reference: the slot it names, and whether the record it was made for is still there."""

    heap: str
    slot: int
    live: bool


class Slot(NamedTuple):
    """``k.pages[0]``: a slot by its number. Becomes a Ref when it is kept somewhere."""

    heap: str
    slot: int


class Who(NamedTuple):
    """A process id: its number in the program, from 0."""

    number: int


class At(NamedTuple):
    """A record in place. ``ref``: the reference that was followed to get here, if ``through``."""

    cls: type
    path: str
    index: tuple[int, ...]
    through: bool = False
    ref: Ref | Slot | None = None
    parameters: tuple[tuple[str, object], ...] = ()


class Many(NamedTuple):
    """An array field that waits for its index."""

    array: Array[Any]
    path: str
    owner: At
    size: int


class Heap(NamedTuple):
    name: str
    cls: type
    slots: int
    pools: tuple[tuple[str, int, int], ...]  # attribute, first slot, number of slots


class Method(NamedTuple):
    function: FunctionType
    receiver: At | None


class Word(NamedTuple):
    name: str
    receiver: Any = None


class Place(NamedTuple):
    cell: Cell
    spec: Spec
    ghost: bool
    owner: At


class Violation(Exception):
    """A property is violated here."""

    def __init__(self, property: str) -> None:
        super().__init__(property)
        self.property = property


class Unsupported(Exception):
    """The direct interpreter cannot execute this: an ``and`` or ``or`` with steps in an argument before another."""


class Wants(Exception):
    """Evaluation stops, because something has to be done first: its result goes to the frame's log."""


class Keep(Wants):
    """Keep a value that was read, before something that takes steps is evaluated. ``alone``: reading it is a step."""

    def __init__(self, value: object, alone: bool = False) -> None:
        super().__init__()
        self.value, self.alone = value, alone


class Call(Wants):
    def __init__(self, function: FunctionType, arguments: dict[str, object]) -> None:
        super().__init__()
        self.function, self.arguments = function, arguments


class Choice(Wants):
    """Any of the values; with ``allocated``, the slots that are taken on the way."""

    def __init__(self, values: list[object], allocate: bool = False) -> None:
        super().__init__()
        self.values, self.allocate = values, allocate


# ---- processes

Control = tuple[Any, ...]


@dataclass(frozen=True)
class Frame:
    """One activation. ``control``: what is left to do, the next thing last. ``log``: results of the current statement's
    calls, choices and kept reads, in order. ``mode``: what becomes of its result."""

    function: FunctionType
    env: tuple[tuple[str, object], ...]
    control: tuple[Control, ...]
    log: tuple[object, ...] = ()
    mode: str = "log"


Proc = tuple[Frame, ...]
State = tuple[tuple[object, ...], tuple[Proc, ...]]  # values of the cells, processes
Moves = list[tuple[str, "State | Violation"]]  # "step", "lead" (an assertion on shared state) or "local"


def poisoned(value: object, ref: Ref) -> object:
    if isinstance(value, Ref):
        return Ref(value.heap, value.slot, False) if value == ref else value
    if isinstance(value, tuple):
        parts = [poisoned(v, ref) for v in value]
        if all(a is b for a, b in zip(parts, value, strict=True)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def poisoned_frame(frame: Frame, ref: Ref) -> Frame:
    return Frame(
        frame.function, poisoned(frame.env, ref), poisoned(frame.control, ref), poisoned(frame.log, ref), frame.mode
    )  # type: ignore[arg-type]


# ---- small functions of values


def parameters_of(record: Record) -> tuple[tuple[str, object], ...]:
    result: dict[str, object] = {}
    for base in reversed(type(record).__mro__):
        for name in vars(base).get("__annotations__", {}):
            if name in vars(base):
                result[name] = vars(base)[name]
    return tuple((result | record.parameters).items())


def same(left: Any, right: Any) -> bool:
    if isinstance(left, Ref | Slot) and isinstance(right, Ref | Slot):
        return left.slot == right.slot
    return type(left) is type(right) and left == right


def arithmetic(op: ast.operator, left: Any, right: Any) -> int:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case _:
            raise AssertionError(op)


def slug(text: str) -> str:
    import re

    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "assertion"


def number_in(node: ast.expr) -> int:
    return int(ast.literal_eval(node))


def single_return(node: ast.FunctionDef) -> ast.expr:
    return next(s.value for s in node.body if isinstance(s, ast.Return) and s.value is not None)


class Touched(Exception):
    """Raised in a blind evaluation at the first touch of shared state."""
