# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether the instances of an actor are interchangeable.

They run one automaton and differ by their index only. The language lets a program use an id for equality and indexing;
what is left to look for is a place that names a particular instance (``named``, found when lowering) and first states
that tell instances apart. Without either, exchanging two instances maps runs to runs.

Several first states may each prefer an instance, if together they prefer none: exchanging two instances must map the
first states to themselves. Neighbours are enough, because exchanging neighbours gives every order.
"""

from __future__ import annotations

from itertools import product

from ..ir.layout import strides
from ..ir.program import Variable
from ..ir.types import PidType, SetType, Type
from .lower.state import Actor


def is_symmetric(actor: Actor, variables: list[Variable], first: tuple[tuple[int, ...], ...], named: set[str]) -> bool:
    if actor.name in named:
        return False
    known = set(first)
    exchanges = product(range(actor.count - 1), first)
    return all(_exchanged(actor, number, variables, cells) in known for number, cells in exchanges)


def _exchanged(actor: Actor, number: int, variables: list[Variable], cells: tuple[int, ...]) -> tuple[int, ...]:
    """The state after instance ``number`` of the actor and the next one have swapped their names."""
    result: list[int] = []
    for variable in variables:
        base = len(result)
        steps = strides(variable)
        indexed = [dim.space == actor.name for dim in variable.dims]
        for index in product(*(range(d.size) for d in variable.dims)):
            old = (_swapped(i, number) if mine else i for i, mine in zip(index, indexed, strict=True))
            origin = base + sum(i * s for i, s in zip(old, steps, strict=True))
            result.append(_renamed(variable.type, cells[origin], actor.first + number))
    return tuple(result)


def _swapped(value: int, first: int) -> int:
    """``first`` and ``first + 1`` change places."""
    return 2 * first + 1 - value if value in (first, first + 1) else value


def _renamed(kind: Type, value: int, first: int) -> int:
    """A value in which the process ids ``first`` and ``first + 1`` change places."""
    if isinstance(kind, PidType):
        return _swapped(value, first)
    if isinstance(kind, SetType) and isinstance(kind.element, PidType):
        members = (kind.first + bit for bit in range(kind.count) if value >> bit & 1)
        return sum(1 << _swapped(member, first) - kind.first for member in members)
    return value
