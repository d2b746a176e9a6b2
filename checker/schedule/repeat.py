# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether a run is decided by its schedule alone: made twice more, it must be the same run, through the same states.

A failing run is repeated before it is told. Runs without a failure would pass for as good as any other, although what
decides them (a clock, a random number, the order of a set) may decide otherwise next time: some of them are repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...model.kernel.sched import Task
from .cells import Cells
from .request import Chosen
from .runtime import Run, Runtime
from .statehash import state_hash
from .strategies.replay import Replay

FIRST = 8  # runs of a session that are all repeated
EACH = 127  # after these, one in so many


def is_repeated(number: int) -> bool:
    """Whether run ``number`` of a session is one of those, the first being 1."""
    return number <= FIRST or number % EACH == 0


@dataclass
class _Witness:
    """A replay that notes who could go on, who did, and what the state was after some of the steps."""

    runtime: Runtime
    inner: Replay
    last: int
    moves: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list[tuple[str, str, tuple[str, ...]]])
    states: dict[int, bytes] = field(default_factory=dict[int, bytes])
    name: str = "replay"

    def begin(self, runtime: Runtime) -> bool:
        return self.inner.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        chosen = self.inner.pick(enabled)
        if chosen is not None:
            self.moves.append((chosen.name, chosen.op.name, tuple(task.name for task in enabled)))
        return chosen

    def value(self, n: int) -> int:
        return self.inner.value(n)

    def end(self, run: Run) -> None:
        pass

    def look(self) -> None:
        """After a step. States are looked at after 1, 2, 4, 8 ... steps and the last: a hash takes as long as many."""
        steps = self.runtime.steps
        if steps & (steps - 1) == 0 or steps == self.last:
            try:
                self.states[steps] = state_hash(self.runtime)
            except Exception:  # noqa: BLE001 - what has no hash cannot be compared; who needs hashes will tell
                self.states[steps] = b""


def difference(chosen: Chosen, runtime: Runtime, run: Run) -> str:
    """Where other runs of the same schedule are not the same, or nothing. The strategy of the runtime is replaced."""
    one, again = _again(chosen, runtime, run)
    if again.failure is not None:
        return f"a run did not fail, and failed when it was repeated ({again.failure.check}: {again.failure.message})"
    if one.inner.mismatch:
        return f"a run could not be repeated: {one.inner.mismatch}"
    if (again.schedule, again.steps, again.end) != (run.schedule, run.steps, run.end):
        return (f"a run ended after {run.steps:,} steps ({run.end}), and after {again.steps:,} ({again.end}) when it"
                " was repeated")  # fmt: skip
    other, _ = _again(chosen, runtime, run)
    for number, (left, right) in enumerate(zip(one.moves, other.moves, strict=False), start=1):
        if left != right:
            return f"the same schedule gave two runs: step {number} was '{_told(left)}' and then '{_told(right)}'"
    for steps in sorted(one.states.keys() & other.states.keys()):
        if one.states[steps] != other.states[steps]:
            where = _changed(chosen, runtime, run, steps)
            return f"a run was in two different states after the same schedule and operations, {steps} each{where}"
    return ""


def _changed(chosen: Chosen, runtime: Runtime, run: Run, steps: int) -> str:
    """What differs between two more runs after so many steps, if that can be seen."""
    found: list[dict[str, str]] = []

    def look() -> None:
        if runtime.steps == steps:
            found.append(Cells().read(runtime.world.roots))

    for _ in range(2):
        _again(chosen, runtime, run, look)
    if len(found) < 2:
        return ""
    one, other = found
    name = next((name for name in one if one[name] != other.get(name)), None)
    return "" if name is None else f": {name} was {one[name]} and then {other.get(name, 'not there')}"


def _told(move: tuple[str, str, tuple[str, ...]]) -> str:
    task, operation, enabled = move
    return f"{task}: {operation} (of {', '.join(enabled)})"


def _again(
    chosen: Chosen, runtime: Runtime, run: Run, look: Callable[[], None] | None = None
) -> tuple[_Witness, Run]:
    witness = _Witness(runtime, Replay(run.schedule), run.steps)
    runtime.strategy = witness
    witness.begin(runtime)
    runtime.observers.append(look or witness.look)
    try:
        return witness, runtime.run(chosen.setup)
    finally:
        runtime.observers.pop()
