# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which instances are the same up to their name, so that what is true of one is true of the others.

If a class is symmetric (the compiler saw no use of a particular index) and every initial state stays what it is when
two of its instances change places, then changing places maps runs to runs, fair ones to fair ones, and what one of the
two owes to what the other owes. The test of initial states is sufficient, not necessary.
"""

from __future__ import annotations

from itertools import product

from ...model.ir.layout import Layout, cells
from ...model.ir.program import Process, Variable
from ...model.ir.types import PidType, SetType, Type


def representatives(layout: Layout) -> dict[int, int]:
    """For every instance the first that it can change places with: itself, or the first of its class."""
    result: dict[int, int] = {}
    first: dict[str, int] = {}
    for number, (process, _) in enumerate(layout.instances):
        start = first.setdefault(process.name, number)
        result[number] = start if process.symmetric and _starts_alike(layout, process, start) else number
    return result


def _starts_alike(layout: Layout, process: Process, start: int) -> bool:
    """Whether no initial state tells the instances of a class apart. ``start``: the number of the first of them."""
    members = range(start + 1, start + 1 + process.count)  # as values of a process id
    at = 0
    for variable in layout.program.variables:
        many = cells(variable)
        for state in layout.program.initial:
            values = state[at : at + many]
            if any(_names(variable.type, value, members) for value in values):
                return False
            if not _same_along(variable, values, process.name):
                return False
        at += many
    return True


def _names(kind: Type, value: int, members: range) -> bool:
    """Whether a value speaks of one of the instances."""
    match kind:
        case PidType():
            return value in members
        case SetType(PidType(), first, count):
            return any(value >> bit & 1 and first + bit in members for bit in range(count))
        case _:
            return False


def _same_along(variable: Variable, values: tuple[int, ...], space: str) -> bool:
    """Whether the cells do not change with an index of the space."""
    seen: dict[tuple[int | None, ...], int] = {}
    for value, index in zip(values, product(*(range(d.size) for d in variable.dims)), strict=True):
        key = tuple(None if d.space == space else i for d, i in zip(variable.dims, index, strict=True))
        if seen.setdefault(key, value) != value:
            return False
    return True
