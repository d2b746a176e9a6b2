# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs a scenario under a strategy: one task at a time, switched only at its points, replayed by its decisions.

A *decision* is an integer: the number of the task that takes the next step, or what the environment decided. The list
of decisions is the schedule; the same schedule gives the same run, because nothing else decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from ...model.kernel import sched
from ...model.kernel.scenario import World
from ...model.kernel.sched import Oops, Op, Stopped, Task
from ...model.kernel.sync import lockdep
from .backends import Backend, make_backend
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: the check's name, one sentence, who was about to go on or had just moved."""

    check: str
    message: str
    actor: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``end``: "done", "failed", "abandoned" by its strategy, or "long": the bound on steps was reached."""

    schedule: tuple[int, ...]
    steps: int
    end: str
    failure: Failure | None


Setup = Callable[[], World]
"""Builds the world of a scenario and spawns its tasks."""


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
        self._hurry = False  # some step of this run was urgent
        self._home = False  # unwinding: tasks go home instead of scheduling

    # ---- one run

    def run(self, setup: Setup) -> Run:
        """Execute ``setup`` and then its tasks to an end."""
        self._reset()
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
            finally:
                self._unwind()
        finally:
            sched.install(None)
            lockdep.install(None)
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
        for task in self.unfinished:
            self._resume(task)

    def spawn(self, name: str, function: Callable[[], object], daemon: bool = False) -> Task:
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
        except Exception as error:
            if self.end:  # an error while a stopped task unwinds says nothing
                return
            self._fail("exception", _described(error))
            if self.raises:
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
        if self.end:
            raise Stopped
        task = self.current
        assert task is not None
        task.op = op
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

    def _step_over(self, task: Task) -> None:
        """Check the state that the step of ``task`` left behind."""
        self.steps += 1
        try:
            self.world.check()
        except Oops as oops:
            self._fail(oops.check, str(oops))
            return
        for observe in self.observers:
            observe()
        if self.steps >= self.most_steps:
            self.end = "long"

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
            self.end = "done"
            try:
                self.world.finish()
            except Oops as oops:
                self._fail(oops.check, str(oops))
            return
        from .deadlock import wait_for

        self._fail("deadlock", wait_for(waiting), waiting[0].name)

    def _fail(self, check: str, message: str, actor: str = "") -> None:
        if self.failure is None:
            if not actor and self.current is not None:
                actor = self.current.name
            self.failure = Failure(check, message, actor)
            if self.on_failure is not None:
                self.on_failure()
        self.end = "failed"


def _described(error: Exception) -> str:
    """What was raised, and at which line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f", at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"{type(error).__name__}: {error}{where}"


def new_runtime(backend: str, strategy: Strategy, most_steps: int) -> Runtime:
    """A runtime as users want it: whatever happens in a task is a failure with a schedule."""
    runtime = Runtime(make_backend(backend), strategy, most_steps)
    runtime.raises = False
    return runtime
