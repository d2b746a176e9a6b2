# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Drives a run of a protocol through the executable kernel: a counterexample, to see the same failure happen there, or
the way to a step, to see it taken.

A search decides which task goes on: depth first, by running the scenario again from its beginning. The task whose
actor is next on the path comes first; deviations from that are allowed in rising number, because what the kernel does
in a step and what the path has there may begin and end at different points. It ends with a failure of the kernel where
the protocol violates the property too; for a lasso with a loop of the kernel in which every actor has gone round, and
which is a livelock by the kernel's own criteria (``checker/schedule/livelock.py``); for the way to a step where its end
is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import dropwhile, product, takewhile

from ...model.kernel.scenario import World
from ...model.kernel.sched import Task
from ...model.run import Schedule
from ..schedule.backends import Greenlets
from ..schedule.livelock import refuted
from ..schedule.progress import Lasso
from ..schedule.request import Chosen
from ..schedule.runtime import Run, Runtime
from ..schedule.statehash import state_hash
from .choices import Choice, Moment, Reading
from .conform import chosen_for
from .path import NEVER, Path, Place
from .view import Seen, View

MOST_RUNS = 20_000
MOST_STEPS = 2_000  # of a run: a task that spins unobserved must not take the others' time
MOST_DEVIATIONS = 6


@dataclass(frozen=True, slots=True)
class Driven:
    """The kernel does what the protocol's run does. ``schedule``: decisions that replay it.

    ``check`` and ``message``: what failed (nothing on the way to a step). For a lasso ``loop`` is the decision from
    which on it repeats, and ``lasso`` the same decisions step by step.
    """

    schedule: tuple[int, ...]
    check: str
    message: str
    runs: int
    loop: int | None = None
    lasso: Lasso | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The search ended without. ``furthest``: how many of ``length`` steps the kernel could follow, in ``runs`` runs.

    ``failures``: what failed in the kernel where the protocol does not violate the property.
    """

    furthest: int
    length: int
    runs: int
    failures: tuple[str, ...] = ()


def drive(
    view: View,
    schedule: Schedule,
    property: str | None,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
    most_runs: int = MOST_RUNS,
    tell: Callable[[int, int, int], None] = lambda runs, furthest, length: None,
) -> Driven | Lost:
    """``property``: what the schedule violates, None if it only leads to a step; ``options`` and ``sizes``: of the
    scenario, those of the view. ``tell`` hears after each run how many there were, how many steps of the way could be
    followed, and of how many (the loop of a lasso several times)."""
    search = _Search(view, Path(view, schedule), chosen_for(view.abstraction, options, sizes), property, tell)
    for deviations in range(MOST_DEVIATIONS + 1):
        for reading, eager in product(Reading, (True, False)):
            if reading is Reading.EXACT and (deviations or not eager):
                continue
            found = search.within(deviations, reading, eager, most_runs)
            if found is not None:
                return found
    return Lost(search.furthest, len(search.path), search.runs, tuple(sorted(search.failures)))


@dataclass
class _Search:
    """Depth first over schedules; the strategy of its own runs."""

    view: View
    path: Path
    chosen: Chosen
    property: str | None
    tell: Callable[[int, int, int], None]
    runs: int = 0
    furthest: int = 0
    failures: set[str] = field(default_factory=set[str])
    name: str = "drive"
    _choices: list[Choice] = field(default_factory=list[Choice])
    _dead: dict[object, int] = field(default_factory=dict[object, int])  # what was tried -> deviations that were left
    _depth: int = 0
    _deviations: int = 0
    _reading: Reading = Reading.EXACT
    _eager: bool = True
    _at: frozenset[Place] = frozenset()
    _closed: Driven | None = None

    def __post_init__(self) -> None:
        self._runtime = Runtime(Greenlets(), self, most_steps=MOST_STEPS)
        self._look: Callable[[World], Seen] = lambda world: ()

    def within(self, deviations: int, reading: Reading, eager: bool, most_runs: int) -> Driven | None:
        """All ways with at most so many deviations from the order of the path. ``eager``: what an actor may have done
        unseen it has done; otherwise its task goes on first, as if it had not."""
        self._deviations, self._reading, self._eager = deviations, reading, eager
        self._choices.clear()
        self._dead.clear()
        while self.runs < most_runs:
            self.runs += 1
            self._depth, self._closed = 0, None
            found = self._ended(self._runtime.run(self._setup))
            self.tell(self.runs, self.furthest, len(self.path))
            if self._closed is not None:
                found = self._confirmed(self._closed)
            if found is not None:
                return found
            while self._choices and len(self._choices[-1].alternatives) <= 1:
                self._choices.pop()
            if not self._choices:
                return None
            self._choices[-1].alternatives.pop(0)
        return None

    def _setup(self) -> World:
        world = self.chosen.setup()
        self._look = self.view.reader(world)
        start = self.path.start
        self._at = frozenset({start} if self.view.fits(start.state, self._look(world)) else ())
        return world

    # ---- the strategy

    def begin(self, runtime: Runtime) -> bool:
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        known = self._depth < len(self._choices)
        moment = self._choices[self._depth].moment if known else self._moment()
        if moment is None:
            return None
        self._at = moment.at
        if not known:
            choice = self._choice(moment, enabled)
            if choice is None:
                return None
            self._choices.append(choice)
        chosen = self._choices[self._depth].now
        self._depth += 1
        return next(task for task in enabled if task.number == chosen)

    def value(self, n: int) -> int:
        if self._depth == len(self._choices):
            self._choices.append(Choice(list(range(n)), *self._before()))
        self._depth += 1
        return self._choices[self._depth - 1].now

    def end(self, run: Run) -> None:
        pass

    # ---- decisions

    def _before(self) -> tuple[int, int]:
        """Deviations left after the decision before this one, and the task that it let deviate, if any."""
        return self._choices[self._depth - 1].after() if self._depth else (self._deviations, 0)

    def _moment(self) -> Moment | None:
        """Where the last step led to; None if that is nowhere on the path, or where the search ends."""
        runtime = self._runtime
        if runtime.last_task is not None:
            self._follow(runtime.last_task)
        if not self._at or self._reached():
            return None
        moment = Moment(state_hash(runtime), self._at, len(runtime.schedule))
        return None if self._loop(moment) else moment

    def _choice(self, moment: Moment, enabled: list[Task]) -> Choice | None:
        """The tasks in the order of the path, the last to move first where that says nothing. To let another than the
        first go on costs a deviation, unless it is the one that deviated just before. None: tried before, with as many
        deviations left."""
        left, astray = self._before()
        key = moment.digest, moment.at, astray
        if self._dead.get(key, -1) >= left:
            return None
        self._dead[key] = left
        furthest = max(moment.at, key=lambda place: sum(place.taken))
        places = [furthest] if self._eager else moment.at
        due = {task.number: min(self._due(place, task) for place in places) for task in enabled}
        last = self._runtime.last_task
        order = sorted(due, key=lambda number: (due[number], last is None or number != last.number, number))
        costs = {number: 0 if number == order[0] else -1 if number == astray else 1 for number in order}
        return Choice([number for number in order if costs[number] <= left], left, astray, moment, costs)

    def _due(self, place: Place, task: Task) -> int:
        instance = self.view.instance_of(task)
        return NEVER if instance is None else self.path.next(place, instance)

    # ---- where on the path

    def _follow(self, task: Task) -> None:
        """The places that a step of the task may have led to."""
        instance = self.view.instance_of(task)
        seen = self._look(self._runtime.world)
        found: set[Place] = set()
        for place in self._at:
            onward = (place,) if instance is None else self.path.onward(place, instance, self._reading is Reading.EXACT)
            fitting = self._fitting(onward, seen)
            found.update(self._kept(fitting, instance))
        self._at = frozenset(found)
        self.furthest = max([self.furthest, *(sum(place.taken) for place in found)])

    def _fitting(self, onward: Iterable[Place], seen: Seen) -> list[Place]:
        """Those that look like this, up to where it looks different again: that belongs to a later step."""
        before = dropwhile(lambda to: not self.view.fits(to.state, seen), onward)
        return list(takewhile(lambda to: self.view.fits(to.state, seen), before))

    def _kept(self, fitting: list[Place], instance: int | None) -> Iterable[Place]:
        """Of places that look alike: what lies between those that are kept the actor does at its next step."""
        if instance is None or self._reading is Reading.EXACT or len(fitting) < 3:
            return fitting
        ends = (fitting[0], fitting[-1])
        if self._reading is Reading.ENDS:
            return ends
        return (*ends, *(to for to in fitting if self.path.switches(to, instance)))

    def _loop(self, moment: Moment) -> bool:
        """Whether the world has been as it is now, and every actor of the lasso has gone round since."""
        if self.path.loop is None:
            return False
        for choice in self._choices:
            earlier = choice.moment
            if earlier is not None and earlier.digest == moment.digest and self._rounds(earlier, moment):
                message = f"the loop of the protocol closes here after {moment.decisions - earlier.decisions} steps"
                schedule = tuple(self._runtime.schedule)
                self._closed = Driven(schedule, "livelock", message, self.runs, earlier.decisions)
                return True
        return False

    def _rounds(self, earlier: Moment, now: Moment) -> bool:
        before = {phase for place in earlier.at if (phase := self.path.phase(place)) is not None}
        after = {phase for place in now.at if (phase := self.path.phase(place)) is not None}
        return any(done > gone and on == beyond for gone, on in before for done, beyond in after)

    def _reached(self) -> bool:
        """Whether the way to a step has come to its end."""
        if self.property is not None or not any(sum(place.taken) == len(self.path) for place in self._at):
            return False
        self._closed = Driven(tuple(self._runtime.schedule), "", "", self.runs)
        return True

    def _confirmed(self, closed: Driven) -> Driven | None:
        """A loop has to be one that the kernel can go round for ever, fairly, without somebody's goal."""
        if closed.loop is None:
            return closed
        starts = [choice.moment.decisions for choice in self._choices if choice.moment is not None]
        ends = [*starts[1:], len(closed.schedule)]
        decisions = [closed.schedule[start:end] for start, end in zip(starts, ends, strict=True)]
        steps = starts.index(closed.loop)
        lasso = Lasso(tuple(decisions[:steps]), tuple(decisions[steps:]))
        why = refuted(self.chosen.setup, Runtime(Greenlets(), self), lasso)
        if why:
            self.failures.add(f"a loop that is no livelock: {why}")
            return None
        return replace(closed, lasso=lasso)

    def _ended(self, ended: Run) -> Driven | None:
        """A failure of the run where the protocol violates the property too."""
        failure, task = ended.failure, self._runtime.last_task
        if failure is None:
            if ended.end == "done" and task is not None:  # its last step has not been followed
                self._follow(task)
                self._reached()
            return None
        if self.property is None:
            self.failures.add(f"{failure.check}: {failure.message}")
            return None
        checks = self.view.abstraction.shows.get(self.property, (self.property,))
        if failure.check == "deadlock" and "deadlock" in checks:
            if task is not None:
                self._follow(task)
            ends = (self.path.finished(place) for place in self._at)
            shown = any(end is not None and self.view.semantics.is_deadlock(end) for end in ends)
        else:
            instance = None if task is None else self.view.instance_of(task)
            shown = failure.check in checks and any(
                instance is not None and self.property in self.view.violations(instance, place.state)
                for place in self._at
            )
        if shown:
            return Driven(ended.schedule, failure.check, failure.message, self.runs)
        self.failures.add(f"{failure.check}: {failure.message}")
        return None
