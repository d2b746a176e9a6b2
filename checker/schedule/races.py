# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A data-race detector for the executable kernel: finds accesses that no point announces and no lock protects.

Partial-order reduction believes what steps say about themselves. Two steps of different tasks that touch the same
attribute, one of them writing, have to be ordered by what they announce: by operations on the same key, by a lock
that both hold, or by a chain of these. Where they are not, a point is missing, and schedules go unexplored.

Happened-before is that of ``history.py``, so that a race is found in one run whichever of the two steps came first in
it (Lamport 1978; vector clocks as in Flanagan and Freund, FastTrack, PLDI 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...model.kernel.sched import Op, Task
from .accesses import PIECE, READ, WRITE, Access, Log, Variable, watching
from .backends import Backend, Greenlets
from .dependence import Keys
from .history import History
from .runtime import Run, Runtime, Setup
from .strategies.pos import Pos
from .strategy import Strategy


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """One of the two accesses: who, in which step, where in the source, and whether it writes."""

    line: str
    task: str
    step: str
    writes: bool

    def __str__(self) -> str:
        verb = "writes" if self.writes else "reads"
        return f"{self.task} {verb} it at {self.line}, in the step '{self.step}'"


@dataclass(frozen=True, slots=True, order=True)
class Race:
    """Two accesses to the same piece of memory that nothing orders. ``what``: class and attribute."""

    what: str
    first: Side
    second: Side

    def __str__(self) -> str:
        return f"{self.what}: {self.first}; {self.second}; no operation of these steps orders them"


def find_races(setup: Setup, runs: int = 100, seed: int = 1, ignore: Iterable[str] = ()) -> list[Race]:
    """The races seen in ``runs`` runs of partial-order sampling, one for each pair of source lines.

    ``ignore``: attributes to leave out, as "Class.attribute"; a base class stands for its subclasses too. Attributes
    that are no part of a state (``_uncounted``) are left out anyway.
    """
    found: dict[tuple[str, str, str], Race] = {}
    log = Log()
    with watching(log, frozenset(ignore)):
        strategy = _Clocks(Pos(seed, runs), log, found)
        runtime = _Watched(Greenlets(), strategy, log)
        while strategy.begin(runtime):
            runtime.run(setup)
    return sorted(found.values())


class _Watched(Runtime):
    """A runtime that tells the log when a task's own code runs."""

    def __init__(self, backend: Backend, strategy: Strategy, log: Log) -> None:
        super().__init__(backend, strategy)
        self.log = log

    def run(self, setup: Setup) -> Run:
        self.log.active = False
        self.log.finish()
        return super().run(setup)

    def spawn(self, name: str, function: Callable[[], object], daemon: bool = False) -> Task:
        def watched() -> None:
            self.log.active = True
            try:
                function()
            finally:
                self.log.active = False

        return super().spawn(name, watched, daemon)

    def _resume(self, task: Task) -> None:
        super()._resume(task)
        if self._home and not self.end:
            assert isinstance(self.strategy, _Clocks)
            self.strategy.started(task)

    def point(self, op: Op) -> None:
        self.log.active = False
        super().point(op)
        self.log.active = True


@dataclass(frozen=True, slots=True)
class _Seen:
    """The last access of one kind by one task: at which position of the history."""

    position: int
    task: int
    access: Access
    side: Side


class _Clocks:
    """Another strategy, with a look at each step that was made."""

    name = "races"

    def __init__(self, strategy: Strategy, log: Log, found: dict[tuple[str, str, str], Race]) -> None:
        self.strategy = strategy
        self.log = log
        self.found = found
        self._runtime: Runtime | None = None
        self._restart()

    def _restart(self) -> None:
        self.keys = Keys()
        self.history = History()
        self.seen: dict[Variable, dict[tuple[int, int], _Seen]] = {}
        self.tasks = 0

    def begin(self, runtime: Runtime) -> bool:
        self._runtime = runtime
        self._restart()
        return self.strategy.begin(runtime)

    def started(self, task: Task) -> None:
        """What a task of the scenario did before its first point is ordered with nothing but itself."""
        assert self._runtime is not None
        self.history.push(task.number, (), (), len(self._runtime.tasks))
        self._look(task, "start")
        self.tasks = len(self._runtime.tasks)

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        assert runtime is not None
        if runtime.last_task is not None:
            self._step(runtime)
        self.tasks = len(runtime.tasks)
        return self.strategy.pick(enabled)

    def value(self, n: int) -> int:
        return self.strategy.value(n)

    def end(self, run: Run) -> None:
        assert self._runtime is not None
        if self._runtime.last_task is not None:
            self._step(self._runtime)
        self.strategy.end(run)

    def _step(self, runtime: Runtime) -> None:
        task = runtime.last_task
        assert task is not None
        for number in range(self.tasks + 1, len(runtime.tasks) + 1):
            self.history.born[number] = len(self.history)
        self.history.push(task.number, tuple(self.keys.of_last_step(runtime)), (), len(runtime.tasks))
        self._look(task, runtime.last_op.name)

    def _look(self, task: Task, step: str) -> None:
        """Compare the accesses of the last step with what others did before."""
        here = len(self.history) - 1
        clock = self.history.events[-1].clock
        for (variable, kind), access in self.log.finish().items():
            known = self.seen.setdefault(variable, {})
            mine = _Seen(here, task.number, access, Side(access.line, task.name, step, kind != READ))
            for other in known.values():
                ordered = other.task == task.number or clock[other.task] > other.position
                if not ordered and _conflict(kind, other.access.kind):
                    self._note(other, mine)
            known[task.number, kind] = mine

    def _note(self, other: _Seen, mine: _Seen) -> None:
        first, second = sorted((other.side, mine.side))
        self.found.setdefault((mine.access.what, first.line, second.line), Race(mine.access.what, first, second))


def _conflict(some: int, other: int) -> bool:
    """Pieces of one whole are compared one by one."""
    return WRITE in (some, other) or {some, other} == {READ, PIECE}
