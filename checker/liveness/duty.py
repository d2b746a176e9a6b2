# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a liveness property obliges a run to do: states in which something is owed, and what pays the debt."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.claim import condition
from ...model.ir.program import Temporal
from ...model.ir.properties import SYSTEM_PROGRESS
from ...model.semantics import Semantics
from .graph import Graph, Moves


@dataclass(frozen=True)
class Duty:
    """A run that from some point on stays among ``owed`` states and makes none of the ``paying`` moves breaks it.

    ``who``: the instance that waits for it, if it is one's. ``subject`` and ``verb``: "cpu_fault[0]", "complete 'g'".
    ``hopeless``: by state, whether it can no longer be paid from there. ``way``: the shortest ways to the owed states.
    """

    who: int | None
    subject: str
    verb: str
    owed: Sequence[int]
    paying: frozenset[int]
    hopeless: Sequence[bool]
    way: Way

    @property
    def trapped(self) -> list[int]:
        return [state for state in self.owed if self.hopeless[state]]


class Way:
    """The shortest way to every state: ``depth`` by state, and the path as initial number and steps."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.depth: Sequence[int] = graph.tree.depth

    def path(self, state: int) -> tuple[int, list[int]]:
        return self.graph.tree.path(state)


class _WayThrough(Way):
    """The shortest way that passes one of the ``seeds`` and from there on stays ``inside``.

    ``reached``: the states there is such a way to.
    """

    def __init__(self, graph: Graph, seeds: Sequence[int], inside: Sequence[bool]) -> None:
        super().__init__(graph)
        depth = [-1] * len(graph)
        self.depth = depth
        self._arrival: dict[int, tuple[int, int]] = {}  # state -> the state before and the step
        queue = [(graph.tree.depth[seed], seed, -1, -1) for seed in seeds]
        heapq.heapify(queue)
        while queue:
            length, state, before, step = heapq.heappop(queue)
            if depth[state] >= 0:
                continue
            depth[state] = length
            if step >= 0:
                self._arrival[state] = before, step
            for onward in graph.steps(state):
                target = graph.targets[onward]
                if inside[target] and depth[target] < 0:
                    heapq.heappush(queue, (length + 1, target, state, onward))
        self.reached = [state for state in range(len(graph)) if depth[state] >= 0]

    def path(self, state: int) -> tuple[int, list[int]]:
        tail: list[int] = []
        while state in self._arrival:
            state, step = self._arrival[state]
            tail.append(step)
        initial, steps = super().path(state)
        return initial, steps + tail[::-1]


def goal_duties(semantics: Semantics, moves: Moves, graph: Graph, name: str) -> Iterator[Duty]:
    """One duty for each instance that is ever pending the goal; for system progress, for each of its goals too.

    For system progress whatever completes any goal pays.
    """
    program = semantics.program
    goals = program.goals if name == SYSTEM_PROGRESS else (name,)
    anybody = frozenset(move for move, (_, _, edge) in enumerate(moves.table) if edge.completes)
    pairs = [(i, g) for i in semantics.instances for g in goals if _can_pend(semantics, i, g)]
    paying = [
        anybody if name == SYSTEM_PROGRESS else frozenset(m for m in anybody if _pays(moves, m, instance, goal))
        for instance, goal in pairs
    ]
    masks = [sum(1 << k for k, payers in enumerate(paying) if move in payers) for move in range(len(moves.table))]
    ahead = graph.reaching(None, masks)
    way = Way(graph)
    for bit, (instance, goal) in enumerate(pairs):
        locations = semantics.layout.instances[instance][0].locations
        pending = [goal in location.pending for location in locations]
        owed = [number for number, state in enumerate(graph.states) if pending[state[instance]]]
        if owed:
            hopeless = [not mask >> bit & 1 for mask in ahead]
            if name == SYSTEM_PROGRESS:
                yield Duty(instance, "the system", "complete any goal", owed, paying[bit], hopeless, way)
            else:
                subject = semantics.layout.names[instance]
                yield Duty(instance, subject, f"complete '{goal}'", owed, paying[bit], hopeless, way)


def _can_pend(semantics: Semantics, instance: int, goal: str) -> bool:
    return any(goal in location.pending for location in semantics.layout.instances[instance][0].locations)


def _pays(moves: Moves, move: int, instance: int, goal: str) -> bool:
    mover, _, edge = moves.table[move]
    return mover == instance and goal in edge.completes


def temporal_duty(semantics: Semantics, graph: Graph, stated: Temporal) -> Duty | None:
    """The duty of a leads-to or always-eventually property, or None if its premise is never true."""
    holds = condition(semantics, stated)
    values = [holds(state) for state in graph.states]
    if not any(premise for premise, _ in values):
        return None
    seeds = [number for number, (premise, conclusion) in enumerate(values) if premise and not conclusion]
    way = _WayThrough(graph, seeds, [not conclusion for _, conclusion in values])
    ahead = graph.reaching([int(conclusion) for _, conclusion in values], None)
    verb = f"reach what '{stated.name}' promises"
    return Duty(None, "a run", verb, way.reached, frozenset(), [not mask for mask in ahead], way)
