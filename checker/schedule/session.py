# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session: many runs of one scenario under one strategy, until a violation, a limit, or nothing is left to try.

It ends at the first violation. Every failing schedule is run again before it is told, and a loop is gone round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ...model.kernel.object import classes_made, made
from ...specs.verdict import Grade, Verdict
from .checks import DETERMINISM, LOST_PROGRESS, kind
from .counterexample import Counterexample, Nondeterminism, of_failure, of_lasso, of_lost
from .crosscheck import contradicting
from .garbage import rare_collections
from .patience import lost_progress
from .progress import Judged, Progress
from .registry import STRATEGIES, Entry, Reach, make
from .repeat import difference, is_repeated
from .request import Chosen
from .runtime import Run, Runtime, new_runtime
from .statespace import StateSpace
from .strategies.replay import Replay
from .strategies.states import States
from .strategy import Strategy
from .survey import Survey

SURVEYED_FIRST = 48  # runs whose states are all looked at, at ten times the cost or more
SURVEYED_EACH = 128  # after these: every so often one, so that the others have most of the time
MOST_SURVEYED = 50_000  # states: enough to find a loop in, and not too much memory
GROWTH = 1.2  # loops are looked for again when there are so many times as many steps
AROUND = 2_000  # states that are explored beside what runs came through, or to grade a loop: a few seconds


@dataclass(frozen=True, slots=True)
class Wish:
    """What a session is asked to do. ``seconds``, ``states``: None is no limit; ``spent``: seconds that are over
    already. ``bound``: of a task's own steps."""

    strategy: str = "random"
    seed: int = 1
    runs: int = 10_000
    seconds: float | None = None
    steps: int = 20_000
    states: int | None = None
    bound: int = 2_000
    backend: str = "greenlets"
    spent: float = 0.0


@dataclass(frozen=True, slots=True)
class Violation:
    """What broke, in one sentence; ``counterexample`` is None for what no single run shows (nondeterminism)."""

    property: str
    kind: str
    message: str
    grade: Grade | None = None
    assumptions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None


@dataclass(slots=True)
class Effort:
    """What was done so far. ``ended``: runs that came to an end. ``measured``: those in which the steps of tasks that
    owe something were counted; ``surveyed``: those that looked for livelock. ``states`` and ``transitions``: where they
    were counted. ``depth``: the steps of the longest run."""

    runs: int = 0
    ended: int = 0
    measured: int = 0
    surveyed: int = 0
    points: int = 0
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """How a session ended. ``reach``: of its strategy. ``complete``: nothing was left to try, or all runs were made.

    ``goals``: what tasks owed in some run. ``classes``: of the kernel's structures that some run had, with their bases.
    ``judged``: what the states say about progress, with the strategy that knows them. ``cut``: why it stopped before.
    ``blind``: because part of a state could not be seen.
    """

    chosen: Chosen
    wish: Wish
    reach: Reach
    effort: Effort
    complete: bool
    cut: str
    goals: tuple[str, ...]
    classes: frozenset[str]
    violations: tuple[Violation, ...]
    judged: tuple[Judged, ...]
    blind: bool = False


Watcher = Callable[[Effort], None]


@dataclass
class _Course:
    """One session while it goes on."""

    chosen: Chosen
    wish: Wish
    entry: Entry
    strategy: Strategy
    scout: Strategy
    runtime: Runtime
    tell: Watcher
    stop: Callable[[], bool]
    begun: float = field(default_factory=time.monotonic)
    effort: Effort = field(default_factory=Effort)
    goals: set[str] = field(default_factory=set[str])
    space: StateSpace = field(default_factory=StateSpace)  # what surveyed runs came through
    looked: int = 0  # how many steps it had when a loop was looked for last
    looked_around: bool = False

    def go(self) -> Session:
        cut, violations, judged = "", tuple[Violation, ...](), tuple[Judged, ...]()
        try:
            cut, violations = self._runs()
            if isinstance(self.strategy, States) and not violations:
                cut, violations, judged = self._states(self.strategy, cut)
            if not cut and not violations and self.entry.reach in (Reach.STATES, Reach.SAFETY):
                violations = self._contradicted()
                judged = () if violations else judged
        except Nondeterminism as error:
            violations = (Violation(DETERMINISM, "guard", str(error)),)
        self._measure()
        complete = not cut and not violations and self.effort.runs > 0
        goals = tuple(sorted(self.goals))
        blind = isinstance(self.strategy, States) and bool(self.strategy.space.unseen)
        return Session(self.chosen, self.wish, self.entry.reach, self.effort, complete, cut, goals, classes_made(),
                       violations, judged, blind)  # fmt: skip

    # ---- run after run

    def _runs(self) -> tuple[str, tuple[Violation, ...]]:
        """Why it ended early, and what was violated."""
        while True:
            if self.stop():
                return "interrupted", ()
            if self._late():
                return f"the limit of {self.wish.seconds:g} s", ()
            violation = self._look_around()
            if violation is not None:
                return "", (violation,)
            if self.entry.reach is Reach.SOME and self.effort.runs >= self.wish.runs:
                return "", ()
            survey = Survey(self._surveyed(), self.space) if self._is_surveyed() else None
            strategy = self.strategy if survey is None else survey
            if not strategy.begin(self.runtime):
                return self._why_unfinished(), ()
            self.runtime.strategy = strategy
            run = self._run()
            self._count(run)
            if self.runtime.halted:
                continue  # to why
            violation = self._violated(run, survey)
            if violation is not None:
                return "", (violation,)

    def _run(self) -> Run:
        """A run of the session's own, which limits end in its middle; one that is only made again they do not."""
        self.runtime.halt = lambda: self._late() or self.stop()
        try:
            return self.runtime.run(self.chosen.setup)
        finally:
            self.runtime.halt = None

    def _late(self) -> bool:
        wish = self.wish
        return wish.seconds is not None and time.monotonic() - self.begun + wish.spent >= wish.seconds

    def _is_surveyed(self) -> bool:
        """Runs that look for livelock: some of those of a sample, if anybody owes anything."""
        runs = self.effort.runs
        if self.entry.reach is not Reach.SOME or (runs and not self.goals) or len(self.space) >= MOST_SURVEYED:
            return False
        if self.space.unseen:
            return False
        return runs < SURVEYED_FIRST or runs % SURVEYED_EACH == 0

    def _surveyed(self) -> Strategy:
        """Every other such run is one of a strategy that falls into loops more often."""
        self.effort.surveyed += 1
        return self.scout if self.effort.surveyed % 2 == 0 else self.strategy

    def _look_around(self) -> Violation | None:
        """Once, after the first runs: a loop may lie beside what they came through, one step of somebody else away."""
        if self.looked_around or not len(self.space) or self.effort.runs < min(SURVEYED_FIRST, self.wish.runs):
            return None
        self.looked_around = True
        self.looked = 0
        return self._explored(()) or self._livelock()

    def _why_unfinished(self) -> str:
        """What a strategy that has nothing left to try says of itself. Raises Nondeterminism."""
        if self.entry.reach is Reach.SOME or getattr(self.strategy, "complete", False):
            return ""
        fault: str = getattr(self.strategy, "fault", "")
        if fault:
            raise Nondeterminism(fault)
        if isinstance(self.strategy, States) and self.strategy.space.unseen:
            return self.strategy.space.unseen
        if isinstance(self.strategy, States) and self.strategy.full:
            return f"the limit of {self.wish.states:,} states"
        return f"a run of more than {self.wish.steps:,} steps"

    def _count(self, run: Run) -> None:
        self.effort.runs += 1
        self.effort.ended += run.end == "done"
        self.effort.measured += self.entry.fair
        self.effort.points += run.steps
        self.effort.depth = max(self.effort.depth, run.steps)
        for task in self.runtime.tasks:
            self.goals.update(task.completed, task.pending)
        self._measure()
        self.tell(self.effort)

    def _measure(self) -> None:
        self.effort.seconds = time.monotonic() - self.begun
        space = self.strategy.space if isinstance(self.strategy, States) else self.space
        self.effort.states, self.effort.transitions = len(space), space.transitions

    # ---- what a run shows

    def _violated(self, run: Run, survey: Survey | None) -> Violation | None:
        if run.failure is not None:
            message, shown = of_failure(self.chosen, self.runtime, run)
            return Violation(run.failure.check, kind(run.failure.check), message, counterexample=shown)
        if is_repeated(self.effort.runs) and (reason := difference(self.chosen, self.runtime, run)):
            raise Nondeterminism(reason)
        if self.entry.reach is Reach.STATES:
            return None
        if survey is None and run.end == "long":
            survey = Survey(Replay(run.schedule), self.space)
            survey.begin(self.runtime)
            self.runtime.strategy = survey
            self.runtime.run(self.chosen.setup)
        if survey is not None and survey.fault:
            raise Nondeterminism(survey.fault)
        livelock = None if survey is None else self._livelock()
        return livelock or self._lost(run)

    def _livelock(self) -> Violation | None:
        """A loop in what the surveyed runs came through; the states around it grade it and may have a simpler one."""
        if self.space.transitions < GROWTH * self.looked:
            return None
        self.looked = self.space.transitions
        first = _loop(self.space)
        if first is None or first.lasso is None:
            return None
        loop = self.space.after(first.lasso.loop, self.space.after(first.lasso.stem)[-1])
        failure = self._explored(loop)
        return failure or self._told(_loop(self.space) or first, shorten=not self.space.complete)

    def _explored(self, near: Iterable[int]) -> Violation | None:
        """Go on from known states, those ``near`` first, for a while; a run that fails on the way is told."""
        states = States(len(self.space) + AROUND, self.space, near)
        self.runtime.strategy = states
        while states.begin(self.runtime) and not self.stop() and not self._late():
            run = self._run()
            if run.failure is not None:
                return self._violated(run, None)
        if states.fault:
            raise Nondeterminism(states.fault)
        return None

    def _told(self, judged: Judged, shorten: bool) -> Violation:
        assert judged.lasso is not None
        shown = of_lasso(self.chosen, self.runtime, judged.property, judged.message, judged.lasso, shorten)
        return Violation(judged.property, judged.kind, judged.message, judged.grade, judged.assumptions, shown)

    def _lost(self, run: Run) -> Violation | None:
        if not self.entry.fair or run.steps <= self.wish.bound:
            return None
        lost = lost_progress(self.chosen.setup, self.runtime, run.schedule, self.wish.bound)
        if lost is None:
            return None
        shown = of_lost(self.chosen, lost, self.wish.bound)
        return Violation(LOST_PROGRESS, "bound", lost.message, counterexample=shown)

    def _contradicted(self) -> tuple[Violation, ...]:
        """What random runs show that an exploration of everything did not. Raises Nondeterminism."""
        space = self.strategy.space if isinstance(self.strategy, States) else None
        run, fault = contradicting(self.runtime, self.chosen.setup, space, self.wish.seed, self.stop)
        if fault:
            raise Nondeterminism(fault)
        if run is None or run.failure is None:
            return ()
        message, shown = of_failure(self.chosen, self.runtime, run)
        told = f"{message} (in a random run, though {self.wish.strategy} had explored everything that it could see)"
        return (Violation(run.failure.check, kind(run.failure.check), told, counterexample=shown),)

    # ---- what the states show

    def _states(self, states: States, cut: str) -> tuple[str, tuple[Violation, ...], tuple[Judged, ...]]:
        judged = tuple(Progress(states.space).judge()) if states.space.nodes else ()
        violated = tuple(self._told(j, not states.complete) for j in judged if j.verdict is Verdict.VIOLATED)
        return cut, violated, judged


def _loop(space: StateSpace) -> Judged | None:
    """The first goal that some fair loop leaves unmet for ever."""
    judged = (j for j in Progress(space).judge() if j.verdict is Verdict.VIOLATED)
    return next((j for j in judged if j.lasso is not None and j.lasso.loop), None)


def run_session(
    chosen: Chosen, wish: Wish, tell: Watcher = lambda _: None, stop: Callable[[], bool] = lambda: False
) -> Session:
    """Raises ``BadRequest``, and whatever stops the program. ``stop`` is asked between runs."""
    entry = STRATEGIES[wish.strategy]
    strategy = make(wish.strategy, wish.seed, wish.runs, wish.states)
    runtime = new_runtime(wish.backend, strategy, wish.steps)
    scout = make("sticky", wish.seed, wish.runs)
    made.clear()
    with rare_collections():
        return _Course(chosen, wish, entry, strategy, scout, runtime, tell, stop).go()
