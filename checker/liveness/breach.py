# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How a duty can be broken: the fair cycles inside the states that owe it, and the best run to show for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ...specs.verdict import Grade
from .duty import Duty
from .fairness import Demands, fair_components, weakly_fair_components
from .graph import Graph
from .lasso import Loop, fair_loop

Pause = Callable[[str], None]  # called now and then with what is going on; may raise to end the work


@dataclass(frozen=True, slots=True)
class Breach:
    """How a duty is broken: a loop inside ``owed`` states, reached on the shortest way."""

    duty: Duty
    loop: Loop
    grade: Grade

    @property
    def size(self) -> tuple[bool, int, int]:
        """Orders breaches: inevitable before adversarial, then the shorter run."""
        steps = len(self.loop.steps) or 1
        return self.grade is not Grade.INEVITABLE, self.duty.way.depth[self.loop.start] + steps, steps


class DutySearch:
    """The search for a fair run that breaks one duty; repeated with other strong demands at little cost."""

    def __init__(self, graph: Graph, wanted: Demands, still: frozenset[int], duty: Duty, pause: Pause) -> None:
        self._graph = graph
        self._wanted = wanted
        self._still = [state for state in duty.owed if state in still]
        self._duty = duty
        self._pause = pause

    @cached_property
    def _weakly_fair(self) -> list[list[int]]:
        self._pause(f"can {self._duty.subject} {self._duty.verb}")
        return list(weakly_fair_components(self._graph, self._wanted, self._duty.owed, self._duty.paying))

    def is_broken(self, strong: int) -> bool:
        return bool(self._still) or any(True for _ in self._fair(self._weakly_fair, strong))

    def breach(self, strong: int) -> Breach | None:
        """The best run that breaks the duty: inside the trap, if there is one, else the shortest.

        What leads out of the trapped states does not exist, so a component is trapped as a whole or not at all.
        """
        hopeless, depth = self._duty.hopeless, self._duty.way.depth
        candidates = [[state] for state in self._still] + list(self._fair(self._weakly_fair, strong))
        if not candidates:
            return None
        trapped = [candidate for candidate in candidates if hopeless[candidate[0]]]
        nearest = min(trapped or candidates, key=lambda states: min(depth[state] for state in states))
        grade = Grade.INEVITABLE if trapped else Grade.ADVERSARIAL
        return Breach(self._duty, self._loop(nearest, strong), grade)

    def _loop(self, states: list[int], strong: int) -> Loop:
        if len(states) == 1 and states[0] in self._still:
            return Loop(states[0], ())
        return fair_loop(self._graph, self._wanted, states, self._duty.paying, strong, self._duty.way.depth)

    def _fair(self, weakly_fair: list[list[int]], strong: int) -> Iterable[list[int]]:
        return fair_components(self._graph, self._wanted, weakly_fair, self._duty.paying, strong)
