# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A run as a trace: replayed once more, with the source lines of every step and what it changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import CodeType

from ...model.ir.program import Frame
from ...model.kernel.sched import Task
from ...model.trace import Change, Step, Trace
from .cells import Cells
from .frames import kernel_frames
from .places import shown_file
from .plan import Noted
from .runtime import Run, Runtime, Setup
from .statespace import Decision, flat
from .strategies.replay import Replay

Place = tuple[CodeType, int]


@dataclass(frozen=True, slots=True)
class Recording:
    """What a replay showed. ``mismatch``: why the schedule does not fit the program, or nothing."""

    run: Run
    trace: Trace
    mismatch: str


class _Recorder:
    """The strategy of a replay that looks at the world between the steps."""

    name = "replay"

    def __init__(self, schedule: Sequence[int]) -> None:
        self.replay = Noted(Replay(schedule))
        self.steps: list[Step] = []
        self.start: dict[str, str] = {}
        self.now: dict[str, str] = {}
        self.names: list[str] = []
        self.cells = Cells()
        self._runtime: Runtime | None = None

    def begin(self, runtime: Runtime) -> bool:
        self._runtime = runtime
        return self.replay.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self._runtime
        assert runtime is not None
        if self.steps:
            self.look()
        else:
            self.start = self.now = self.cells.read(runtime.world.roots)
        self.names = [task.name for task in runtime.tasks]
        chosen = self.replay.pick(enabled)
        if chosen is not None:
            frames = _frames(_places(runtime, chosen))
            self.steps.append(Step(chosen.name, chosen.number - 1, 0, chosen.op.name, frames, ()))
        return chosen

    def value(self, n: int) -> int:
        value = self.replay.value(n)
        last = self.steps[-1]
        self.steps[-1] = replace(last, edge=value, label=f"{last.label}: {value}")
        return value

    def end(self, run: Run) -> None:
        """The last step of a complete run is looked at only now, as nobody is asked after it."""
        if run.end == "done" and self.steps:
            self.look()

    def look(self) -> None:
        """What the last step changed."""
        runtime = self._runtime
        assert runtime is not None
        before, self.now = self.now, self.cells.read(runtime.world.roots)
        found = self.cells.changes(before, self.now, self.steps[-1].actor)
        changes = tuple(Change(*change) for change in found)
        self.steps[-1] = replace(self.steps[-1], changes=changes)

    def failed(self) -> None:
        """The run fails here and now: if inside a step of a task, that is where the step ends."""
        runtime = self._runtime
        assert runtime is not None
        if not self.steps:
            return
        self.look()
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        places = [(f.f_code, f.f_lineno or 1) for f in kernel_frames(frame)]
        checking = frame
        while checking is not None and checking.f_code.co_name not in ("_step_over", "_stuck", "_ended"):
            checking = checking.f_back
        if places and checking is None and runtime.current is not None:
            self.steps[-1] = replace(self.steps[-1], frames=_frames(places))


def record(setup: Setup, runtime: Runtime, decisions: Sequence[Decision], loop: int | None = None) -> Recording:
    """Replays a schedule. ``loop``: the decision from which on it repeats for ever. The runtime is used up."""
    recorder = _Recorder(flat(decisions))
    runtime.strategy = recorder
    runtime.on_failure = recorder.failed
    recorder.begin(runtime)
    try:
        run = runtime.run(setup)
    finally:
        runtime.on_failure = None
    inner = recorder.replay.inner
    mismatch = inner.mismatch if isinstance(inner, Replay) else ""
    names = tuple(recorder.names or [task.name for task in runtime.tasks])
    message = run.failure.message if run.failure else ""
    steps = tuple(recorder.steps)
    trace = Trace(0, tuple(recorder.start.items()), names, steps, loop, message, frozenset(recorder.cells.holders))
    return Recording(run, trace, mismatch)


def _places(runtime: Runtime, task: Task) -> list[Place]:
    found = [(f.f_code, f.f_lineno or 1) for f in kernel_frames(runtime.backend.frame(task))]
    code = getattr(task.function, "__code__", None)
    return found or ([(code, code.co_firstlineno)] if isinstance(code, CodeType) else [])


def _frames(places: Sequence[Place]) -> tuple[Frame, ...]:
    return tuple(Frame(shown_file(code.co_filename), line, 1, line, 1, code.co_qualname) for code, line in places)
