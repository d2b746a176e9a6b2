# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether a loop is a livelock, judged from a run that goes round it and from nothing else.

The states must come back in every round. A loop is fair if every task in it moves, or cannot somewhere in it; and if
a task that is offered a lock it waits for gets it. It is a livelock if a fair loop leaves some goal unmet for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...model.kernel.sched import ACQUIRE, SHARE, Task
from .plan import Noted
from .progress import Lasso
from .runtime import Run, Runtime, Setup
from .statehash import state_hash
from .statespace import flat
from .strategies.replay import Replay
from .view import Offer, View, completed, completions, offer, view

ROUNDS = 3  # how often a loop is repeated before it is believed


@dataclass(slots=True)
class Moment:
    """A state of a run with the step from it. ``done``: the goals that the mover completed in it."""

    digest: bytes
    seen: View
    mover: int = 0
    takes: Offer | None = None
    done: frozenset[str] = frozenset()


def starved(loop: Sequence[Moment]) -> list[tuple[int, str]]:
    """The goals that are owed all through a loop and never met in it; empty where the loop is not fair."""
    everyone = free = 0
    offered: frozenset[Offer] = frozenset()
    taken: set[Offer] = set()
    for moment in loop:
        everyone |= moment.seen.alive
        free |= ~moment.seen.enabled | 1 << (moment.mover - 1)
        offered |= moment.seen.offers
        if moment.takes is not None:
            taken.add(moment.takes)
    if everyone & ~free or offered - taken:
        return []
    owed = loop[0].seen.owed.intersection(*(moment.seen.owed for moment in loop))
    met = {(moment.mover, goal) for moment in loop for goal in moment.done}
    return sorted(owed - met)


class Diary:
    """The moments of a run, noted at each step."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self._before: dict[str, int] = {}
        self._mover: Task | None = None

    def note(self, runtime: Runtime, enabled: list[Task]) -> None:
        if self._mover is not None:
            self.moments[-1].done = completed(self._mover, self._before)
        self.moments.append(Moment(state_hash(runtime), view(runtime.alive, enabled)))

    def chose(self, task: Task) -> None:
        moment = self.moments[-1]
        moment.mover, self._mover = task.number, task
        moment.takes = offer(task) if task.op.mode in (ACQUIRE, SHARE) else None
        self._before = completions(task)


class Confirm:
    """A replay that notes its moments from ``start`` (a position in the schedule) on."""

    name = "replay"

    def __init__(self, runtime: Runtime, schedule: Sequence[int], start: int) -> None:
        self.replay = Noted(Replay(schedule))
        self.diary = Diary()
        self._start = start
        self._runtime = runtime

    def begin(self, runtime: Runtime) -> bool:
        return self.replay.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        if len(runtime.schedule) >= self._start:
            self.diary.note(runtime, enabled)
        chosen = self.replay.pick(enabled)
        if chosen is not None and self.diary.moments:
            self.diary.chose(chosen)
        return chosen

    def value(self, n: int) -> int:
        return self.replay.value(n)

    def end(self, run: Run) -> None:
        pass


def refuted(setup: Setup, runtime: Runtime, lasso: Lasso, goals: Sequence[tuple[int, str]] = ()) -> str:
    """Why a lasso is no livelock, or nothing: gone round ``ROUNDS`` times it must come back to the same state each
    time, be fair, and starve somebody (of ``goals``, if any are named)."""
    stem, loop = flat(lasso.stem), flat(lasso.loop)
    strategy = Confirm(runtime, (*stem, *loop * ROUNDS), len(stem))
    runtime.strategy = strategy
    run = runtime.run(setup)
    if run.failure is not None:
        return f"the run failed: {run.failure.message}"
    moments, length = strategy.diary.moments, len(lasso.loop)
    if len(moments) != length * ROUNDS + 1:
        return f"the loop could not be repeated: it ended after {max(len(moments) - 1, 0)} of {length * ROUNDS} steps"
    for number, moment in enumerate(moments[length:]):
        if moment.digest != moments[number].digest:
            return f"step {number + 1} of the loop left another state behind in the next round"
    losers = starved(moments[:length])
    if not losers:
        return "the loop is not fair, or everybody gets done in it"
    missing = [goal for goal in goals if goal not in losers]
    return f"task {missing[0][0]} completes '{missing[0][1]}'" if missing else ""
