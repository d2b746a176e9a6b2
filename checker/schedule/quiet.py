# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The loop and the way to it that are easiest to follow: as few switches between tasks as can be, then as few steps.

Found by Dijkstra's algorithm on the product of the states with who moved last and what fairness still asks for.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..liveness.fairness import Demands
from ..liveness.graph import Graph
from ..liveness.lasso import Loop

EFFORT = 300_000  # nodes of the product looked at for one loop: a few seconds
MOST_STARTS = 12  # states of the loop that was found at which a better one is looked for

Cost = tuple[int, int]  # switches, steps


@dataclass(frozen=True, slots=True)
class _Place:
    """``first`` and ``last``: who moved first and last (0: nobody yet). The rest is what the loop settled so far."""

    state: int
    first: int
    last: int
    settled: int
    offered: int
    met: int


@dataclass
class _Search:
    """Loops inside a set of states without the ``barred`` moves that meet the ``strong`` demands, from one state."""

    graph: Graph
    wanted: Demands
    inside: frozenset[int]
    barred: frozenset[int]
    strong: int
    effort: int = EFFORT
    came: dict[_Place, tuple[_Place, int]] = field(default_factory=dict[_Place, "tuple[_Place, int]"])

    def loop(self, start: int, below: Cost | None) -> tuple[Cost, tuple[int, ...]] | None:
        """The cheapest loop from ``start`` if it costs less than ``below``; a switch at its joint counts too."""
        self.came.clear()
        begin = _Place(start, 0, 0, self.wanted.free[start], self.wanted.offered[start] & self.strong, 0)
        best: dict[_Place, Cost] = {begin: (0, 0)}
        queue: list[tuple[Cost, int, _Place, bool]] = [((0, 0), 0, begin, False)]
        made = 0
        while queue and self.effort > 0:
            cost, _, place, closed = heapq.heappop(queue)
            if below is not None and cost >= below:
                return None
            if closed:
                return cost, self._steps(place)
            if best[place] < cost:
                continue
            self.effort -= 1
            if place.state == start and place.first and self._is_fair(place):
                made += 1
                joint = place.last != place.first
                heapq.heappush(queue, ((cost[0] + joint, cost[1]), made, place, True))
            for step in self.graph.steps(place.state):
                onward = self._after(place, step)
                if onward is None:
                    continue
                switch = place.last not in (0, onward.last)
                total = (cost[0] + switch, cost[1] + 1)
                if onward not in best or total < best[onward]:
                    best[onward] = total
                    self.came[onward] = place, step
                    made += 1
                    heapq.heappush(queue, (total, made, onward, False))
        return None

    def _after(self, place: _Place, step: int) -> _Place | None:
        move, target = self.graph.moves[step], self.graph.targets[step]
        if target not in self.inside or move in self.barred:
            return None
        wanted, mover = self.wanted, self.wanted.mover[move]
        met = place.met | wanted.meets[move] & self.strong
        settled = place.settled | mover | wanted.free[target]
        offered = (place.offered | wanted.offered[target] & self.strong) & ~met
        return _Place(target, place.first or mover, mover, settled, offered, met)

    def _is_fair(self, place: _Place) -> bool:
        return place.settled == self.wanted.everyone and not place.offered & ~place.met

    def _steps(self, place: _Place) -> tuple[int, ...]:
        steps: list[int] = []
        while place in self.came:
            place, step = self.came[place]
            steps.append(step)
        return tuple(reversed(steps))


def quiet_loop(
    graph: Graph, wanted: Demands, inside: frozenset[int], barred: frozenset[int], strong: int, found: Loop
) -> Loop:
    """The cheapest fair loop through one of the states of ``found``, or ``found`` if the effort does not suffice."""
    states = list(dict.fromkeys([found.start, *(graph.targets[step] for step in found.steps)]))
    search = _Search(graph, wanted, inside, barred, strong)
    best, cost = found, _cyclic(graph, wanted, found.steps)
    for start in states[:: max(1, len(states) // MOST_STARTS)]:
        better = search.loop(start, cost)
        if better is not None:
            cost, best = better[0], Loop(start, better[1])
    return best


def _movers(graph: Graph, wanted: Demands, steps: Sequence[int]) -> list[int]:
    return [wanted.mover[graph.moves[step]] for step in steps]


def _cyclic(graph: Graph, wanted: Demands, steps: Sequence[int]) -> Cost:
    movers = _movers(graph, wanted, steps)
    return sum(a != b for a, b in zip(movers, movers[1:] + movers[:1], strict=True)), len(movers)


def quiet_entry(graph: Graph, wanted: Demands, loop: Loop) -> tuple[list[int], Loop]:
    """The loop, begun where another task takes over and the way to it is easiest; that way first."""
    movers = _movers(graph, wanted, loop.steps)
    turns = [n for n in range(len(movers)) if movers[n - 1] != movers[n]] or [0]
    starts = {n: graph.targets[loop.steps[n - 1]] if n else loop.start for n in turns}
    ways = {n: quiet_way(graph, wanted, start) for n, start in starts.items()}
    best = min(turns, key=lambda n: (_switches(_movers(graph, wanted, ways[n])), len(ways[n]), n))
    return ways[best], Loop(starts[best], loop.steps[best:] + loop.steps[:best])


def _switches(movers: Sequence[int]) -> int:
    return sum(a != b for a, b in pairwise(movers))


def quiet_way(graph: Graph, wanted: Demands, target: int) -> list[int]:
    """The steps from the initial state to ``target`` with the fewest switches, then the fewest steps."""
    begin = (graph.initial[0], 0)
    best: dict[tuple[int, int], Cost] = {begin: (0, 0)}
    came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
    queue: list[tuple[Cost, tuple[int, int]]] = [((0, 0), begin)]
    while queue:
        cost, place = heapq.heappop(queue)
        if best[place] < cost:
            continue
        if place[0] == target:
            steps: list[int] = []
            while place in came:
                place, step = came[place]
                steps.append(step)
            return steps[::-1]
        for step in graph.steps(place[0]):
            mover = wanted.mover[graph.moves[step]]
            onward = graph.targets[step], mover
            total = cost[0] + (place[1] not in (0, mover)), cost[1] + 1
            if onward not in best or total < best[onward]:
                best[onward] = total
                came[onward] = place, step
                heapq.heappush(queue, (total, onward))
    raise AssertionError("every state of the graph was reached from its initial state")
