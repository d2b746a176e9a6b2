# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Fields whose declaration makes no sense whatever the sizes are: the wrong kind of value was handed to a specifier."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from types import FunctionType

from .declare import (
    Field,
    Pid,
    Record,
    Size,
    Spec,
    World,
    array,
    bitset,
    bounded,
    flag,
    ghost,
    is_array,
    is_field,
    is_pool,
    pid,
    pool,
    ref,
    state,
)  # fmt: skip
from .diagnostics import Diagnostic
from .source import SourceFile

SPECIFIERS = (array, bitset, bounded, flag, ghost, pid, pool, ref, state)


def check_fields(file: SourceFile, cls: type) -> Iterator[Diagnostic]:
    """The fields a class of this file declares itself."""
    for name, value in vars(cls).items():
        for problem, advice in _problems(value):
            headline = f"{cls.__name__}.{name}: {problem}"
            yield Diagnostic("SVM116", headline, file.attribute(cls.__name__, name), advice)


def _problems(value: object) -> Iterator[tuple[str, str]]:
    if is_field(value):
        yield from _of_spec(value.spec)
    elif is_array(value):
        yield from _of_count("an array", value.n)
        if is_field(value.of) or is_array(value.of):
            yield from _problems(value.of)
        elif not isinstance(value.of, Record):
            yield f"an array of {_shown(value.of)}", "array(n, flag()) holds fields, array(n, Page()) records in place"
    elif is_pool(value):
        yield from _of_count("a pool", value.n)
        if value.n == 0:
            yield "an empty pool", "give it at least one record"
        if not _is_record(value.record):
            yield f"a pool of {_shown(value.record)}", "write pool(Page, 2) with 'class Page(Record)'"
        if value.reuse not in ("lowest", "any"):
            yield f"reuse={value.reuse!r}", 'reuse is "lowest" or "any"'
    elif isinstance(value, type) and issubclass(value, World | Record | Field):
        yield f"the class {value.__name__} where a field is meant", f"write {value.__name__}() to embed a record"
    elif isinstance(value, FunctionType) and any(value is specifier for specifier in SPECIFIERS):
        yield f"the function {value.__name__} where a field is meant", f"write {value.__name__}() with what it takes"


def _of_count(what: str, n: object) -> Iterator[tuple[str, str]]:
    if not isinstance(n, Size) and (type(n) is not int or n < 0):
        yield f"{what} of {_shown(n)} elements", "count with an integer or a Size"


def _of_spec(spec: Spec) -> Iterator[tuple[str, str]]:
    match spec.kind:
        case "state" if not isinstance(spec.init, Enum):
            yield f"state({_shown(spec.init)})", "state() takes a member of an Enum: state(Pte.DEVICE)"
        case "flag" if not isinstance(spec.init, bool):
            yield f"flag({_shown(spec.init)})", "a flag is True or False"
        case "bounded":
            numbers = (spec.lo, spec.hi, spec.lo if spec.init is None else spec.init)
            if not all(type(n) is int or isinstance(n, Size) for n in numbers):
                shown = ", ".join(_shown(n) for n in numbers)
                yield f"the range {shown} is not made of integers", "write bounded(0, 7, init=0)"
        case "ref" if not isinstance(spec.record, str) and not _is_record(spec.record):
            yield f"a reference to {_shown(spec.record)}", "write ref(Page) with 'class Page(Record)'"
        case "bitset" if spec.of is not Pid and not _is_enum(spec.of):
            yield from _of_count("a bitset", spec.of)
        case "ghost":
            if is_field(spec.of) or is_array(spec.of):
                yield from _problems(spec.of)
            else:
                yield f"ghost({_shown(spec.of)})", "ghost() takes a field: ghost(flag())"
        case _:
            pass


def _is_record(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Record)


def _is_enum(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Enum)


def _shown(value: object) -> str:
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, int | float | str):
        return repr(value)
    if isinstance(value, FunctionType):
        return f"the function {value.__name__}"
    return "a field" if is_field(value) else f"a {type(value).__name__}"
