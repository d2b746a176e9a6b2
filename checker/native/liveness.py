# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Liveness properties and partial deadlock on a finished native search, without a graph in Python's memory.

The C side finds fair sets of states; from a small part of one, the run is made in the same way as on a stored graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.properties import PARTIAL_DEADLOCK, SYSTEM_PROGRESS, Property
from ...model.run import STAYS, Schedule
from ...model.semantics import Semantics
from ...model.waiting import own_line, where_waiting
from ...specs.verdict import Grade, Verdict
from ..liveness.decide import Judgement
from ..liveness.fairness import Demands
from ..liveness.graph import Graph
from ..liveness.lasso import fair_loop
from ..liveness.wording import (
    TIMING,
    WEAK,
    WEAK_EXCEPT_RESTING,
    breach_sentence,
    dead_end,
    likewise,
    strong_fairness_needed,
    why_vacuous,
)
from .interchange import representatives
from .library import Move, Search
from .live import Live, Region
from .tables import Tables

SMALL_SET = 5000  # states: a loop in so many is found in well under a second, and is seldom shorter in more


@dataclass(frozen=True, slots=True)
class _Duty:
    """What is owed. ``owe`` sets the region and says whether anything ever is; ``paid``: the bit of what pays.

    ``all_subjects``: who owes the same, up to names.
    """

    who: int | None
    subject: str
    verb: str
    paid: int
    owe: Callable[[], bool]
    all_subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Breach:
    duty: _Duty
    region: Region
    grade: Grade
    initial: int
    stem: tuple[Move, ...]
    loop: tuple[Move, ...]  # empty: nobody ever moves again

    @property
    def size(self) -> tuple[bool, int, int]:
        """Orders breaches: inevitable before adversarial, then the shorter run."""
        steps = len(self.loop) or 1
        return self.grade is not Grade.INEVITABLE, len(self.stem) + steps, steps


class NativeLiveness:
    """Decides properties of one program, whose search is done and found it safe."""

    def __init__(self, semantics: Semantics, search: Search, tables: Tables, live: Live) -> None:
        self._semantics = semantics
        self._search = search
        self._tables = tables
        self._live = live
        self._timing = (TIMING,) if semantics.has_urgency else ()
        places = [place for process in semantics.program.processes for place in process.locations]
        self._weak = WEAK_EXCEPT_RESTING if any(location.rests for location in places) else WEAK
        self._every_demand = (1 << len(tables.demands)) - 1
        self._looked_ahead = False

    def decide(self, claim: Property) -> Judgement:
        """The verdict on a liveness property or on partial deadlock."""
        if self._zeno is not None:
            return Judgement(Verdict.VACUOUS, self._zeno, assumptions=self._timing)
        if claim.name == PARTIAL_DEADLOCK:
            return self._partial_deadlock()
        return self._livelock(claim)

    def _look_ahead(self) -> None:
        """Needed to grade what is broken, and for partial deadlock: not worth its time before."""
        if not self._looked_ahead:
            self._live.look_ahead(self._tables.conclusions)
            self._looked_ahead = True

    # ---- one property

    def _livelock(self, claim: Property) -> Judgement:
        breaches: list[_Breach] = []
        owed: list[_Duty] = []
        ends: list[tuple[_Duty, int, tuple[Move, ...]]] = []  # runs into a deadlock
        for duty in self._duties(claim):
            if not duty.owe():
                continue
            owed.append(duty)
            dead = self._search_region(duty)
            if dead is not None:
                ends.append((duty, *self._stem(dead)))
            if self._live.is_broken(self._every_demand):
                self._look_ahead()
                breaches.append(self._breach(duty))
        if not owed:
            return Judgement(Verdict.VACUOUS, why_vacuous(claim), assumptions=self._timing)
        if breaches:
            return self._violated(min(breaches, key=lambda breach: breach.size), breaches)
        if ends:
            return self._dead_end(ends)
        needed = strong_fairness_needed(tuple(self._tables.demands.values()), lambda mask: self._is_broken(owed, mask))
        return Judgement(Verdict.HOLDS, assumptions=(self._weak, needed, *self._timing))

    def _duties(self, claim: Property) -> list[_Duty]:
        if claim.kind != "livelock":
            number = next(k for k, t in enumerate(self._semantics.program.temporal) if t.name == claim.name)
            paid = self._tables.aims["concludes", claim.name]
            verb = f"reach what '{claim.name}' promises"
            return [_Duty(None, "a run", verb, paid, lambda: self._live.owe_conclusion(number), ("a run",))]
        system = claim.name == SYSTEM_PROGRESS
        return [self._duty(who, goal, system) for who, goal in self._representatives if system or goal == claim.name]

    @cached_property
    def _representatives(self) -> list[tuple[int, str]]:
        """The duties that stand for all: of instances that can change places only the first."""
        first = representatives(self._semantics.layout)
        return [(who, goal) for who, goal in self._tables.duties if first[who] == who]

    def _duty(self, who: int, goal: str, system: bool) -> _Duty:
        if system:
            paid, subject, verb, alike = self._tables.aims["completes", None], "the system", "complete any goal", ()
        else:
            first, names = representatives(self._semantics.layout), self._semantics.layout.names
            paid, subject, verb = self._tables.aims["completes", (who, goal)], names[who], f"complete '{goal}'"
            alike = tuple(names[i] for i, g in self._tables.duties if g == goal and first[i] == who)
        return _Duty(who, subject, verb, paid, self._owe_pending(who, goal), (subject, *alike))

    def _owe_pending(self, who: int, goal: str) -> Callable[[], bool]:
        def owe() -> bool:
            return self._live.owe_pending(who, self._tables.pending(who, goal)) > 0

        return owe

    def _search_region(self, duty: _Duty) -> int | None:
        """Find the weakly fair components where it is owed, as just set; returns the first deadlock there."""
        return self._live.find_weakly_fair(f"can {duty.subject} {duty.verb}", 1 << duty.paid)

    def _is_broken(self, duties: list[_Duty], strong: int) -> bool:
        for duty in duties:
            if len(duties) > 1:
                duty.owe()
                self._search_region(duty)
            if self._live.is_broken(strong):
                return True
        return False

    def _violated(self, worst: _Breach, breaches: list[_Breach]) -> Judgement:
        duty, region = worst.duty, worst.region
        roots = (self._search.number(state) for state in self._semantics.initial)
        message = breach_sentence(
            duty.subject,
            duty.verb,
            worst.grade,
            from_everywhere=region.trapped == region.owed,
            from_the_start=any(not self._live.ahead_of(root) >> duty.paid & 1 for root in roots),
        )
        message += likewise((name for breach in breaches for name in breach.duty.all_subjects), duty.subject)
        steps = [(m.process, m.edge) for m in (*worst.stem, *worst.loop)]
        if not worst.loop:
            steps.append((duty.who or 0, STAYS))
        schedule = Schedule(worst.initial, tuple(steps), len(worst.stem))
        return Judgement(Verdict.VIOLATED, message, worst.grade, self._timing, schedule)

    def _dead_end(self, ends: list[tuple[_Duty, int, tuple[Move, ...]]]) -> Judgement:
        """Every cycle pays in the end, but runs end in a deadlock before."""
        duty, initial, stem = min(ends, key=lambda end: len(end[2]))
        message = dead_end(duty.subject, duty.verb)
        message += likewise((name for owing, _, _ in ends for name in owing.all_subjects), duty.subject)
        steps = (*((m.process, m.edge) for m in stem), (duty.who or 0, STAYS))
        return Judgement(
            Verdict.VIOLATED, message, Grade.INEVITABLE, self._timing, Schedule(initial, steps, len(stem))
        )

    def _breach(self, duty: _Duty) -> _Breach:
        """The best run that breaks the duty whose region was searched last."""
        best = self._live.best(self._every_demand, SMALL_SET)
        assert best is not None
        region = self._live.region(1 << duty.paid)
        grade = Grade.INEVITABLE if best.trapped else Grade.ADVERSARIAL
        start, loop = (best.states[0], ()) if best.still else self._loop(best.states, 1 << duty.paid)
        initial, stem = self._stem(start)
        return _Breach(duty, region, grade, initial, stem, loop)

    def _stem(self, state: int) -> tuple[int, tuple[Move, ...]]:
        """The initial state and the steps of the shortest way to a state."""
        tail: list[Move] = []
        while (before := self._live.way(state)[1]) is not None:
            tail.append(next(move for target, move in self._live.successors(before) if target == state))
            state = before
        root, head = self._search.path(state)
        return self._semantics.initial.index(self._search.state(root)), (*head, *reversed(tail))

    def _loop(self, states: Sequence[int], paid: int) -> tuple[int, tuple[Move, ...]]:
        """A short fair loop in a fair set: where it starts, and its steps."""
        part = _Part(self._live, self._tables, states, paid)
        depth = [self._live.way(state)[0] for state in states]
        loop = fair_loop(part.graph, part.wanted, range(len(states)), frozenset(), self._every_demand, depth)
        return states[loop.start], tuple(part.steps[step] for step in loop.steps)

    # ---- the whole program

    @cached_property
    def _zeno(self) -> str | None:
        """Who is held up for ever by urgent steps alone, in one sentence."""
        for instance in self._semantics.instances if self._semantics.has_urgency else ():
            self._live.owe_held_up(instance)
            self._live.find_weakly_fair("timing assumption", 0)
            best = self._live.best(self._every_demand, SMALL_SET)
            if best:
                _, loop = self._loop(best.states, 0)
                lines = dict.fromkeys(own_line(self._semantics.edge(m.process, m.edge).frames) for m in loop)
                name = self._semantics.layout.names[instance]
                return (
                    f"the timing assumption is Zeno: urgent steps alone hold up {name} for ever, at {', '.join(lines)}"
                )
        return None

    def _partial_deadlock(self) -> Judgement:
        """Whether some instance can be stuck for ever, other than at a place where it may stay, while others move."""
        self._look_ahead()
        semantics = self._semantics
        everyone = (1 << len(semantics.instances)) - 1
        stuck = self._live.first_stuck(everyone)
        if stuck is None:
            return Judgement(Verdict.HOLDS, assumptions=self._timing)
        state, ahead = self._search.state(stuck), self._live.ahead_of(stuck)
        who = [i for i in semantics.instances if not ahead >> i & 1]
        names = ", ".join(where_waiting(semantics, state, instance) for instance in who)
        initial, stem = self._search.path(stuck)
        number = semantics.initial.index(self._search.state(initial))
        schedule = Schedule(number, tuple((m.process, m.edge) for m in stem))
        message = f"waiting for ever, while others can still move: {names}"
        return Judgement(Verdict.VIOLATED, message, assumptions=self._timing, schedule=schedule)


class _Part:
    """Some states with the steps between them that do not pay, as a graph; and what fairness asks in them."""

    def __init__(self, live: Live, tables: Tables, states: Sequence[int], paid: int) -> None:
        number = {state: k for k, state in enumerate(states)}
        first, targets, moves = [0], list[int](), list[int]()
        free, offered = list[int](), list[int]()
        everyone = (1 << len(tables.places)) - 1
        self.steps: list[Move] = []
        for state in states:
            obliged = offer = 0
            for target, move in live.successors(state):
                code = tables.first_move[move.process] + move.edge
                _, meets, aims, obliges = tables.moves[code]
                obliged |= obliges
                offer |= meets if obliges else 0
                if target in number and not aims & paid:
                    targets.append(number[target])
                    moves.append(code)
                    self.steps.append(move)
            first.append(len(targets))
            free.append(everyone & ~obliged)
            offered.append(offer)
        self.graph = Graph((), (), first, targets, moves)
        movers, meets = [m[0] for m in tables.moves], [m[1] for m in tables.moves]
        self.wanted = Demands(everyone, free, offered, movers, meets, tuple(tables.demands.values()))
