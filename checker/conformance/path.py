# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A counterexample of a protocol as the executable kernel can follow it: each actor takes its own steps in order.

The order between actors may differ from the counterexample's, as long as the protocol has every step where it is taken:
a step of the kernel is often several of the protocol, and steps that do not depend on each other come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...model.evaluate import State
from ...model.run import Schedule, run
from ...model.semantics import Semantics, Violation
from .view import View

ROUNDS = 4  # of a lasso: in the first the tasks may still be on their way into it
NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Place:
    """How far the actors have come: ``taken`` steps of each instance, and the state of the protocol then."""

    taken: tuple[int, ...]
    state: State


class Path:
    """``steps``: (instance, edge), with the loop of a lasso ``ROUNDS`` times. ``own``: the positions of each instance's
    steps in it. ``loop``: how many steps each instance has before the loop, and in a round of it."""

    def __init__(self, view: View, schedule: Schedule) -> None:
        """Raises ReplayError if the protocol has no such run. Steps in which nobody moves are left out."""
        self.semantics: Semantics = view.semantics
        played = run(view.semantics, schedule)
        stem, round_ = list(schedule.steps), list[tuple[int, int]]()
        if schedule.loop is not None:
            stem, round_ = stem[: schedule.loop], stem[schedule.loop :]
        stem = [step for step in stem if step[1] >= 0]
        round_ = self._needed([step for step in round_ if step[1] >= 0], played.states[schedule.loop or 0])
        self.steps = stem + round_ * ROUNDS
        everyone = view.semantics.instances
        self.own = tuple([k for k, (mover, _) in enumerate(self.steps) if mover == i] for i in everyone)
        self.start = Place(tuple(0 for _ in everyone), played.states[0])
        self.loop: tuple[tuple[int, int], ...] | None = None
        if schedule.loop is not None:
            self.loop = tuple((sum(m == i for m, _ in stem), sum(m == i for m, _ in round_)) for i in everyone)

    def _needed(self, loop: list[tuple[int, int]], start: State) -> list[tuple[int, int]]:
        """A loop without those who may rest, where it is one without them: their tasks may have come to an end."""
        for instance in self.semantics.instances:
            if self.semantics.location(start, instance).rests:
                rest = [step for step in loop if step[0] != instance]
                if rest and self._walk(start, rest) == start:
                    loop = rest
        return loop

    def _walk(self, state: State | None, steps: list[tuple[int, int]]) -> State | None:
        for instance, edge in steps:
            state = None if state is None else self._take(state, instance, edge)
        return state

    def __len__(self) -> int:
        return len(self.steps)

    def next(self, place: Place, instance: int) -> int:
        """Position of the instance's next step; NEVER if it has taken them all."""
        own, taken = self.own[instance], place.taken[instance]
        return own[taken] if taken < len(own) else NEVER

    def switches(self, place: Place, instance: int) -> bool:
        """Whether another actor's step comes between the instance's last and next."""
        own, taken = self.own[instance], place.taken[instance]
        return 0 < taken < len(own) and own[taken] > own[taken - 1] + 1

    def onward(self, place: Place, instance: int, exact: bool = False) -> Iterator[Place]:
        """``place``, and those that the instance comes to by its next steps alone; ``exact``: in the path's order."""
        yield place
        taken, state = list(place.taken), place.state
        for at in self.own[instance][taken[instance] :]:
            if exact and at != sum(taken):
                return
            target = self._take(state, *self.steps[at])
            if target is None:
                return
            taken[instance] += 1
            if self._leads(taken, instance):
                return
            state = target
            yield Place(tuple(taken), state)

    def finished(self, place: Place) -> State | None:
        """The state in which the rest of the path ends, in the order of the path."""
        left = sorted(at for own, taken in zip(self.own, place.taken, strict=True) for at in own[taken:])
        return self._walk(place.state, [self.steps[at] for at in left])

    def _take(self, state: State, instance: int, edge: int) -> State | None:
        for _, number, target in self.semantics.steps(state, instance):
            if number == edge and not isinstance(target, Violation):
                return target
        return None

    # ---- lassos

    def _leads(self, taken: list[int], instance: int) -> bool:
        """Whether an instance is more than a round of the loop before the last."""
        if self.loop is None or not self.loop[instance][1]:
            return False
        behind = min(
            (done - before) // around for done, (before, around) in zip(taken, self.loop, strict=True) if around
        )
        before, around = self.loop[instance]
        return taken[instance] - before > (behind + 1) * around

    def phase(self, place: Place) -> tuple[int, tuple[int, ...]] | None:
        """How many rounds every actor of the loop has gone, and how far each is beyond that; None on the stem."""
        assert self.loop is not None
        gone = [taken - before for taken, (before, _) in zip(place.taken, self.loop, strict=True)]
        if any(done < 0 for done in gone):
            return None
        rounds = min(done // around for done, (_, around) in zip(gone, self.loop, strict=True) if around)
        beyond = tuple(done - rounds * around for done, (_, around) in zip(gone, self.loop, strict=True))
        return rounds, beyond
