# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a schedule that failed to what is shown: replayed, minimised, recorded step by step, with its token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...model.kernel.sched import Task
from ...model.trace import Trace
from .checks import LOST_PROGRESS
from .livelock import Confirm, refuted
from .minimise import minimise
from .patience import Lost
from .plan import Guided, Noted, Plan
from .progress import Lasso
from .recording import record
from .request import Chosen, version
from .runtime import Run, Runtime
from .statehash import state_hash
from .statespace import Decision, flat
from .strategies.replay import Replay
from .token import Recorded, encode

LONGEST_TRACE = 2_000  # steps: a trace that is longer is kept as a token only
STEM_EFFORT = 5_000  # steps of attempts to shorten the way to a loop: their states are hashed


@dataclass(frozen=True, slots=True)
class Counterexample:
    """``trace`` has every step; it is None where there are too many to look at."""

    recorded: Recorded
    trace: Trace | None

    @property
    def token(self) -> str:
        return encode(self.recorded)


class Nondeterminism(Exception):
    """The same decisions gave another run; the message says where it is first seen."""


class _Trail:
    """A replay that notes which operations were made."""

    name = "replay"

    def __init__(self, schedule: Sequence[int], finish: bool) -> None:
        self.inner = Replay(schedule, finish)
        self.noted = Noted(self.inner)
        self.operations: list[str] = []

    def begin(self, runtime: Runtime) -> bool:
        return self.noted.begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        chosen = self.noted.pick(enabled)
        if chosen is not None:
            others = ", ".join(task.name for task in enabled)
            self.operations.append(f"{chosen.name}: {chosen.op.name} (of {others})")
        return chosen

    def value(self, n: int) -> int:
        return self.noted.value(n)

    def end(self, run: Run) -> None:
        pass


def replayed(chosen: Chosen, runtime: Runtime, run: Run) -> list[Decision]:
    """The decisions of a run that failed, once it has failed a second time. Raises Nondeterminism."""
    trail, again = _again(chosen, runtime, run.schedule)
    if again.failure == run.failure and again.schedule == run.schedule:
        return trail.noted.decisions
    assert run.failure is not None
    if _is_recursion(run):  # whoever looks at a run takes some of the stack: the next sees it fail a little later
        trail, again = _again(chosen, runtime, run.schedule, finish=True)
        if _is_recursion(again):
            return trail.noted.decisions
    first = f"a run failed ({run.failure.check}: {run.failure.message}), and did not when it was repeated: "
    if trail.inner.mismatch:
        raise Nondeterminism(first + trail.inner.mismatch)
    other, _ = _again(chosen, runtime, run.schedule)
    for number, (one, two) in enumerate(zip(trail.operations, other.operations, strict=False), start=1):
        if one != two:
            raise Nondeterminism(f"{first}step {number} was '{one}' and then '{two}'")
    ended = f"{again.failure.check}: {again.failure.message}" if again.failure else f"it ended as '{again.end}'"
    raise Nondeterminism(f"{first}the same {len(trail.operations)} operations, but {ended}")


def _is_recursion(run: Run) -> bool:
    return run.failure is not None and run.failure.message.startswith(RecursionError.__name__)


def _again(
    chosen: Chosen, runtime: Runtime, schedule: Sequence[int], finish: bool = False
) -> tuple[_Trail, Run]:
    trail = _Trail(schedule, finish)
    runtime.strategy = trail
    trail.begin(runtime)
    return trail, runtime.run(chosen.setup)


def of_failure(chosen: Chosen, runtime: Runtime, run: Run) -> tuple[str, Counterexample]:
    """What a failed run comes to, and its message. Raises Nondeterminism."""
    assert run.failure is not None
    check = run.failure.check

    def attempt(wanted: Plan, most: int) -> tuple[list[Decision], bool]:
        guided = Guided(wanted, most)
        runtime.strategy = guided
        got = runtime.run(chosen.setup)
        return guided.decisions, got.failure is not None and got.failure.check == check

    decisions = minimise(replayed(chosen, runtime, run), attempt)
    return _shown(chosen, runtime, check, decisions)


def _shown(chosen: Chosen, runtime: Runtime, check: str, decisions: list[Decision]) -> tuple[str, Counterexample]:
    recording = record(chosen.setup, runtime, decisions)
    failure = recording.run.failure
    if failure is None or failure.check != check:
        raise Nondeterminism(f"a run that failed with {check} did not when it was repeated: {recording.mismatch}")
    recorded = Recorded(chosen.name, chosen.options, chosen.sizes, version(chosen.scenario), check, tuple(decisions))
    trace = recording.trace if len(decisions) <= LONGEST_TRACE else None
    return failure.message, Counterexample(recorded, trace)


def of_lasso(chosen: Chosen, runtime: Runtime, claim: str, message: str, lasso: Lasso, shorten: bool) -> Counterexample:
    """A livelock, or (without a loop) a run into a trap. Raises Nondeterminism if it does not repeat itself.

    ``shorten``: the way to the loop may be a detour, as not all ways are known.
    """
    if lasso.loop:
        if shorten:
            lasso = replace(lasso, stem=tuple(_shorter_stem(chosen, runtime, lasso)))
        wrong = refuted(chosen.setup, runtime, lasso)
        if wrong:
            raise Nondeterminism(f"a loop was found that is none when it is repeated: {wrong}")
    decisions = [*lasso.stem, *lasso.loop]
    start = len(lasso.stem) if lasso.loop else None
    recording = record(chosen.setup, runtime, decisions, start)
    if recording.mismatch or recording.run.failure is not None:
        raise Nondeterminism(f"a run that was seen before cannot be repeated: {recording.mismatch}")
    recorded = Recorded(chosen.name, chosen.options, chosen.sizes, version(chosen.scenario), claim, tuple(decisions),
                        start)  # fmt: skip
    trace = replace(recording.trace, violation=message) if len(decisions) <= LONGEST_TRACE else None
    return Counterexample(recorded, trace)


def of_lost(chosen: Chosen, lost: Lost, bound: int) -> Counterexample:
    """A task that works on and on: too many steps to look at."""
    claim = f"{LOST_PROGRESS}:{bound}"
    recorded = Recorded(chosen.name, chosen.options, chosen.sizes, version(chosen.scenario), claim, lost.decisions)
    return Counterexample(recorded, None)


def _shorter_stem(chosen: Chosen, runtime: Runtime, lasso: Lasso) -> list[Decision]:
    """The way to the loop with fewer switches: it has to end in the state in which the loop begins."""
    stem = flat(lasso.stem)
    first = Confirm(runtime, stem, len(stem))
    runtime.strategy = first
    runtime.run(chosen.setup)
    if not first.diary.moments:
        raise Nondeterminism("the way to a loop cannot be repeated")
    wanted = first.diary.moments[0].digest

    def attempt(way: Plan, most: int) -> tuple[list[Decision], bool]:
        guided = Guided(way, most, lambda: state_hash(runtime) == wanted)
        runtime.strategy = guided
        runtime.run(chosen.setup)
        return guided.decisions, guided.reached

    return minimise(lasso.stem, attempt, effort=STEM_EFFORT)
