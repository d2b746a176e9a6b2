# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a fair set of states to a run people can follow: a short loop made of real steps that is fair by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .fairness import Demands
from .graph import Graph

LOOP_EFFORT = 200_000  # states looked at to find a shorter loop: about half a second
MOST_STARTS = 64  # more starting points than this shorten hardly any loop further
LONGEST_SHRUNK = 400  # steps; shrinking is quadratic, and nobody follows a longer loop by hand


@dataclass(frozen=True, slots=True)
class Loop:
    """A cycle of steps (their numbers in the graph) from ``start``; without steps, a state nobody has to leave."""

    start: int
    steps: tuple[int, ...]


def fair_loop(
    graph: Graph, wanted: Demands, component: Sequence[int], barred: frozenset[int], strong: int, depth: Sequence[int]
) -> Loop:
    """A short fair loop in a fair set of states. ``depth``: the length of the stem to each state.

    Several starting points are tried, those with the shortest stem first; the shortest stem and loop together win.
    """
    walker = _Walker(graph, wanted, frozenset(component), barred, strong)
    starts = sorted(component, key=lambda state: (depth[state], state))
    tries = max(1, min(MOST_STARTS, LOOP_EFFORT // len(component)))
    loops = (_entered_early(graph, _shrunk(walker, Loop(start, walker.tour(start))), depth) for start in starts[:tries])
    return min(loops, key=lambda loop: (depth[loop.start] + len(loop.steps), len(loop.steps)))


def is_fair(graph: Graph, wanted: Demands, loop: Loop, strong: int) -> bool:
    """Whether repeating the steps for ever is fair; the stutter of a state without steps is not asked here."""
    free, offered, moved, met = 0, 0, 0, 0
    state = loop.start
    for step in loop.steps:
        free |= wanted.free[state]
        offered |= wanted.offered[state]
        moved |= wanted.mover[graph.moves[step]]
        met |= wanted.meets[graph.moves[step]]
        state = graph.targets[step]
    return free | moved == wanted.everyone and not offered & ~met & strong


@dataclass(frozen=True)
class _Walker:
    """Walks inside a fair set of states."""

    graph: Graph
    wanted: Demands
    inside: frozenset[int]
    barred: frozenset[int]
    strong: int

    def tour(self, start: int) -> tuple[int, ...]:
        """A fair cycle from ``start``: always on to the nearest step that settles something still owed, then home.

        It ends because what is settled stays settled, and the set as a whole owes nothing.
        """
        graph, wanted = self.graph, self.wanted
        steps: list[int] = []
        state, settled, met = start, wanted.free[start], 0
        offered = wanted.offered[start]
        while True:
            weak = wanted.everyone & ~settled
            strong = offered & ~met & self.strong
            if not weak and not strong and steps and state == start:
                return tuple(steps)
            for step in self._nearest(state, self._goal(start, weak, strong)):
                move, state = graph.moves[step], graph.targets[step]
                steps.append(step)
                settled |= wanted.mover[move] | wanted.free[state]
                met |= wanted.meets[move]
                offered |= wanted.offered[state]

    def _goal(self, start: int, weak: int, strong: int) -> Callable[[int], bool]:
        """Whether a step settles something; with nothing owed, whether it leads home."""
        graph, wanted = self.graph, self.wanted
        if not weak and not strong:
            return lambda step: graph.targets[step] == start
        return lambda step: bool(
            (wanted.mover[graph.moves[step]] | wanted.free[graph.targets[step]]) & weak
            or wanted.meets[graph.moves[step]] & strong
        )

    def _nearest(self, origin: int, good: Callable[[int], bool]) -> list[int]:
        """The shortest path of at least one step whose last step is good."""
        arrival: dict[int, int | None] = {origin: None}
        source: dict[int, int] = {}
        queue = [origin]
        for state in queue:
            for step in self.graph.steps(state):
                target = self.graph.targets[step]
                if target not in self.inside or self.graph.moves[step] in self.barred:
                    continue
                if good(step):
                    path = [step]
                    while (before := arrival[state]) is not None:
                        path.append(before)
                        state = source[state]
                    return path[::-1]
                if target not in arrival:
                    arrival[target], source[target] = step, state
                    queue.append(target)
        raise AssertionError("a fair set of states owes something it cannot settle")


def _shrunk(walker: _Walker, loop: Loop) -> Loop:
    """The loop without the detours it does not need to be fair, the longest first."""
    if len(loop.steps) > LONGEST_SHRUNK:
        return loop
    states = [loop.start, *(walker.graph.targets[step] for step in loop.steps)]
    for length in range(len(loop.steps) - 1, 0, -1):
        for begin in range(len(loop.steps) - length + 1):
            if states[begin] == states[begin + length]:
                rest = Loop(loop.start, loop.steps[:begin] + loop.steps[begin + length :])
                if is_fair(walker.graph, walker.wanted, rest, walker.strong):
                    return _shrunk(walker, rest)
    return loop


def _entered_early(graph: Graph, loop: Loop, depth: Sequence[int]) -> Loop:
    """The same loop, beginning at the state with the shortest stem."""
    states = [loop.start, *(graph.targets[step] for step in loop.steps[:-1])]
    first = min(range(len(states)), key=lambda number: depth[states[number]])
    return Loop(states[first], loop.steps[first:] + loop.steps[:first])
