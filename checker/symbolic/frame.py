# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a fired edge does to the cells, and that every other cell keeps its value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.ir.expr import Expr
from .circuit import FALSE, TRUE, Circuit, at_most_one
from .expressions import Symbolic
from .state import Cell, Members, Number, StateVars

if TYPE_CHECKING:
    from .transition import Move

LONG = 6  # a list of writers that is longer gets one variable for "somebody writes here"


@dataclass(frozen=True, slots=True)
class Write:
    """``when``: the edge fires and means this cell. The value is evaluated in the old state by ``scope``."""

    when: int
    value: Expr
    scope: Symbolic


def changes(
    circuit: Circuit, now: StateVars, then: StateVars, moves: Iterable[tuple[Move, Symbolic]]
) -> Iterator[tuple[int, ...]]:
    writes: dict[int, list[Write]] = {}
    for move, scope in moves:
        if move.fires != FALSE:
            for position, write in _writes(circuit, move, scope):
                writes.setdefault(position, []).append(write)
    for position, before in now.cells.items():
        yield from _cell(circuit, before, then.cells[position], writes.get(position, []))


def _writes(circuit: Circuit, move: Move, scope: Symbolic) -> Iterator[tuple[int, Write]]:
    """What an edge may write, where a later update of the same cell hides an earlier one."""
    hidden: dict[int, list[int]] = {}  # for each cell: when a later update means it
    for update in reversed(move.edge.updates):
        for position, means_it in scope.cells(update.var, update.index):
            later = hidden.setdefault(position, [])
            when = circuit.all_of((move.fires, means_it, *(-literal for literal in later)))
            if when != FALSE:
                yield position, Write(when, update.value, scope)
            later.append(means_it)


def _cell(circuit: Circuit, before: Cell, after: Cell, writes: list[Write]) -> Iterator[tuple[int, ...]]:
    written = tuple(write.when for write in writes)
    if len(written) > LONG:
        written = (circuit.any_of(written),)
    match before, after:
        case Number(old), Number(new) if set(new) == {0, 1} and new[0] == -new[1]:
            yield from _bit(old[1], new[1], [(w.when, w.scope.truth(w.value)) for w in writes], written)
        case Number(old), Number(new):
            yield from _number(circuit, dict(old), dict(new), writes, written)
        case Members(old), Members(new):
            values = [(w.when, w.scope.bits(w.value)) for w in writes]
            for n, (was, is_) in enumerate(zip(old, new, strict=True)):
                bit = [(when, bits[n] if n < len(bits) else FALSE) for when, bits in values]
                yield from _bit(was, is_, bit, written)
        case _:
            raise ValueError("a cell is a number in one state and a set in the other")


def _bit(
    before: int, after: int, writes: list[tuple[int, int]], written: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    if after in (TRUE, FALSE):
        return
    for when, value in writes:
        yield (-when, -value, after)
        yield (-when, value, -after)
    yield (-after, before, *written)
    yield (-before, after, *written)


def _number(
    circuit: Circuit, before: dict[int, int], after: dict[int, int], writes: list[Write], written: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    """A one-hot cell. A value outside the domain cannot be stored (the compiler checks it before)."""
    if len(after) == 1:
        return
    makers: dict[int, list[int]] = {value: [] for value in after}
    for write in writes:
        for value, literal in write.scope.cases(write.value).items():
            yield (-write.when, -literal, after.get(value, FALSE))
            if value in makers:
                makers[value].append(write.when)
    for value, is_it in after.items():
        yield (-is_it, before[value], *makers[value])
        yield (-before[value], is_it, *written)
    yield from at_most_one(circuit, list(after.values()))
