# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Progress decided on the states of a scenario: fair loops, traps and grades as for protocols (``checker/liveness``).

Nothing is said of a state space that is not complete but what it shows: a fair loop is one whatever else there is, and
progress that is possible is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.properties import PARTIAL_DEADLOCK, SYSTEM_PROGRESS
from ...specs.verdict import Grade, Verdict
from ..liveness.breach import Breach, DutySearch
from ..liveness.duty import Duty, Way
from ..liveness.fairness import Demands, fair_components, weakly_fair_components
from ..liveness.graph import Graph
from ..liveness.lasso import fair_loop
from ..liveness.wording import TIMING, WEAK, breach_sentence, likewise, strong_fairness_needed
from .quiet import quiet_entry, quiet_loop, quiet_way
from .statespace import Decision, StateSpace
from .view import Goal, Offer, View

POSSIBLE, UNKNOWN = 1, 2  # what may lie ahead of a state: the goal, a step that nobody tried


@dataclass(frozen=True, slots=True)
class Lasso:
    """The decisions that lead to a loop, and those that go round it once (none for what just ends there)."""

    stem: tuple[Decision, ...]
    loop: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the states say about one property. ``subjects``: the tasks and goals that the lasso starves."""

    property: str
    kind: str
    verdict: Verdict
    message: str = ""
    grade: Grade | None = None
    assumptions: tuple[str, ...] = ()
    lasso: Lasso | None = None


class Progress:
    """``timing``: urgent blocks took part, so that what tasks can do depends on them."""

    def __init__(self, space: StateSpace) -> None:
        self.space = space
        self.timing = (TIMING,) if any(node.seen.able != node.seen.enabled for node in space.nodes) else ()
        self._decisions: list[Decision] = []
        self._moves: dict[tuple[int, Offer | None, frozenset[str]], int] = {}
        self.graph = self._graph()
        self.wanted = self._demands()

    def judge(self) -> list[Judged]:
        """Every goal that is ever owed, progress of the whole, and partial deadlock."""
        goals = sorted({goal for node in self.space.nodes for goal in node.seen.owed})
        if not self.space.complete:
            return [j for j in self._livelocks(goals) if j.verdict is Verdict.VIOLATED]
        zeno = self._zeno()
        names = [*dict.fromkeys(name for _, name in goals), *([SYSTEM_PROGRESS] if goals else [])]
        if zeno is not None:
            livelocks = [Judged(n, "livelock", Verdict.VACUOUS, zeno, None, self.timing) for n in names]
            return [Judged(PARTIAL_DEADLOCK, "deadlock", Verdict.VACUOUS, zeno, None, self.timing), *livelocks]
        return [self._partial_deadlock(), *self._livelocks(goals)]

    # ---- the graph

    def _graph(self) -> Graph:
        first, targets, moves = [0], list[int](), list[int]()
        for node in self.space.nodes:
            for decision, taken in sorted(node.steps.items()):
                move = (decision[0], taken.takes, taken.completes)
                targets.append(taken.target)
                moves.append(self._moves.setdefault(move, len(self._moves)))
                self._decisions.append(decision)
            first.append(len(targets))
        return Graph([()] * len(self.space), (0,), first, targets, moves)

    def _demands(self) -> Demands:
        keys: dict[Offer, int] = {}
        everyone = 0
        for node in self.space.nodes:
            everyone |= node.seen.alive
            for offer in sorted(node.seen.offers):
                keys.setdefault(offer, len(keys))
        return Demands(
            everyone,
            [everyone & ~node.seen.enabled for node in self.space.nodes],
            [sum(1 << keys[offer] for offer in node.seen.offers) for node in self.space.nodes],
            [1 << (task - 1) for task, _, _ in self._moves],
            [0 if takes is None else 1 << keys[takes] for _, takes, _ in self._moves],
            tuple(("handover", lock) for _, lock in keys),
        )

    # ---- livelock

    def _livelocks(self, goals: list[Goal]) -> Iterator[Judged]:
        for name in dict.fromkeys(name for _, name in goals):
            yield self._livelock(name, [self._duty(goal) for goal in goals if goal[1] == name])
        if goals:
            yield self._livelock(SYSTEM_PROGRESS, [self._duty(goal, anybody=True) for goal in goals])

    def _duty(self, goal: Goal, anybody: bool = False) -> Duty:
        number, name = goal
        paying = frozenset(
            move
            for (task, _, completes), move in self._moves.items()
            if (completes if anybody else task == number and name in completes)
        )
        owed = [n for n, node in enumerate(self.space.nodes) if goal in node.seen.owed]
        hopeless = [not ahead for ahead in self._ahead(paying)]
        subject = "the system" if anybody else self.space.names[number]
        verb = "complete any goal" if anybody else f"complete '{name}'"
        return Duty(number - 1, subject, verb, owed, paying, hopeless, self._way)

    def _ahead(self, paying: frozenset[int]) -> list[int]:
        untried = [UNKNOWN if node.todo or node.lost else 0 for node in self.space.nodes]
        return self.graph.reaching(untried, [POSSIBLE if m in paying else 0 for m in range(len(self._moves))])

    @cached_property
    def _way(self) -> Way:
        return Way(self.graph)

    def _livelock(self, name: str, duties: list[Duty]) -> Judged:
        searches = [DutySearch(self.graph, self.wanted, frozenset(), duty, lambda _: None) for duty in duties]
        breaches = [b for search in searches if (b := search.breach(self.wanted.every_strong)) is not None]
        if breaches:
            return self._violated(name, min(breaches, key=lambda breach: breach.size), breaches)
        needed = strong_fairness_needed(self.wanted.subjects, lambda strong: any(s.is_broken(strong) for s in searches))
        return Judged(name, "livelock", Verdict.HOLDS, assumptions=(WEAK, needed, *self.timing))

    def _violated(self, name: str, worst: Breach, breaches: list[Breach]) -> Judged:
        duty, start = worst.duty, worst.loop.start
        grade: Grade | None = worst.grade
        if grade is Grade.ADVERSARIAL and not self._ahead(duty.paying)[start] & POSSIBLE:
            grade = None
        if grade is None:
            message = f"{duty.subject} does not {duty.verb} in a fair run; whether it could was not decided"
        else:
            message = breach_sentence(
                duty.subject,
                duty.verb,
                grade,
                from_everywhere=self.space.complete and len(duty.trapped) == len(duty.owed),
                from_the_start=duty.hopeless[0],
            )
        message += likewise((breach.duty.subject for breach in breaches), duty.subject)
        return Judged(name, "livelock", Verdict.VIOLATED, message, grade, self.timing, self._lasso(worst))

    def _lasso(self, breach: Breach) -> Lasso:
        """The run to show: rather a trap that can be followed than the shortest way into it."""
        duty = breach.duty
        hopeless = duty.hopeless[breach.loop.start]
        inside = frozenset(state for state in duty.owed if duty.hopeless[state] == hopeless)
        loop = quiet_loop(self.graph, self.wanted, inside, duty.paying, self.wanted.every_strong, breach.loop)
        stem, loop = quiet_entry(self.graph, self.wanted, loop)
        return Lasso(self._named(stem), self._named(loop.steps))

    def _named(self, steps: Iterable[int]) -> tuple[Decision, ...]:
        return tuple(self._decisions[step] for step in steps)

    # ---- what else the graph shows

    def _partial_deadlock(self) -> Judged:
        """Whether a task can be stuck for ever at a place where it must not stay, while others move."""
        everyone = self.wanted.everyone
        content = [everyone & ~seen.alive | seen.content & ~_owing(seen) for seen in (n.seen for n in self.space.nodes)]
        ahead = self.graph.reaching(content, [1 << (task - 1) for task, _, _ in self._moves])
        stuck = [state for state, seen in enumerate(ahead) if seen != everyone]
        if not stuck:
            return Judged(PARTIAL_DEADLOCK, "deadlock", Verdict.HOLDS, assumptions=self.timing)
        first = min(stuck, key=lambda state: self.space.nodes[state].depth)
        names = ", ".join(name for number, name in self.space.names.items() if not ahead[first] >> (number - 1) & 1)
        message = f"waiting for ever, while others can still move: {names}"
        lasso = Lasso(self._named(quiet_way(self.graph, self.wanted, first)), ())
        return Judged(PARTIAL_DEADLOCK, "deadlock", Verdict.VIOLATED, message, None, self.timing, lasso)

    def _zeno(self) -> str | None:
        """Who is held up for ever by urgent steps alone, in one sentence."""
        if not self.timing:
            return None
        for number, name in self.space.names.items():
            bit = 1 << (number - 1)
            held = [n for n, node in enumerate(self.space.nodes) if node.seen.able & ~node.seen.enabled & bit]
            weak = weakly_fair_components(self.graph, self.wanted, held)
            for component in fair_components(self.graph, self.wanted, weak, frozenset(), self.wanted.every_strong):
                loop = fair_loop(
                    self.graph, self.wanted, component, frozenset(), self.wanted.every_strong, self._way.depth
                )
                movers = {self._decisions[step][0] for step in loop.steps}
                who = ", ".join(self.space.names[mover] for mover in sorted(movers))
                return f"the timing assumption is Zeno: urgent steps of {who} alone hold up {name} for ever"
        return None


def _owing(seen: View) -> int:
    """The tasks with something left to complete: none of them may stay where it is, not even a daemon."""
    return sum({1 << (number - 1) for number, _ in seen.owed})
