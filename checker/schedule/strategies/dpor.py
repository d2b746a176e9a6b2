# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Dynamic partial-order reduction: every Mazurkiewicz trace of a scenario once, by running it again and again.

Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas; POPL 2014, JACM 2017), as a stack of nodes, one for each
position of the run, and re-execution from the beginning. Two interleavings are one trace if they differ in the order of
neighbouring steps that commute (``dependence.py``): one of them is executed. What is found is every deadlock, every
Oops of a step, and every complete run, up to such reordering; not every intermediate state (see below).

**Why it is complete.** Write E for a position (the steps up to it), Z for its sleep set, B for the tasks tried there
when it is left. A run u from E is *covered* if some executed run from E contains it: the executed run is u and then
more, up to reordering. An *initial* of u is a task whose first step in u can come first. Claim: when E is left, every u
from E without an initial in Z is covered. Suppose it is not so for u, and it is for the positions after E.

1. No initial of u is in B: otherwise take the one tried first, move its step to the front, and the rest is covered.
2. Some task is tried in E, because not all that can go on sleep: the first task of u does not. Let b be the task tried
   last. Its step depends on a step of u, else u would be covered behind it. Let r be the task of the first such step,
   and p the steps of u that happen before that one. None of them depends on the step of b, so b and then p is a run.
3. Let r be able to go on after b and p. It then takes a step r' that depends on b's (if it did not, the two could
   change places, and r's step in u would not depend on b's either). By the claim for the position after b, a run with
   b, p, r' is executed; b and r' race in it with nothing between, so an initial of what does not happen after b, with
   r' at the end, was tried in E. It is not a task that sleeps after b, nor one tried before b: those would sleep after
   b and could not have made that step. So it was tried after b, but b was the last: a contradiction, unless it is r.
   Then p has no step that is in the way of r (so that r is an initial of u, which 1. excludes), or one that is in the
   way of what r does in E, but not of what it does after b. For that case what r did when it was tried is compared
   with all steps of the run that do not happen after b (``Reversals.of_doubtful``).
4. Let r be blocked after b and p, by b: r waits for a lock or a condition. It waits in every executed run with b and p,
   which there is, and goes on later or never. So operations that can wait are raced with *all* earlier steps that may
   have kept them waiting, not only the nearest, and also where they are still ahead when a run ends, however it ends.

A step is a read where it failed; a lock is given back before somebody else can have it, so these two are in order, but
do not race; values of the environment are alternatives of one step, tried and put to sleep one by one. Creating a task
gives it the next number, and so tasks are created in an order. A failing step ends the run, as if it kept everybody
else from going on: all that could go on in its place are tried there. While somebody is urgent nobody else can go on;
steps that may begin, end or take part in that depend on everything else, from the first run on.

**What it rests on.** A step announces what it touches, or holds a lock over it (``races.py`` tests that). A check after
a step looks at what that step touched, or what its locks protect: it is made in one order of independent steps, not in
all. Runs end: where one is cut off by the bound on steps, the exploration is not ``complete``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ....model.kernel.sched import READ, WRITE, Op, Task
from ..dependence import Access, Footprint, Keys, UnstableKey, own_mode
from ..history import History
from ..runtime import Run, Runtime
from .dpor_node import Node, Sleep, bits, fully_asleep
from .reversals import Reversals

PATIENCE = 100  # steps in a row: more than a path through the kernel takes, few enough where a task spins
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
        complete = self._over and not self._long and not self.fault
        return Explored(self._runs, self._traces, self._failed, self._blocked, self._long, self._steps, complete)

    @property
    def complete(self) -> bool:
        return self.explored.complete

    # ---- the contract of a strategy

    def begin(self, runtime: Runtime) -> bool:
        if self._again:
            self._restart()
        elif self.fault or (self.first_failure and self._failed):
            return False
        elif self._runs and not self._over:
            self._over = not self._advance()
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
        if self._at < len(self.nodes):
            self.fault = f"a run ended after {self._at} steps, and went on when the same steps led there before"
            return
        try:
            if self._at > len(self.history):
                self._record(runtime, runtime.unfinished)
            if self.nodes:
                self._reverse_what_is_left(runtime, run)
        except UnstableKey as error:
            self.fault = str(error)
            return
        self._count(run)

    def _count(self, run: Run) -> None:
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

    def _unexpected(self, urgent: bool) -> bool:
        """Somebody is urgent, which was not looked at in earlier steps."""
        self._again = urgent and not self._urgency
        self._urgency = self._urgency or urgent
        return self._again

    # ---- along a run

    def _arrive(self, enabled: list[Task]) -> bool:
        """A position where no run was before; False: whoever can go on need not."""
        mask = 0
        for task in enabled:
            mask |= 1 << task.number
        sleep: Sleep = {}
        last = streak = 0
        if self.nodes:
            before = self.nodes[-1]
            sleep = before.asleep_after(self.history.events[-1].footprint)
            last, streak = before.chosen, before.streak + 1
        awake = mask & ~fully_asleep(sleep)
        if not awake:
            return False
        goes_on = awake >> last & 1 and streak < PATIENCE  # no switch is the fastest
        chosen = last if goes_on else next(bits(awake & ~(1 << last) or awake))
        self.nodes.append(Node(mask, sleep, chosen, streak if chosen == last else 0))
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
