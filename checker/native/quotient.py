# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Real runs out of a reduced search.

A stored state stands for its renamings, and between two stored states there may be several steps. The steps between
them are found again from the stored state. Beside them a real run goes on: whenever the stored side makes a step, the
real state, which is a renaming of the stored one, has a step by the same edge to a renaming of where it leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...model.evaluate import State
from ...model.run import Schedule
from ...model.semantics import Semantics, Violation
from .library import Found, Search


def real_run(semantics: Semantics, search: Search, found: Found, name: str) -> Schedule:
    """A run that shows a violation of the property with this name."""
    numbers = search.ancestry(found.state)
    initial = next(k for k, state in enumerate(semantics.initial) if search.number(state) == numbers[0])
    state = semantics.initial[initial]
    steps: list[tuple[int, int]] = []
    for edge, representative in _stored_steps(semantics, search, numbers):
        who, state = next(
            (who, target)
            for who, number, target in semantics.successors(state)
            if number == edge[1] and _class_of(semantics, who) == edge[0] and not isinstance(target, Violation)
            if search.canonical(target) == representative
        )
        steps.append((who, edge[1]))
    if found.move is not None:
        steps.append(_violating(semantics, state, found.move.edge, name))
    return Schedule(initial, tuple(steps))


def _stored_steps(
    semantics: Semantics, search: Search, numbers: list[int]
) -> Iterator[tuple[tuple[str, int], tuple[int, ...]]]:
    """Every step of the stored side: (class, edge), and who represents the state it leads to."""
    for before, after in pairwise(numbers):
        state = search.state(before)
        for move in search.way(before, after):
            target = next(t for who, edge, t in semantics.successors(state) if (who, edge) == (move.process, move.edge))
            assert not isinstance(target, Violation)
            state = target
            yield (_class_of(semantics, move.process), move.edge), search.canonical(state)


def _violating(semantics: Semantics, state: State, edge: int, name: str) -> tuple[int, int]:
    """A step of this edge, or else of any, that violates the property."""
    found = [
        (who, number)
        for who, number, target in semantics.successors(state)
        if isinstance(target, Violation) and target.check.property == name
    ]
    return next((step for step in found if step[1] == edge), found[0])


def _class_of(semantics: Semantics, instance: int) -> str:
    return semantics.layout.instances[instance][0].name
