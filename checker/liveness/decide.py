# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Liveness properties and partial deadlock, decided on the complete reachable graph of a program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...model.ir.properties import PARTIAL_DEADLOCK, Property
from ...model.run import STAYS, Schedule
from ...model.semantics import Semantics
from ...model.waiting import own_line, where_waiting
from ...specs.verdict import Grade, Verdict
from .breach import Breach, DutySearch, Pause
from .duty import Duty, goal_duties, temporal_duty
from .fairness import Demands, demands, fair_components, weakly_fair_components
from .graph import Graph, Moves
from .lasso import Loop, fair_loop
from .wording import (
    TIMING,
    WEAK,
    WEAK_EXCEPT_RESTING,
    breach_sentence,
    dead_end,
    likewise,
    strong_fairness_needed,
    why_vacuous,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one property. ``schedule``: the run that violates it."""

    verdict: Verdict
    message: str = ""
    grade: Grade | None = None
    assumptions: tuple[str, ...] = ()
    schedule: Schedule | None = None


class Liveness:
    """Decides properties of one program on its graph, which has to be complete and without violating steps."""

    def __init__(self, semantics: Semantics, graph: Graph, pause: Pause = lambda phase: None) -> None:
        self._semantics = semantics
        self._graph = graph
        self._pause = pause
        self._moves = Moves(semantics.layout)
        self._timing = (TIMING,) if semantics.has_urgency else ()
        places = [place for process in semantics.program.processes for place in process.locations]
        self._weak = WEAK_EXCEPT_RESTING if any(location.rests for location in places) else WEAK

    def decide(self, claim: Property) -> Judgement:
        """The verdict on a liveness property or on partial deadlock."""
        if self._zeno is not None:
            return Judgement(Verdict.VACUOUS, self._zeno, assumptions=self._timing)
        if claim.name == PARTIAL_DEADLOCK:
            return self._partial_deadlock()
        duties = self._duties(claim)
        if not duties:
            return Judgement(Verdict.VACUOUS, why_vacuous(claim), assumptions=self._timing)
        searches = [DutySearch(self._graph, self._demands, self._still, duty, self._pause) for duty in duties]
        breaches = [breach for search in searches if (breach := search.breach(self._demands.every_strong))]
        if breaches:
            return self._violated(min(breaches, key=lambda breach: breach.size), breaches)
        dead = set(self._deadlocks)
        ends = [(duty, state) for duty in duties for state in duty.owed if state in dead]
        if ends:
            return self._dead_end(ends)
        needed = strong_fairness_needed(self._demands.subjects, lambda strong: _broken(searches, strong))
        return Judgement(Verdict.HOLDS, assumptions=(self._weak, needed, *self._timing))

    # ---- what the graph says about every property

    @cached_property
    def _demands(self) -> Demands:
        self._pause("fairness")
        return demands(self._moves, self._graph)

    @cached_property
    def _deadlocks(self) -> list[int]:
        graph, is_deadlock = self._graph, self._semantics.is_deadlock
        return [s for s in range(len(graph)) if not graph.steps(s) and is_deadlock(graph.states[s])]

    @cached_property
    def _still(self) -> frozenset[int]:
        """The states in which it is fair that nobody ever moves again."""
        free, everyone = self._demands.free, self._demands.everyone
        return frozenset(s for s in range(len(self._graph)) if free[s] == everyone) - frozenset(self._deadlocks)

    @cached_property
    def _zeno(self) -> str | None:
        """Who is held up for ever by urgent steps alone, in one sentence."""
        if not self._semantics.has_urgency:
            return None
        semantics, graph, wanted = self._semantics, self._graph, self._demands
        for instance in semantics.instances:
            self._pause("timing assumption")
            held = [s for s in range(len(graph)) if self._is_held_up(s, instance)]
            weak = weakly_fair_components(graph, wanted, held)
            for component in fair_components(graph, wanted, weak, frozenset(), wanted.every_strong):
                loop = fair_loop(graph, wanted, component, frozenset(), wanted.every_strong, graph.tree.depth)
                edges = (self._moves.table[graph.moves[step]][2] for step in loop.steps)
                lines = ", ".join(dict.fromkeys(own_line(edge.frames) for edge in edges))
                name = semantics.layout.names[instance]
                return f"the timing assumption is Zeno: urgent steps alone hold up {name} for ever, at {lines}"
        return None

    def _is_held_up(self, state: int, instance: int) -> bool:
        moves = (self._graph.moves[step] for step in self._graph.steps(state))
        moving = any(self._demands.mover[move] >> instance & 1 for move in moves)
        return not moving and self._semantics.able(self._graph.states[state], instance)

    # ---- one property

    def _duties(self, claim: Property) -> list[Duty]:
        self._pause(claim.name)
        if claim.kind == "livelock":
            return list(goal_duties(self._semantics, self._moves, self._graph, claim.name))
        stated = next(t for t in self._semantics.program.temporal if t.name == claim.name)
        duty = temporal_duty(self._semantics, self._graph, stated)
        return [duty] if duty else []

    def _violated(self, worst: Breach, breaches: list[Breach]) -> Judgement:
        message = self._sentence(worst) + likewise((breach.duty.subject for breach in breaches), worst.duty.subject)
        schedule = self._schedule(worst.duty, worst.loop)
        return Judgement(Verdict.VIOLATED, message, worst.grade, self._timing, schedule)

    def _dead_end(self, ends: list[tuple[Duty, int]]) -> Judgement:
        """Every cycle pays in the end, but runs end in a deadlock before."""
        duty, state = min(ends, key=lambda end: end[0].way.depth[end[1]])
        message = dead_end(duty.subject, duty.verb) + likewise((owing.subject for owing, _ in ends), duty.subject)
        schedule = self._schedule(duty, Loop(state, ()))
        return Judgement(Verdict.VIOLATED, message, Grade.INEVITABLE, self._timing, schedule)

    def _sentence(self, breach: Breach) -> str:
        duty = breach.duty
        return breach_sentence(
            duty.subject,
            duty.verb,
            breach.grade,
            from_everywhere=len(duty.trapped) == len(duty.owed),
            from_the_start=any(duty.hopeless[state] for state in self._graph.initial),
        )

    def _schedule(self, duty: Duty, loop: Loop) -> Schedule:
        initial, stem = duty.way.path(loop.start)
        steps = [self._moves.table[self._graph.moves[step]][:2] for step in (*stem, *loop.steps)]
        if not loop.steps:
            steps.append((duty.who or 0, STAYS))
        return Schedule(initial, tuple(steps), len(stem))

    def _partial_deadlock(self) -> Judgement:
        """Whether some instance can be stuck for ever, other than at a place where it may stay, while others move."""
        semantics, graph = self._semantics, self._graph
        self._pause(PARTIAL_DEADLOCK)
        content = [
            sum(1 << instance for instance in semantics.instances if semantics.may_stay(state, instance))
            for state in graph.states
        ]
        ahead = graph.reaching(content, [1 << instance for instance, _, _ in self._moves.table])
        everyone = (1 << len(semantics.instances)) - 1
        dead = set(self._deadlocks)
        stuck = [s for s in range(len(graph)) if ahead[s] != everyone and s not in dead]
        if not stuck:
            return Judgement(Verdict.HOLDS, assumptions=self._timing)
        first = min(stuck, key=lambda state: graph.tree.depth[state])
        who = [i for i in semantics.instances if not ahead[first] >> i & 1]
        names = ", ".join(where_waiting(semantics, graph.states[first], instance) for instance in who)
        initial, steps = graph.tree.path(first)
        schedule = Schedule(initial, tuple(self._moves.table[graph.moves[step]][:2] for step in steps))
        message = f"waiting for ever, while others can still move: {names}"
        return Judgement(Verdict.VIOLATED, message, assumptions=self._timing, schedule=schedule)


def _broken(searches: list[DutySearch], strong: int) -> bool:
    return any(search.is_broken(strong) for search in searches)
