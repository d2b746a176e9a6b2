# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs a scenario under a strategy: one task at a time, switched only at its points, replayed by its decisions.

A *decision* is an integer: the number of the task that takes the next step, or what the environment decided. The list
of decisions is the schedule; the same schedule gives the same run, because nothing else decides anything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import get_ident
from typing import NoReturn

from ...model.kernel import sched
from ...model.kernel.scenario import World
from ...model.kernel.sched import Oops, Op, Stopped, Task
from ...model.kernel.sync import lockdep
from ..keyboard import by_keyboard
from ..selection import BadRequest
from .backends import Backend, make_backend
from .misuse import Hung, catches_all
from .places import described
from .strategy import Strategy

CHECKING = "checking"  # instead of an end: what the checks call reaches no points
EACH = 32  # steps between two looks at the clock
PATIENCE = 1_000  # how often a task may catch what ends it

_deaf: list[Task] = []  # tasks that cannot be ended are kept for ever: what ends a greenlet that is dropped wakes them


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: the check's name, one sentence, who was about to go on or had just moved."""

    check: str
    message: str
    actor: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``end``: "done", "failed", "abandoned" by its strategy, or "long": the bound on steps was reached, or
    somebody halted it."""

    schedule: tuple[int, ...]
    steps: int
    end: str
    failure: Failure | None


Setup = Callable[[], World]
"""Builds the world of a scenario and spawns its tasks."""


inside: list[Runtime] = []
"""Those that are inside ``run``, the innermost last. An attribute of the class would undo, each time it is written,
what the interpreter has learnt about the methods of its instances: a tenth of the speed."""


class Runtime:
    """Executes one run at a time. ``last_*`` describe the step that ended just before ``Strategy.pick`` is asked."""

    def __init__(self, backend: Backend, strategy: Strategy, most_steps: int = 20_000, lock_order: bool = True) -> None:
        self.backend = backend
        self.strategy = strategy
        self.most_steps = most_steps
        self.lock_order = lock_order
        self.observers: list[Callable[[], None]] = []  # called after each step, after the checks
        self.raises = True  # an exception of Python in a task leaves ``run``; else it is a failure like others
        self.on_failure: Callable[[], None] | None = None  # called where it happens, before anything unwinds
        self.halt: Callable[[], bool] | None = None  # asked now and then whether to end the run
        self._runs = 0
        self._reset()

    def _reset(self) -> None:
        self.current: Task | None = None
        self.tasks: list[Task] = []
        self.alive: list[Task] = []
        self.schedule: list[int] = []
        self.steps = 0
        self.failure: Failure | None = None
        self.end = ""
        self.world = World([])
        self.lockdep: lockdep.Lockdep | None = None
        self.last_task: Task | None = None
        self.last_op: Op = sched.START
        self.last_failed = False  # the operation changed nothing
        self.last_also: list[tuple[Hashable, int]] = []
        self.last_choice: int | None = None  # the step consumed this choice of the environment
        self.stuck = False  # the run ended because nobody could go on
        self.unfinished: list[Task] = []  # at the end: the tasks that had not ended, each still at its ``op``
        self.halted = False
        self.misuse: BadRequest | None = None  # what the scenario did that no run can go on from
        self.handled: dict[Task, BaseException] = {}  # what tasks are handling at their points: a bare raise has it
        self._hurry = False  # some step of this run was urgent
        self._home = False  # unwinding: tasks go home instead of scheduling
        self._look = self.most_steps if self.halt is None else min(self.most_steps, EACH)  # at limits, after this step
        self._caught = 0  # how often a task was told to end

    @property
    def pulse(self) -> tuple[int, ...]:
        """What changes as long as points are reached."""
        current = -1 if self.current is None else self.current.number
        return self._runs, self.steps, len(self.schedule), len(self.tasks), current, self._caught

    # ---- one run

    def run(self, setup: Setup) -> Run:
        """Execute ``setup`` and then its tasks to an end. Raises ``BadRequest`` where a task cannot be ended."""
        self._reset()
        self._runs += 1
        inside.append(self)
        sched.install(self)
        self.lockdep = lockdep.Lockdep() if self.lock_order else None
        lockdep.install(self.lockdep)
        try:
            try:
                self.world = setup()
                self._start_all()
                self._execute()
            except Oops as oops:
                self._fail(oops.check, str(oops))
            except Hung as hung:
                raise hung.told from None
            finally:
                self._unwind()
        finally:
            inside.pop()
            sched.install(None)
            lockdep.install(None)
        if self.misuse is not None:
            raise self.misuse
        found = Run(tuple(self.schedule), self.steps, self.end or "done", self.failure)
        self.strategy.end(found)
        return found

    def _start_all(self) -> None:
        """Each task of the scenario runs up to its first point, which no other task can see."""
        for task in list(self.tasks):
            self._home = True
            self._resume(task)
        self._home = False

    def _execute(self) -> None:
        while not self.end:
            chosen = self._pick()
            if chosen is None:
                return
            self._resume(chosen)

    def _resume(self, task: Task) -> None:
        """From outside of all tasks."""
        self.current = task
        self.backend.run(task)
        self.current = None

    def _unwind(self) -> None:
        self.end = self.end or "done"
        self.unfinished = list(self.alive)
        if self.current is not None and not self.current.done:
            return  # interrupted while a thread has the baton: it may never come back
        for task in self.unfinished:
            self._caught = 0
            self._resume(task)

    def spawn(self, name: str, function: Callable[[], object], daemon: bool = False) -> Task:
        if not callable(function):
            raise TypeError(f"spawn({name!r}, {function!r}): a task is a function, which is called later, without ()")
        task = Task(len(self.tasks) + 1, name, function, daemon)
        self.tasks.append(task)
        self.alive.append(task)
        self.backend.create(task, lambda: self._body(task))
        return task

    def _body(self, task: Task) -> None:
        try:
            if not self.end:
                sched.returned(task, task.function())
        except Stopped:
            pass
        except Oops as oops:
            self._fail(oops.check, str(oops))
        except Hung as hung:
            self._misused(hung.told)
        except BaseException as error:  # sys.exit() too is no way to end a task
            if by_keyboard(error):
                self.end = "failed"
                raise
            if self.end in ("", CHECKING):  # an error while a stopped task unwinds says nothing
                self._fail("exception", described(error, task))
                if self.raises and isinstance(error, Exception):
                    raise
        finally:
            task.done = True
            self.alive.remove(task)
            if not self.end and not self._home:
                self._ended(task)

    def _ended(self, task: Task) -> None:
        """A task returned: its last step is over."""
        if task.held:
            locks = ", ".join(repr(lock) for lock, _ in task.held)
            self._fail("lock-held-at-end", f"{task.name} returned with {locks} held")
        else:
            self._step_over(task)

    # ---- at a point

    def point(self, op: Op) -> None:
        """Called by the running task before ``op``."""
        if self.end or get_ident() != self.backend.thread:
            self._refuse(op)
        task = self.current
        assert task is not None
        task.op = op
        if (raised := sys.exception()) is not None:
            self.handled[task] = raised
        elif self.handled:
            self.handled.pop(task, None)
        if op.urgent or task.urgent:
            self._hurry = True
        if task.hurried and not task.inside:
            task.hurried.clear()
        if self._home:
            self.backend.home()
        else:
            self._step_over(task)
            chosen = None if self.end else self._pick()
            if chosen is not task:
                if chosen is None:
                    self.backend.home()
                else:
                    self.current = chosen
                    self.backend.switch(chosen)
        if self.end:
            raise Stopped

    def _refuse(self, op: Op) -> NoReturn:
        """There is no going on from this point."""
        if self.end == CHECKING:
            raise Oops("exception", f"a check must not reach a point, and this one does: '{op.name}'")
        if get_ident() != self.backend.thread:
            what = f"'{op.name}' in a thread that is no task: only tasks reach points, and sched.spawn() makes them"
            self._fail("exception", what)
            raise SystemExit  # ends a thread without a word
        self._caught += 1
        task = self.current
        if self._caught > PATIENCE and task is not None:
            _deaf.append(task)
            self._misused(catches_all(task, self.backend.frame(task)))
            while True:
                self.backend.home()
        raise Stopped

    def _step_over(self, task: Task) -> None:
        """Check the state that the step of ``task`` left behind."""
        self.steps += 1
        self.end = CHECKING
        try:
            self.world.check()
        except Exception as error:  # noqa: BLE001 - a check is code of the scenario, too
            self._broken(error)
            return
        self.end = ""
        for observe in self.observers:
            observe()
        if self.steps >= self._look:
            self._limits()

    def _checked(self, check: Callable[[], None]) -> None:
        try:
            check()
        except Exception as error:  # noqa: BLE001 - a check is code of the scenario, too
            self._broken(error)

    def _broken(self, error: Exception) -> None:
        """What a check raised."""
        if isinstance(error, Oops):
            self._fail(error.check, str(error))
        else:
            self._fail("exception", described(error))

    def _limits(self) -> None:
        if self.steps >= self.most_steps:
            self.end = "long"
        elif self.halt is not None:
            self._look = min(self.most_steps, self.steps + EACH)
            if self.halt():
                self.end = "long"
                self.halted = True

    def _pick(self) -> Task | None:
        """Who goes on; None when the run is over."""
        enabled = [task for task in self.alive if (ready := task.op.ready) is None or ready()]
        if self._hurry:
            enabled = [task for task in enabled if task.op.urgent or task.urgent] or enabled
        if not enabled:
            self._stuck()
            return None
        chosen = self.strategy.pick(enabled)
        if chosen is None:
            self.end = "abandoned"
            return None
        self.schedule.append(chosen.number)
        self.last_task = chosen
        self.last_op = chosen.op
        self.last_failed = False
        self.last_choice = None
        if self.last_also:
            self.last_also = []
        return chosen

    def choose(self, n: int, why: str) -> int:
        """The environment decides, as a step of the task that asks."""
        self.point(Op(why, None, sched.READ))
        value = self.strategy.value(n)
        self.schedule.append(value)
        self.last_choice = value
        return value

    def failed(self) -> None:
        if not self.end:
            self.last_failed = True

    def also(self, key: Hashable, mode: int) -> None:
        if not self.end:  # what tasks do while they unwind is no part of the last step
            self.last_also.append((key, mode))

    def oops(self, oops: Oops) -> None:
        self._fail(oops.check, str(oops))

    # ---- ends

    def _stuck(self) -> None:
        self.stuck = True
        waiting = [t for t in self.alive if t.pending or not t.daemon]
        if not waiting:
            before, self.current = self.current, self.current or self.last_task  # points ask for one
            self.end = CHECKING
            self._checked(self.world.finish)
            self.current = before
            if self.end == CHECKING:
                self.end = "done"
            return
        from .deadlock import wait_for

        self._fail("deadlock", wait_for(waiting, self.backend.frame), waiting[0].name)

    def _misused(self, told: BadRequest) -> None:
        self.misuse = self.misuse or told
        self.end = "failed"

    def _fail(self, check: str, message: str, actor: str = "") -> None:
        if self.failure is None:
            if not isinstance(check, str) or not check:  # pyright: ignore[reportUnnecessaryIsInstance] - users' code
                check, message = "exception", f"Oops({check!r}, {message!r}): the first argument is the name of a check"
            if not actor and self.current is not None:
                actor = self.current.name
            self.failure = Failure(check, message, actor)
            if self.on_failure is not None:
                self.on_failure()
        self.end = "failed"


def new_runtime(backend: str, strategy: Strategy, most_steps: int) -> Runtime:
    """A runtime as users want it: whatever happens in a task is a failure with a schedule."""
    runtime = Runtime(make_backend(backend), strategy, most_steps)
    runtime.raises = False
    return runtime
