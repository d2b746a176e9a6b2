# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Dynamic partial-order reduction: every Mazurkiewicz trace of a scenario once, by running it again and again.

PLACEHOLDER
"""

from __future__ import annotations

from dataclasses import dataclass

from ....model.kernel.sched import READ, WRITE, Op, Task
from ..dependence import Access, Footprint, Keys, UnstableKey, own_mode
from ..history import History
from ..runtime import Run, Runtime
from .dpor_node import Node, Sleep, bits, fully_asleep
from .reversals import Reversals

_SPAWN = ("dpor", "tasks")  # creating a task gives it the next number
_URGENCY = ("dpor", "urgency")  # whether somebody is about to do something urgent


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration has seen. ``traces``: complete runs, each another trace; ``failed`` of them failed or
    deadlocked. ``blocked``: runs given up because all that could go on was covered. ``long``: runs cut off by the
    bound on steps. ``complete``: every trace was seen."""

    runs: int
    traces: int
    failed: int
    blocked: int
    long: int
    steps: int
    complete: bool


class Dpor:
    """``first_failure``: stop at the first failing run, which is then no complete exploration.

    ``fault``: why the exploration cannot go on, in one sentence; empty as long as it can.
    """

    name = "dpor"

    def __init__(self, first_failure: bool = False) -> None:
        self.first_failure = first_failure
        self.fault = ""
        self._urgency = False  # urgent operations take part
        self._again = False  # they were not expected: from the start
        self._keys = Keys()
        self._restart()

    def _restart(self) -> None:
        self.nodes: list[Node] = []
        self.history = History()
        self._reversals = Reversals(self.history, self.nodes)
        self._runtime: Runtime | None = None
        self._at = 0  # how many steps of the current run were decided
        self._first_tasks = 0
        self._urgent: list[bool] = []  # by position: whether somebody was about to do something urgent
        self._runs = self._traces = self._failed = self._blocked = self._long = self._steps = 0
        self._over = self._again = False

    @property
    def explored(self) -> Explored:
        complete = self._over and not self._long and not self.fault and not (self.first_failure and self._failed)
        return Explored(self._runs, self._traces, self._failed, self._blocked, self._long, self._steps, complete)

    @property
    def complete(self) -> bool:
        return self.explored.complete

    # ---- the contract of a strategy

    def begin(self, runtime: Runtime) -> bool:
        if self._again:
            self._restart()
        elif self._runs and not self._over:
            self._over = bool(self.fault) or bool(self.first_failure and self._failed) or not self._advance()
        self._runtime = runtime
        self._at = 0
        return not self._over

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        assert runtime is not None
        at = self._at
        try:
            if at > len(self.history):
                self._record(runtime, runtime.alive)
        except UnstableKey as error:
            self.fault = str(error)
            return None
        if at == 0:
            self._first_tasks = len(runtime.tasks)
        if at == len(self._urgent):
            self._urgent.append(_hurry(runtime.alive))
            if self._unexpected(self._urgent[at]):
                return None
        if at == len(self.nodes) and not self._arrive(enabled):
            return None
        self._at += 1
        wanted = self.nodes[at].chosen
        for task in enabled:
            if task.number == wanted:
                return task
        self.fault = f"task {wanted} could go on after {at} steps, and could not when the same steps led there again"
        return None

    def value(self, n: int) -> int:
        return self.nodes[self._at - 1].decide(n)

    def end(self, run: Run) -> None:
        runtime = self._runtime
        assert runtime is not None
        if self._again or self.fault or self._unexpected(_hurry(runtime.unfinished)):
            return
        if self._at > len(self.history):
            try:
                self._record(runtime, runtime.unfinished)
            except UnstableKey as error:
                self.fault = str(error)
                return
        self._runs += 1
        self._steps += run.steps
        match run.end:
            case "abandoned":
                self._blocked += 1
            case "long":
                self._long += 1
            case _:
                self._traces += 1
                self._failed += run.end == "failed"
        if self.nodes:
            self._reverse_what_is_left(runtime, run)

    def _unexpected(self, urgent: bool) -> bool:
        """Somebody is urgent, which was not looked at in earlier steps."""
        self._again = urgent and not self._urgency
        self._urgency = self._urgency or urgent
        return self._again

    # ---- along a run

    def _arrive(self, enabled: list[Task]) -> bool:
        """A position where no run was before; False: whoever can go on need not."""
        runtime = self._runtime
        assert runtime is not None
        mask = 0
        for task in enabled:
            mask |= 1 << task.number
        sleep: Sleep = {}
        if self.nodes:
            sleep = self.nodes[-1].asleep_after(self.history.events[-1].footprint)
        awake = mask & ~fully_asleep(sleep)
        if not awake:
            return False
        last = runtime.last_task
        goes_on = last is not None and awake >> last.number & 1  # no switch is the fastest
        chosen = last.number if last is not None and goes_on else next(bits(awake))
        self.nodes.append(Node(mask, sleep, chosen))
        return True

    def _record(self, runtime: Runtime, left: list[Task]) -> None:
        """The step that has just ended; ``left``: the tasks that have not."""
        task = runtime.last_task
        assert task is not None
        here = len(self.history)
        touched = self._keys.of_last_step(runtime)
        known = self._first_tasks + len(self.history.born)
        now = len(runtime.tasks)
        for number in range(known + 1, now + 1):
            self.history.born[number] = here
        if now > known:
            touched.append(self._keys.access(_SPAWN, WRITE))
        if self._urgency:
            hurry = self._urgent[here] or runtime.end == "failed" or _hurry(left)
            touched.append(self._keys.access(_URGENCY, WRITE if hurry else READ))
        self.history.push(task.number, tuple(touched), self._waits(runtime.last_op), now)
        self._reversals.of_last_step()

    def _waits(self, op: Op) -> Footprint:
        """What can keep a task waiting at an operation."""
        found: list[Access] = []
        if op.ready is not None:
            if op.key is None:
                raise UnstableKey(f"'{op.name}' can wait, but has no key that says for what")
            found.append(self._keys.access(op.key, own_mode(op)))
        if self._urgency:
            found.append(self._keys.access(_URGENCY, READ))
        return tuple(found)

    # ---- between runs

    def _reverse_what_is_left(self, runtime: Runtime, run: Run) -> None:
        """Operations that were not executed: who waits may have come too late, a failure stopped everybody."""
        for task in runtime.unfinished:
            waits = self._waits(task.op)
            if waits:
                self._reversals.of_pending(task.number, waits)
        self._reversals.of_doubtful()
        if run.end == "failed" and not runtime.stuck:
            last = self.nodes[-1]
            last.wanted |= last.enabled

    def _advance(self) -> bool:
        """On to the next run: the last position where something is left to try; False: nothing is left."""
        while self.nodes:
            here = len(self.nodes) - 1
            touched = self.history.events[here].footprint
            self.history.cut(here)
            self._reversals.cut(here)
            if self.nodes[here].next_choice(touched):
                del self._urgent[here + 1 :]
                return True
            self.nodes.pop()
        return False


def _hurry(tasks: list[Task]) -> bool:
    """Whether somebody is about to do something urgent."""
    return any(task.urgent or task.op.urgent for task in tasks)
