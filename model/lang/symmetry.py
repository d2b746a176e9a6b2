# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether the instances of an actor are interchangeable.

They run one automaton and differ by their index only. The language lets a program use an id for equality and indexing;
what is left to look for is a place that names a particular instance (``named``, found when lowering) and a first state
that tells instances apart. Without either, exchanging two instances maps runs to runs.
"""

from __future__ import annotations

from itertools import product

from ..ir.layout import strides
from ..ir.program import Variable
from ..ir.types import PidType, SetType
from .lower.state import Actor


def is_symmetric(actor: Actor, variables: list[Variable], first: tuple[tuple[int, ...], ...], named: set[str]) -> bool:
    if actor.name in named:
        return False
    position = 0
    for variable in variables:
        count = 1
        for dim in variable.dims:
            count *= dim.size
        for cells in first:
            if not _treats_alike(actor, variable, cells[position : position + count]):
                return False
        position += count
    return True


def _treats_alike(actor: Actor, variable: Variable, cells: tuple[int, ...]) -> bool:
    ids = range(actor.first, actor.first + actor.count)
    if isinstance(variable.type, PidType) and any(c in ids for c in cells):
        return False
    if isinstance(variable.type, SetType) and isinstance(variable.type.element, PidType):
        mask = sum(1 << (i - variable.type.first) for i in ids)
        if any(c & mask not in (0, mask) for c in cells):
            return False
    steps = strides(variable)
    for axis, dim in enumerate(variable.dims):
        if dim.space != actor.name:
            continue
        for index in product(*(range(d.size) for d in variable.dims)):
            here = sum(i * s for i, s in zip(index, steps, strict=True))
            base = here - index[axis] * steps[axis]
            if cells[here] != cells[base]:
                return False
    return True
