# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a suspended Python function still needs: the locals that are live there, and how deep its value stack is.

A local whose value is never read again is no part of a state: with it, a loop would look different in its second round
than in its first. The analysis is the textbook one on the bytecode's control flow, exception handlers included; what
an interpreter's opcodes do not tell (a name that is not known here, ``locals()``) makes every local live.
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from itertools import pairwise
from types import CodeType

READS = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_FAST_AND_CLEAR"})
WRITES = frozenset({"STORE_FAST", "STORE_FAST_MAYBE_NULL"})
READS_TWO = frozenset({"LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"})
DELETES = frozenset({"DELETE_FAST"})
STOPS = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD",
                   "JUMP_BACKWARD_NO_INTERRUPT"})  # fmt: skip
REFLECTION = frozenset({"locals", "vars", "dir", "eval", "exec"})  # these look at locals by name
JUMPS = frozenset({*dis.hasjrel, *dis.hasjabs})
OPERANDS = {"BEFORE_WITH": 1, "LOAD_ATTR": 1, "STORE_ATTR": 2, "BINARY_OP": 2, "COMPARE_OP": 2, "BINARY_SUBSCR": 2,
            "CONTAINS_OP": 2, "STORE_SUBSCR": 3, "FOR_ITER": 0, "GET_ITER": 1, "SEND": 0, "LOAD_METHOD": 1,
            "UNARY_NOT": 1, "UNARY_NEGATIVE": 1, "UNARY_POSITIVE": 1, "UNARY_INVERT": 1, "WITH_EXCEPT_START": 0,
            "FORMAT_VALUE": 1, "DELETE_ATTR": 1, "DELETE_SUBSCR": 2, "BINARY_SLICE": 3, "STORE_SLICE": 4, "GET_LEN": 0,
            "POP_JUMP_FORWARD_IF_TRUE": 1, "POP_JUMP_FORWARD_IF_FALSE": 1, "POP_JUMP_BACKWARD_IF_TRUE": 1,
            "POP_JUMP_BACKWARD_IF_FALSE": 1, "POP_JUMP_IF_TRUE": 1, "POP_JUMP_IF_FALSE": 1, "TO_BOOL": 1,
            "JUMP_IF_TRUE_OR_POP": 1, "JUMP_IF_FALSE_OR_POP": 1, "GET_YIELD_FROM_ITER": 1}  # fmt: skip
CALLS = frozenset({"CALL", "CALL_KW", "PRECALL", "CALL_FUNCTION_EX"})
ON_CALL = 2  # the callable and NULL or self, below the arguments


@dataclass(frozen=True, slots=True)
class Handler:
    """Instructions from ``start`` to ``end`` (exclusive) go on at ``target`` when they raise, with this stack depth."""

    start: int
    end: int
    target: int
    depth: int


@dataclass(frozen=True)
class Flow:
    """One code object. ``live_after``: None where every local counts. ``depth``: before each reachable instruction.
    ``shared``: variables that closures share, which always count; ``variables``: how many of all kinds there are.

    ``offsets``: where instructions begin. PRECALL and the CALL behind it (CPython 3.11) are one: which of them calls
    depends on what the interpreter has learnt, and the arguments lie on the stack up to the end of both.
    """

    offsets: tuple[int, ...]
    live_after: dict[int, frozenset[str]] | None
    depth: dict[int, int]
    operands: dict[int, int | None]
    names: dict[int, str]
    shared: frozenset[str]
    variables: int
    _wanted: dict[int, tuple[str, ...]] = field(default_factory=dict[int, "tuple[str, ...]"])

    def at(self, lasti: int) -> int:
        """The offset of the instruction that ``f_lasti`` is in: it may point at a cache entry behind it."""
        return self.offsets[max(0, bisect_right(self.offsets, lasti) - 1)]

    def live(self, lasti: int) -> frozenset[str] | None:
        return None if self.live_after is None else self.live_after[self.at(lasti)]

    def wanted(self, lasti: int) -> tuple[str, ...] | None:
        """The names of the variables that count there, in order; None for all."""
        if self.live_after is None:
            return None
        names = self._wanted.get(lasti)
        if names is None:
            names = self._wanted[lasti] = tuple(sorted(self.live_after[self.at(lasti)] | self.shared))
        return names

    def below(self, lasti: int) -> int | None:
        """How many values lie on the stack below the operands of the instruction that is being executed."""
        offset = self.at(lasti)
        depth, taken = self.depth.get(offset), self.operands[offset]
        return None if depth is None or taken is None else max(0, depth - taken)

    def call(self, lasti: int) -> tuple[str, int | None]:
        """The instruction that is being executed, and how many values it calls with: the callable and what is below
        its arguments included. None if it is no call."""
        offset = self.at(lasti)
        name = self.names[offset]
        return name, self.operands[offset] if name in CALLS else None


@cache
def flow(code: CodeType) -> Flow:
    instructions = list(dis.get_instructions(code))
    handlers = tuple(_handlers(code.co_exceptiontable))
    following = {i.offset: n.offset for i, n in pairwise(instructions)}
    onward = {i.offset: tuple(_onward(i, following, handlers)) for i in instructions}
    return Flow(
        tuple(_begins(instructions)),
        _live_after(instructions, onward),
        _depths(code, instructions, following, handlers),
        {i.offset: _operands(i) for i in instructions},
        {i.offset: i.opname for i in instructions},
        frozenset((*code.co_cellvars, *code.co_freevars)),
        len({*code.co_varnames, *code.co_cellvars, *code.co_freevars}),
    )


def _begins(instructions: list[dis.Instruction]) -> Iterator[int]:
    before = ""
    for i in instructions:
        if (before, i.opname) != ("PRECALL", "CALL"):
            yield i.offset
        before = i.opname


def _handlers(table: bytes) -> Iterator[Handler]:
    """The exception table: four numbers an entry, six bits a byte, in units of two bytes of code."""
    numbers: list[int] = []
    more = False
    for byte in table:
        if not more:
            numbers.append(0)
        numbers[-1] = numbers[-1] << 6 | byte & 0x3F
        more = bool(byte & 0x40)
    for start, length, target, depth_lasti in zip(*[iter(numbers)] * 4, strict=True):
        depth, pushes_lasti = divmod(depth_lasti, 2)
        yield Handler(start * 2, (start + length) * 2, target * 2, depth + pushes_lasti + 1)


def _onward(i: dis.Instruction, following: dict[int, int], handlers: tuple[Handler, ...]) -> Iterator[int]:
    if i.opcode in JUMPS:
        yield i.argval
    if i.opname not in STOPS and i.offset in following:
        yield following[i.offset]
    yield from (h.target for h in handlers if h.start <= i.offset < h.end)


def _live_after(
    instructions: list[dis.Instruction], onward: dict[int, tuple[int, ...]]
) -> dict[int, frozenset[str]] | None:
    known = READS | WRITES | READS_TWO | DELETES
    if any(i.argval in REFLECTION for i in instructions if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")):
        return None
    if any("_FAST" in i.opname and i.opname not in known for i in instructions):
        return None
    before: dict[int, frozenset[str]] = {i.offset: frozenset() for i in instructions}
    after = dict(before)
    changed = True
    while changed:
        changed = False
        for i in reversed(instructions):
            live = frozenset[str]().union(*(before[target] for target in onward[i.offset]))
            after[i.offset] = live
            needed = _before(i, live)
            if needed != before[i.offset]:
                before[i.offset] = needed
                changed = True
    return after


def _before(i: dis.Instruction, live: frozenset[str]) -> frozenset[str]:
    if i.opname in READS:
        return live | {i.argval}
    if i.opname in READS_TWO:
        return live | set(i.argval)
    return live - {i.argval} if i.opname in WRITES | DELETES else live


def _depths(
    code: CodeType, instructions: list[dis.Instruction], following: dict[int, int], handlers: tuple[Handler, ...]
) -> dict[int, int]:
    """A generator begins with the value sent to it on its stack."""
    by_offset = {i.offset: i for i in instructions}
    resumed = bool(code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR))
    depth: dict[int, int] = {}
    work = [(instructions[0].offset, int(resumed))]
    while work:
        offset, deep = work.pop()
        if offset in depth:
            continue
        depth[offset] = deep
        i = by_offset[offset]
        arg = i.arg if i.opcode >= dis.HAVE_ARGUMENT else None
        if i.opcode in JUMPS:
            work.append((i.argval, deep + dis.stack_effect(i.opcode, arg, jump=True)))
        if i.opname not in STOPS and offset in following:
            work.append((following[offset], deep + dis.stack_effect(i.opcode, arg, jump=False)))
        work.extend((h.target, h.depth) for h in handlers if h.start <= offset < h.end)
    return depth


def _operands(i: dis.Instruction) -> int | None:
    """How many values an instruction has consumed while what it calls runs; None if that is not known here."""
    if i.opname == "CALL_FUNCTION_EX":
        return ON_CALL + 1 + (i.arg or 0) % 2  # the positional arguments, and the named ones if there are any
    if i.opname in CALLS:
        return (i.arg or 0) + ON_CALL
    return OPERANDS.get(i.opname)
