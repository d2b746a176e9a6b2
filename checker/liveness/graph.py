# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reachable states of a program and the steps between them, by number; and its strongly connected components."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...model.evaluate import State
from ...model.ir.layout import Layout
from ...model.ir.program import Edge


@dataclass(frozen=True)
class Moves:
    """A number for every (instance, edge): the instance's first number plus the number of the edge in its class."""

    layout: Layout

    @cached_property
    def first(self) -> tuple[int, ...]:
        result = [0]
        for process, _ in self.layout.instances:
            result.append(result[-1] + len(process.edges))
        return tuple(result)

    @cached_property
    def table(self) -> tuple[tuple[int, int, Edge], ...]:
        """By number: instance, number of the edge, edge."""
        return tuple(
            (instance, number, edge)
            for instance, (process, _) in enumerate(self.layout.instances)
            for number, edge in enumerate(process.edges)
        )


@dataclass(frozen=True)
class Graph:
    """A complete reachable graph: without violating steps, and with every step that exists after urgency.

    ``initial``: the state number of each initial state of the program. The steps from state s are numbers
    ``first[s]`` to ``first[s + 1]`` (exclusive); step e leads to state ``targets[e]`` and is the move ``moves[e]``.
    """

    states: Sequence[State]
    initial: tuple[int, ...]
    first: Sequence[int]
    targets: Sequence[int]
    moves: Sequence[int]

    def __len__(self) -> int:
        return len(self.states)

    def steps(self, state: int) -> range:
        return range(self.first[state], self.first[state + 1])

    @cached_property
    def tree(self) -> Tree:
        return Tree.of(self)

    @cached_property
    def components(self) -> tuple[list[int], ...]:
        """All strongly connected components, each before those that lead into it."""
        return tuple(components(self, range(len(self))))

    def reaching(self, at_state: Sequence[int] | None, by_move: Sequence[int] | None) -> list[int]:
        """For every state the union (as a bit mask) of the marks of all states and moves that lie ahead of it.

        ``at_state``: a mask for every state (the state itself lies ahead), ``by_move``: one for every move.
        """
        ahead = [0] * len(self)
        for component in self.components:
            mask = 0
            for state in component:
                mask |= at_state[state] if at_state else 0
                for step in self.steps(state):
                    mask |= ahead[self.targets[step]] | (by_move[self.moves[step]] if by_move else 0)
            for state in component:
                ahead[state] = mask
        return ahead


@dataclass(frozen=True)
class Tree:
    """A breadth-first tree: ``depth`` of every state, and the step and state it was first reached by (-1 at roots)."""

    graph: Graph
    depth: array[int]
    parent: array[int]
    step: array[int]

    @staticmethod
    def of(graph: Graph) -> Tree:
        depth = array("q", [-1]) * len(graph)
        parent, step = array("q", depth), array("q", depth)
        queue = list(dict.fromkeys(graph.initial))
        for root in queue:
            depth[root] = 0
        for state in queue:
            for edge in graph.steps(state):
                target = graph.targets[edge]
                if depth[target] < 0:
                    depth[target], parent[target], step[target] = depth[state] + 1, state, edge
                    queue.append(target)
        return Tree(graph, depth, parent, step)

    def path(self, state: int) -> tuple[int, list[int]]:
        """The number of the initial state, and the steps of a shortest path from it to ``state``."""
        steps: list[int] = []
        while self.parent[state] >= 0:
            steps.append(self.step[state])
            state = self.parent[state]
        return self.graph.initial.index(state), steps[::-1]


@dataclass
class _Tarjan:
    """One run of Tarjan's algorithm. ``order``: 0 until a state is met; a state that is not a key is outside."""

    graph: Graph
    barred: frozenset[int]
    order: dict[int, int]
    low: dict[int, int] = field(default_factory=dict[int, int])
    stack: list[int] = field(default_factory=list[int])
    done: set[int] = field(default_factory=set[int])

    def from_root(self, root: int) -> Iterator[list[int]]:
        """The components reachable from ``root``, iteratively: (state, next step to follow) for each open state."""
        self._enter(root)
        path = [root]
        cursor = [self.graph.first[root]]
        while path:
            state, step = path[-1], cursor[-1]
            if step < self.graph.first[state + 1]:
                cursor[-1] = step + 1
                target = self._follow(state, step)
                if target is not None:
                    path.append(target)
                    cursor.append(self.graph.first[target])
                continue
            path.pop()
            cursor.pop()
            if path:
                self.low[path[-1]] = min(self.low[path[-1]], self.low[state])
            if self.low[state] == self.order[state]:
                yield self._close(state)

    def _enter(self, state: int) -> None:
        self.order[state] = self.low[state] = len(self.low) + 1
        self.stack.append(state)

    def _follow(self, state: int, step: int) -> int | None:
        """The target, if it is to be entered now."""
        target = self.graph.targets[step]
        met = self.order.get(target)
        if met is None or target in self.done or self.graph.moves[step] in self.barred:
            return None
        if met == 0:
            self._enter(target)
            return target
        self.low[state] = min(self.low[state], met)
        return None

    def _close(self, root: int) -> list[int]:
        component: list[int] = []
        while not component or component[-1] != root:
            component.append(self.stack.pop())
        self.done.update(component)
        return component


def components(graph: Graph, region: Sequence[int], barred: frozenset[int] = frozenset()) -> Iterator[list[int]]:
    """The strongly connected components of the subgraph of ``region`` without the ``barred`` moves.

    A component comes before those that lead into it. Time and memory are linear in the region.
    """
    search = _Tarjan(graph, barred, dict.fromkeys(region, 0))
    for root in region:
        if search.order[root] == 0:
            yield from search.from_root(root)
