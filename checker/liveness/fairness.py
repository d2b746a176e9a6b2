# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a fair run owes the processes, as bit masks over a stored graph, and the search for fair cycles.

Weak fairness of an instance is a Büchi condition: again and again it moves, or cannot, or rests. A strong demand is a
Streett pair: if an edge of its key is offered again and again outside resting points, one is taken again and again.
A cycle that visits all of a strongly connected component is fair if the component meets every weak condition and takes
what it offers; where an offer is not taken, a fair cycle can only live in the states without that offer (Emerson, Lei).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .graph import Graph, Moves, components


@dataclass(frozen=True)
class Demands:
    """Masks: bit i of ``free`` and ``mover`` is instance i; bit k of ``offered`` and ``meets`` is strong demand k.

    By state, ``free``: instances that weak fairness does not oblige to move; ``offered``: strong demands on offer.
    By move, ``mover``: who moves; ``meets``: the strong demand that is met. ``subjects``: (kind, subject) of demand k.
    """

    everyone: int
    free: Sequence[int]
    offered: Sequence[int]
    mover: Sequence[int]
    meets: Sequence[int]
    subjects: tuple[tuple[str, str], ...]

    @property
    def every_strong(self) -> int:
        return (1 << len(self.subjects)) - 1


def demands(moves: Moves, graph: Graph) -> Demands:
    """The fairness demands of a program on its graph. Enabled means: the graph has the step."""
    keys: dict[tuple[int, str], int] = {}
    subjects: list[tuple[str, str]] = []
    mover: list[int] = []
    meets: list[int] = []
    resting: list[bool] = []
    for instance, _, edge in moves.table:
        mover.append(1 << instance)
        resting.append(moves.layout.instances[instance][0].locations[edge.source].rests)
        if edge.fairness is None:
            meets.append(0)
            continue
        if (instance, edge.fairness.key) not in keys:
            keys[instance, edge.fairness.key] = len(keys)
            subjects.append((edge.fairness.kind, edge.fairness.subject))
        meets.append(1 << keys[instance, edge.fairness.key])
    everyone = (1 << len(moves.layout.instances)) - 1
    free: list[int] = []
    offered: list[int] = []
    for state in range(len(graph)):
        able = offer = 0
        for step in graph.steps(state):
            move = graph.moves[step]
            if not resting[move]:
                able |= mover[move]
                offer |= meets[move]
        free.append(everyone & ~able)
        offered.append(offer)
    return Demands(everyone, free, offered, mover, meets, tuple(subjects))


def weakly_fair_components(
    graph: Graph, wanted: Demands, region: Sequence[int], barred: frozenset[int] = frozenset()
) -> Iterator[list[int]]:
    """The components of a region, with a step inside, of which a full tour is fair to every process."""
    for component in components(graph, region, barred):
        if not _is_loop_free(graph, component, barred):
            free, _, moved, _ = _union(graph, wanted, component, barred)
            if free | moved == wanted.everyone:
                yield component


def fair_components(
    graph: Graph, wanted: Demands, weakly_fair: Iterable[list[int]], barred: frozenset[int], strong: int
) -> Iterator[list[int]]:
    """Sets of states of which a full tour is fair, inside some weakly fair components.

    ``strong``: the mask of the strong demands to respect. There is a fair cycle in the components iff there is a set.
    """
    work = list(weakly_fair)
    while work:
        component = work.pop()
        _, offered, _, met = _union(graph, wanted, component, barred)
        missing = offered & ~met & strong
        if not missing:
            yield component
            continue
        rest = [state for state in component if not wanted.offered[state] & missing]
        work.extend(weakly_fair_components(graph, wanted, rest, barred))


def _is_loop_free(graph: Graph, component: list[int], barred: frozenset[int]) -> bool:
    """Whether a component is a single state without a step to itself."""
    if len(component) > 1:
        return False
    state = component[0]
    return not any(graph.targets[e] == state and graph.moves[e] not in barred for e in graph.steps(state))


def _union(graph: Graph, wanted: Demands, component: list[int], barred: frozenset[int]) -> tuple[int, int, int, int]:
    """The unions of ``free``, ``offered``, ``mover`` and ``meets`` over the states of a set and the steps inside it."""
    inside = set(component)
    free = offered = 0
    taken: set[int] = set()
    for state in component:
        free |= wanted.free[state]
        offered |= wanted.offered[state]
        for step in graph.steps(state):
            if graph.targets[step] in inside:
                taken.add(graph.moves[step])
    moved = met = 0
    for move in taken - barred:
        moved |= wanted.mover[move]
        met |= wanted.meets[move]
    return free, offered, moved, met
