# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The states of a finished search and the steps between them, as the graph that liveness is decided on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from ...model.evaluate import State
from ...model.semantics import Semantics
from ..liveness.graph import Graph
from .library import Search


def stored_graph(semantics: Semantics, search: Search) -> Graph:
    """The complete reachable graph. Its states are read from the search as they are asked for."""
    stored = search.graph()
    number = {name: k for k, name in enumerate(stored.names)}
    initial = tuple(number[search.number(state)] for state in semantics.initial)
    return Graph(_States(search, stored.names), initial, stored.first, stored.targets, stored.moves)


class _States(Sequence[State]):
    """States by their number in the graph; ``names``: their numbers in the search."""

    def __init__(self, search: Search, names: Sequence[int]) -> None:
        self._search = search
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> State: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[State]: ...
    def __getitem__(self, index: int | slice) -> State | Sequence[State]:
        if isinstance(index, slice):
            return [self._search.state(n) for n in self._names[index]]
        return self._search.state(self._names[index])

    def __iter__(self) -> Iterator[State]:
        return (self._search.state(n) for n in self._names)
