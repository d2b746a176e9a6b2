# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every reachable state: runs that go on until they meet a state whose steps are all known, told by its hash.

A run begins with the way to some state that has steps left to try, follows new ones as far as it can, and is then
abandoned; so a state is reached again as rarely as possible, and executing its way anew stands for saving it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ....model.kernel.sched import ACQUIRE, SHARE, Task
from ..runtime import Run, Runtime
from ..statehash import state_hash
from ..statespace import Decision, HiddenState, StateSpace, Taken
from ..view import Offer, completed, completions, offer, view


class States:
    """``first``: a schedule for the first run, whose states are remembered too. ``most_states``: where to stop.

    ``space`` is what was found. ``fault``: why the hashes cannot be trusted, if something showed that they cannot.
    """

    name = "states"

    def __init__(self, most_states: int | None = None, first: Sequence[int] = ()) -> None:
        self.space = StateSpace()
        self.most_states = most_states
        self.fault = ""
        self.cut = False  # a run met the bound on steps, so that what comes after is not known
        self._first = list(first)
        self._open: deque[int] = deque()
        self._runtime: Runtime | None = None
        self._forced: list[int] = []  # what is left of the way of this run, as a schedule
        self._remember = True  # whether states on the way are new
        self._goal = -1  # the state at the end of the way
        self._here = -1  # the state before the step that is being made; -1 while it is not looked at
        self._plan: Decision = ()  # the step that is being made, as far as it was decided beforehand
        self._made: list[int] = []  # the step that is being made, as far as it went
        self._mover: Task | None = None
        self._takes: Offer | None = None
        self._before: dict[str, int] = {}

    @property
    def full(self) -> bool:
        return self.most_states is not None and len(self.space) >= self.most_states

    @property
    def complete(self) -> bool:
        return not self.fault and not self.full and not self.cut and bool(self.space.nodes) and self.space.complete

    # ---- the contract of a strategy

    def begin(self, runtime: Runtime) -> bool:
        self._runtime = runtime
        self._here, self._made, self._mover = -1, [], None
        if not self.space.nodes:
            self._forced, self._remember, self._goal = self._first, True, -1
            return True
        if self.fault or self.full:
            return False
        while self._open and not self.space.nodes[self._open[0]].todo:
            self._open.popleft()
        if not self._open:
            return False
        self._goal = self._open[0]
        self._forced = [value for decision in self.space.way(self._goal) for value in decision]
        self._remember = not self._forced
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._forced and not self._remember:
            return self._among(enabled, self._forced.pop(0))
        try:
            here = self._arrive(enabled)
        except HiddenState as error:
            self.fault = str(error)
            return None
        if self._forced:
            self._plan = (self._forced.pop(0),)
            todo = self.space.nodes[here].todo
            if self._plan in todo:
                todo.remove(self._plan)
        elif self.full or not self.space.nodes[here].todo:
            return None
        else:
            self._plan = self.space.nodes[here].todo.pop(0)
        chosen = self._among(enabled, self._plan[0])
        if chosen is not None:
            self._here, self._made, self._mover = here, [chosen.number], chosen
            self._takes = offer(chosen) if chosen.op.mode in (ACQUIRE, SHARE) else None
            self._before = completions(chosen)
        return chosen

    def value(self, n: int) -> int:
        if self._forced:
            value = self._forced.pop(0)
            if not self._remember:
                return value
        else:
            at = len(self._made)
            value = self._plan[at] if at < len(self._plan) else -1
        if self._here < 0:
            return max(value, 0)
        if len(self._made) >= len(self._plan):  # the first time that this is asked: the other answers are for later
            node, made = self.space.nodes[self._here], tuple(self._made)
            value = max(value, 0)
            node.todo += [(*made, other) for other in range(n) if other != value]
        self._made.append(value)
        return value

    def end(self, run: Run) -> None:
        """A complete run ends in the state in which nobody has to do anything any more."""
        if run.end == "done" and not self.fault:
            try:
                if self._here >= 0:
                    self._connect(self.space.end(self._here, tuple(self._made)))
                elif not self.space.nodes:
                    self.space.end(-1, ())
            except HiddenState as error:
                self.fault = str(error)
        elif run.end == "long":
            self.cut = True

    # ---- what it is made of

    def _among(self, enabled: list[Task], number: int) -> Task | None:
        for task in enabled:
            if task.number == number:
                return task
        self.fault = f"task {number} could go on in a state once, and could not when the same steps led there again"
        return None

    def _arrive(self, enabled: list[Task]) -> int:
        """The number of the state that the run is in now."""
        runtime, space = self._runtime, self.space
        assert runtime is not None
        digest = state_hash(runtime)
        seen = view(runtime.alive, enabled)
        if self._here < 0 and self._goal >= 0:
            if space.numbers.get(digest) != self._goal or space.nodes[self._goal].seen != seen:
                raise HiddenState(f"the steps that led to {space.where(self._goal)} led elsewhere the second time")
            return self._goal
        known = len(space)
        here = space.visit(digest, seen, [(task.number,) for task in enabled], self._here, tuple(self._made))
        if here == known:
            self._open.append(here)
            for task in runtime.alive:
                space.names.setdefault(task.number, task.name)
        if self._here >= 0:
            self._connect(here)
        return here

    def _connect(self, target: int) -> None:
        assert self._mover is not None
        taken = Taken(target, self._takes, completed(self._mover, self._before))
        self.space.connect(self._here, tuple(self._made), taken)
