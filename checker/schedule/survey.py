# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs entered into a state space as they go: which states they come through, and by which steps.

States that different runs have in common join them, so that a loop can be found that no single run went round.
"""

from __future__ import annotations

from ...model.kernel.sched import ACQUIRE, SHARE, Task
from .runtime import Run, Runtime
from .statehash import state_hash
from .statespace import Decision, HiddenState, StateSpace, Taken
from .strategy import Strategy
from .unseen import Unseen
from .view import Offer, completed, completions, offer, view

NOTHING_NEW = 200  # steps through what is known, after which a run is not worth its hashes any more


class Surveyor:
    """Follows one run after another. ``here``: the state before the step that is being made, -1 if it is not known."""

    def __init__(self, space: StateSpace) -> None:
        self.space = space
        self.here = -1
        self.made: list[int] = []  # the step that is being made, as far as it went
        self._runtime: Runtime | None = None
        self._mover: Task | None = None
        self._takes: Offer | None = None
        self._before: dict[str, int] = {}

    def begin(self, runtime: Runtime) -> None:
        self._runtime, self.here, self.made, self._mover = runtime, -1, [], None

    def arrive(self, enabled: list[Task]) -> int:
        """The number of the state that the run is in now. Raises HiddenState and Unseen."""
        runtime, space = self._runtime, self.space
        assert runtime is not None
        digest, seen = state_hash(runtime), view(runtime.alive, enabled)
        known = len(space)
        number = space.visit(digest, seen, [(task.number,) for task in enabled], self.here, tuple(self.made))
        if number == known:
            for task in runtime.alive:
                space.names.setdefault(task.number, task.name)
        if self.here >= 0:
            self._connect(number)
        return number

    def expect(self, number: int, enabled: list[Task]) -> None:
        """The run is said to be in a known state. Raises HiddenState if it is not."""
        runtime = self._runtime
        assert runtime is not None
        node = self.space.nodes[number]
        if node.digest != state_hash(runtime) or node.seen != view(runtime.alive, enabled):
            raise HiddenState(f"the steps that led to {self.space.where(number)} led elsewhere the second time")

    def leave(self, number: int, task: Task) -> None:
        """The task is about to make a step from a state."""
        self.here, self.made, self._mover = number, [task.number], task
        self._takes = offer(task) if task.op.mode in (ACQUIRE, SHARE) else None
        self._before = completions(task)
        self._tried()

    def decide(self, value: int, n: int) -> None:
        """The environment decided within the step; what else it could have decided is left to try."""
        todo, made = self.space.nodes[self.here].todo, tuple(self.made)
        if not any(len(known) > len(made) and known[: len(made)] == made for known in self._known()):
            todo += [(*made, other) for other in range(n)]
        self.made.append(value)
        self._tried()

    def _known(self) -> list[Decision]:
        node = self.space.nodes[self.here]
        return [*node.todo, *node.steps, *node.lost]

    def _tried(self) -> None:
        todo = self.space.nodes[self.here].todo
        made = tuple(self.made)
        if made in todo:
            todo.remove(made)

    def end(self, run: Run) -> None:
        """A complete run ends in the state in which nobody has to do anything any more. Raises HiddenState."""
        if run.end == "done" and self.here >= 0:
            self._connect(self.space.end(self.here, tuple(self.made)))
        elif run.end in ("failed", "long") and self.here >= 0:
            self.space.nodes[self.here].lost.add(tuple(self.made))
        elif run.end == "done" and not self.space.nodes:
            self.space.end(-1, ())

    def _connect(self, target: int) -> None:
        assert self._mover is not None
        taken = Taken(target, self._takes, completed(self._mover, self._before))
        self.space.connect(self.here, tuple(self.made), taken)


class Survey:
    """Another strategy, whose run is entered into ``space``. It is given up where it learns nothing new for long.

    ``fault``: why the hashes cannot be trusted, if something showed that they cannot.
    """

    def __init__(self, inner: Strategy, space: StateSpace) -> None:
        self.inner = inner
        self.name = inner.name
        self.fault = ""
        self._surveyor = Surveyor(space)
        self._space = space
        self._known = 0  # transitions when something new was learned last
        self._idle = 0  # steps since then

    def begin(self, runtime: Runtime) -> bool:
        self._surveyor.begin(runtime)
        self._idle = 0
        return self.inner.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        try:
            here = self._surveyor.arrive(enabled)
        except HiddenState as error:
            self.fault = str(error)
            return None
        except Unseen as error:
            self._space.unseen = str(error)
            return None
        self._idle = self._idle + 1 if self._space.transitions == self._known else 0
        self._known = self._space.transitions
        chosen = None if self._idle > NOTHING_NEW else self.inner.pick(enabled)
        if chosen is not None:
            self._surveyor.leave(here, chosen)
        return chosen

    def value(self, n: int) -> int:
        value = self.inner.value(n)
        self._surveyor.decide(value, n)
        return value

    def end(self, run: Run) -> None:
        self.inner.end(run)
        if not self.fault:
            try:
                self._surveyor.end(run)
            except HiddenState as error:
                self.fault = str(error)
