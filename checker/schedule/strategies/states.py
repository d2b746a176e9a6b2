# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every reachable state: runs that go on until they meet a state whose steps are all known, told by its hash.

A run begins with the way to some state that has steps left to try, follows new ones as far as it can, and is then
abandoned; so a state is reached again as rarely as possible, and executing its way anew stands for saving it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime
from ..statespace import Decision, HiddenState, StateSpace, flat
from ..survey import Surveyor
from ..unseen import Unseen


class States:
    """``most_states``: where to stop. ``space``: what is known beforehand and what was found; ``near``: states of it
    that are looked at first. ``fault``: why the hashes cannot be trusted, if something showed that they cannot."""

    name = "states"

    def __init__(
        self, most_states: int | None = None, space: StateSpace | None = None, near: Iterable[int] = ()
    ) -> None:
        self.space = StateSpace() if space is None else space
        self.most_states = most_states
        self.fault = ""
        self._open = deque(dict.fromkeys([*near, *range(len(self.space))]))
        self._surveyor = Surveyor(self.space)
        self._way: deque[int] = deque()  # what is left of the way of this run, as a schedule
        self._goal: int | None = None  # the state at its end, until the run is there
        self._plan: Decision = ()  # the step that is being made, as far as it was decided beforehand

    @property
    def full(self) -> bool:
        return self.most_states is not None and len(self.space) >= self.most_states

    @property
    def complete(self) -> bool:
        return not self.fault and not self.full and bool(self.space.nodes) and self.space.complete

    # ---- the contract of a strategy

    def begin(self, runtime: Runtime) -> bool:
        self._surveyor.begin(runtime)
        self._way.clear()
        self._goal = None
        if not self.space.nodes and not self.space.unseen:
            return True
        if self.fault or self.full or self.space.unseen:
            return False
        while self._open and not self.space.nodes[self._open[0]].todo:
            self._open.popleft()
        if not self._open:
            return False
        self._goal = self._open[0]
        self._way.extend(flat(self.space.way(self._goal)))
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._way:
            return self._among(enabled, self._way.popleft())
        try:
            here = self._arrive(enabled)
        except HiddenState as error:
            self.fault = str(error)
            return None
        except Unseen as error:
            self.space.unseen = str(error)
            return None
        if self.full or not self.space.nodes[here].todo:
            return None
        self._plan = self.space.nodes[here].todo[0]
        chosen = self._among(enabled, self._plan[0])
        if chosen is not None:
            self._surveyor.leave(here, chosen)
        return chosen

    def value(self, n: int) -> int:
        if self._way:
            return self._way.popleft()
        at = len(self._surveyor.made)
        value = self._plan[at] if at < len(self._plan) else 0
        self._surveyor.decide(value, n)
        return value

    def end(self, run: Run) -> None:
        if not self.fault:
            try:
                self._surveyor.end(run)
            except HiddenState as error:
                self.fault = str(error)

    # ---- what it is made of

    def _among(self, enabled: list[Task], number: int) -> Task | None:
        for task in enabled:
            if task.number == number:
                return task
        self.fault = f"task {number} could go on in a state once, and could not when the same steps led there again"
        return None

    def _arrive(self, enabled: list[Task]) -> int:
        """The number of the state that the run is in now."""
        goal, self._goal = self._goal, None
        if goal is not None:
            self._surveyor.expect(goal, enabled)
            return goal
        known = len(self.space)
        here = self._surveyor.arrive(enabled)
        if here == known:
            self._open.append(here)
        return here
