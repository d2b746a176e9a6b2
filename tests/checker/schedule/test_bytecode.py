# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from types import CodeType

import pytest

from svmcheck.checker.schedule.bytecode import REFLECTION, Flow, flow


def stop() -> int:
    return 0


class Manager:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def call_of_stop(code: CodeType, number: int = 0) -> int:
    """The offset at which a function calls ``stop()`` for the n-th time."""
    found = [
        after.offset
        for before, after in zip(_calls(code, "LOAD_GLOBAL"), _calls(code, "CALL"), strict=True)
        if before.argval == "stop"
    ]
    return found[number]


def _calls(code: CodeType, name: str) -> Iterator[dis.Instruction]:
    """Loads of ``stop``, or the calls that follow them."""
    waiting = False
    for i in dis.get_instructions(code):
        if i.opname == "LOAD_GLOBAL" and i.argval == "stop":
            waiting = True
            if name == "LOAD_GLOBAL":
                yield i
        elif waiting and i.opname == "CALL":
            waiting = False
            if name == "CALL":
                yield i


def dead_after() -> int:
    used = 1
    stop()
    unused = used
    stop()
    return unused


def in_a_loop(count: int) -> int:
    total = 0
    while count:
        total += stop()
        count -= 1
    return total


def in_a_handler(name: str) -> str:
    try:
        stop()
    except ValueError:
        return name
    return ""


def overwritten() -> int:
    value = 1
    stop()
    value = 2
    return value + value


def deleted() -> None:
    value = 1
    stop()
    del value


@pytest.mark.parametrize(
    ("function", "number", "live"),
    [
        (dead_after, 0, {"used"}),
        (dead_after, 1, {"unused"}),
        (in_a_loop, 0, {"count"}),  # the sum is on the stack
        (in_a_handler, 0, {"name"}),
        (overwritten, 0, set[str]()),
        (deleted, 0, set[str]()),
    ],
)
def test_a_local_is_live_if_some_way_on_reads_it(function: Callable[..., object], number: int, live: set[str]) -> None:
    shape = flow(function.__code__)
    assert shape.live(call_of_stop(function.__code__, number)) == live


def depth_at_stop(shape: Flow, code: CodeType) -> int | None:
    return shape.below(call_of_stop(code))


def two_operands(left: int) -> int:
    return left + stop()


def for_loop() -> None:
    for _ in (1, 2):
        stop()


def argument_in_for() -> None:
    for _ in (1, 2):
        callable(stop)


def with_in_for() -> None:
    for _ in (1, 2):
        with Manager():
            stop()


def in_except() -> None:
    try:
        raise ValueError
    except ValueError:
        stop()


def generator() -> Iterator[int]:
    for _ in (1, 2):
        yield stop()


@pytest.mark.parametrize(
    ("function", "below"),
    [
        (dead_after, 0),
        (two_operands, 1),
        (for_loop, 1),
        (argument_in_for, 1),
        (with_in_for, 2),
        (in_except, 1),
        (generator, 1),
    ],
)
def test_what_lies_below_a_call_is_counted(function: Callable[..., object], below: int) -> None:
    shape = flow(function.__code__)
    assert depth_at_stop(shape, function.__code__) == below


def test_an_offset_in_the_cache_of_an_instruction_belongs_to_it() -> None:
    shape = flow(two_operands.__code__)
    offset = call_of_stop(two_operands.__code__)
    begin, following = shape.at(offset), min(o for o in shape.offsets if o > offset)
    assert {shape.at(inside) for inside in range(begin, following, 2)} == {begin}


def test_every_function_of_the_standard_library_can_be_analysed() -> None:
    """Depths that do not agree would show as a negative one."""
    import argparse
    import dataclasses
    import json.decoder
    import tarfile

    codes = [
        f.__code__
        for module in (argparse, dataclasses, json.decoder, tarfile)
        for kind in vars(module).values()
        for f in (vars(kind).values() if isinstance(kind, type) else [kind])
        if hasattr(f, "__code__")
    ]
    assert len(codes) > 150
    for code in codes:
        shape = flow(code)
        assert all(0 <= depth <= code.co_stacksize for depth in shape.depth.values()), code.co_qualname
        assert shape.live_after is not None or REFLECTION & {*code.co_names}, code.co_qualname
