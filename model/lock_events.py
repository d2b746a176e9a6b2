# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the lock events of steps say: which acquisitions are mere waits, and which cells say who holds a lock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from .ir.layout import cells
from .ir.program import Edge, LockEvent, Variable
from .ir.types import PidType, SetType, Type
from .run import STAYS, Run
from .semantics import Semantics


def told(events: tuple[LockEvent, ...]) -> Iterator[tuple[LockEvent, bool]]:
    """Each event of a step, with whether it is a mere wait: an acquisition that the next event undoes."""
    for event, following in zip_longest(events, events[1:]):
        undone = (
            following is not None
            and following.action == "release"
            and (following.lock, following.index) == (event.lock, event.index)
        )
        yield event, undone


def holders(semantics: Semantics, played: Run) -> frozenset[int]:
    """The positions of the cells that say who holds a lock: those of a lock that name an actor since it took the lock.

    A lock may have other cells that name actors, such as a queue; they name it before it has the lock, or drop it then.
    """
    layout = semantics.layout
    found: set[int] = set()
    for (instance, number), before, after in zip(played.schedule.steps, played.states, played.states[1:], strict=False):
        taken = _taken(semantics.edge(instance, number)) if number != STAYS else ()
        for variable in layout.program.variables if taken else ():
            if variable.owner is None and variable.name.startswith(taken):
                found.update(
                    position
                    for position in _positions(layout.offset[variable.name], variable)
                    if not _names(variable.type, before[position], instance)
                    and _names(variable.type, after[position], instance)
                )
    return frozenset(found)


def _taken(edge: Edge) -> tuple[str, ...]:
    """What the names of the variables of the locks begin with that a step takes."""
    return tuple(f"{e.lock}." for e, passing in told(edge.locks) if e.action == "acquire" and not passing)


def _positions(offset: int, variable: Variable) -> range:
    return range(offset, offset + cells(variable))


def _names(kind: Type, value: int, instance: int) -> bool:
    """Whether a value is the process instance, or a set that has it as a member."""
    if isinstance(kind, SetType) and isinstance(kind.element, PidType):
        bit = instance + 1 - kind.first
        return 0 <= bit < kind.count and bool(value >> bit & 1)
    return isinstance(kind, PidType) and value == instance + 1
