# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Drives a counterexample of a protocol through the executable kernel, to see the same failure happen there.

The counterexample is a path: actors in an order, and what is observed after each step. A step of a task may be several
steps of its actor on the path, or none of them if nothing observed changes. So a search decides when each task goes on:
depth first, by running the scenario again from its beginning, first as the path says, then with tasks that do more of
what nobody observes before others go on. It ends with a failure of the kernel where the path's violation is, or, for a
lasso, when the state of the world at the end of a round is one that it has been in at the end of an earlier round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...model.kernel.scenario import World
from ...model.kernel.sched import Task
from ...model.run import Schedule, run
from ..schedule.backends import Greenlets
from ..schedule.request import Chosen, choose
from ..schedule.runtime import Run, Runtime
from ..schedule.statehash import state_hash
from .view import Seen, View

ROUNDS = 4  # of a lasso: in the first the tasks may still be on their way into it
MOST_RUNS = 20_000


@dataclass(frozen=True, slots=True)
class Driven:
    """The kernel shows what the protocol's counterexample shows. ``schedule``: decisions that replay it.

    ``check`` and ``message``: what failed; for a lasso ``loop`` is the decision from which on it repeats.
    """

    schedule: tuple[int, ...]
    check: str
    message: str
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The search ended without. ``furthest``: how many steps of ``length`` the kernel could follow, in ``runs`` runs."""

    furthest: int
    length: int
    runs: int


@dataclass(frozen=True, slots=True)
class Path:
    """A counterexample as the kernel can follow it. ``movers[k]`` takes step k, from ``states[k]`` to ``states[k + 1]``
    (which the last step of a violation does not have). ``rounds``: where the rounds of a lasso end.
    """

    movers: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    rounds: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        return len(self.movers)


def path_of(view: View, schedule: Schedule) -> Path:
    """Raises ReplayError if the protocol has no such run. Steps in which nobody moves are left out."""
    played = run(view.semantics, schedule)
    steps = [(instance, edge) for instance, edge in schedule.steps if edge >= 0]
    movers = tuple(instance for instance, _ in steps)
    if schedule.loop is None:
        return Path(movers, played.states)
    stem, loop = movers[: schedule.loop], movers[schedule.loop :]
    around = played.states[schedule.loop + 1 :]
    states = (*played.states, *(around * (ROUNDS - 1)))
    ends = tuple(len(stem) + len(loop) * k for k in range(ROUNDS + 1))
    return Path(stem + loop * ROUNDS, states, ends)


def drive(
    view: View,
    schedule: Schedule,
    checks: tuple[str, ...] = (),
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
    most_runs: int = MOST_RUNS,
) -> Driven | Lost:
    """``checks``: which failures of the kernel are the protocol's violation; none for a lasso."""
    chosen = choose(view.abstraction.scenario, options, sizes)
    view = replace(view, lasting=True)
    search = _Search(view, path_of(view, schedule), chosen, checks)
    for extra in range(8):  # how often a task may go on where the path does not ask for it
        found = search.within(extra, most_runs)
        if found is not None or search.runs >= most_runs:
            break
    return found or Lost(search.furthest, search.path.length, search.runs)


@dataclass
class _Choice:
    """One decision of the search: which task goes on, and which others may be tried instead.

    ``spent``: on tasks that the path did not ask for, up to here.
    """

    alternatives: list[int]
    spent: int


@dataclass
class _Search:
    """Depth first over schedules; the strategy of its own runs."""

    view: View
    path: Path
    chosen: Chosen
    checks: tuple[str, ...]
    runs: int = 0
    furthest: int = 0
    name: str = "drive"
    _choices: list[_Choice] = field(default_factory=list[_Choice])

    def within(self, extra: int, most_runs: int) -> Driven | None:
        """All ways in which tasks go on at most ``extra`` times unasked."""
        self._extra = extra
        self._choices = []
        runtime = Runtime(Greenlets(), self)
        self._runtime = runtime
        while self.runs < most_runs:
            self.runs += 1
            self._depth, self._found = 0, None
            ended = runtime.run(self._setup)
            found = self._found or self._failure(ended)
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
        self._read = self.view.reader(world)
        self._at: set[int] = {0} if self.view.fits(self.path.states[0], self._read(world)) else set()
        self._before = set(self._at)
        self._hashes: dict[bytes, int] = {}
        self._rounds_done = 0
        return world

    # ---- the strategy

    def begin(self, runtime: Runtime) -> bool:
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        if runtime.last_task is not None and not self._follow(runtime.last_task, self._read(runtime.world)):
            return None
        if self._closed():
            return None
        asked = {self.path.movers[at] for at in self._at if at < self.path.length}
        numbers = {task.number: task for task in enabled}
        if self._depth < len(self._choices):
            choice = self._choices[self._depth]
        else:
            spent = self._choices[-1].spent if self._choices else 0
            wanted = [t.number for t in enabled if self.view.instance_of(t) in asked]
            others = [t.number for t in enabled if t.number not in wanted]
            choice = _Choice(wanted + others if spent < self._extra else wanted, spent)
            self._choices.append(choice)
        self._depth += 1
        if not choice.alternatives:
            return None
        task = numbers[choice.alternatives[0]]
        if self.view.instance_of(task) not in asked:
            choice.spent = (self._choices[self._depth - 2].spent if self._depth > 1 else 0) + 1
        return task

    def value(self, n: int) -> int:
        return 0

    def end(self, run: Run) -> None:
        pass

    # ---- where on the path

    def _follow(self, task: Task, seen: Seen) -> bool:
        """Every place that the step may have led to; False if there is none."""
        self._before, self._at = self._at, self._places(self._at, task, seen)
        self.furthest = max(self.furthest, *self._at, 0)
        return bool(self._at)

    def _places(self, before: set[int], task: Task, seen: Seen) -> set[int]:
        instance = self.view.instance_of(task)
        found: set[int] = set()
        for at in before:
            while at < len(self.path.states):
                if self.view.fits(self.path.states[at], seen):
                    found.add(at)
                if at >= self.path.length or self.path.movers[at] != instance:
                    break
                at += 1
        return found

    def _closed(self) -> bool:
        """At the end of a round of a lasso: whether the world has been there at the end of an earlier one."""
        here = self._at & set(self.path.rounds)
        if not here:
            return False
        digest = state_hash(self._runtime)
        earlier = self._hashes.get(digest)
        if earlier is None:
            self._hashes[digest] = len(self._runtime.schedule)
            return False
        if earlier == len(self._runtime.schedule):
            return False
        message = "the loop of the protocol closes here too"
        self._found = Driven(tuple(self._runtime.schedule), "livelock", message, earlier)
        return True

    def _failure(self, ended: Run) -> Driven | None:
        """A failure of the run where only steps of the failing task were left on the path."""
        failure, task = ended.failure, self._runtime.last_task
        if failure is None or failure.check not in self.checks or task is None:
            return None
        instance = self.view.instance_of(task)
        rest = (self.path.movers[at:] for at in self._at | self._before)
        if not any(all(mover == instance for mover in movers) for movers in rest):
            return None
        return Driven(ended.schedule, failure.check, failure.message)
