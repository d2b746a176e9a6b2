# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Several strategies and seeds in worker processes: which runs are made does not depend on how many there are.

The runs of a sampling strategy are shared out in pieces, all pieces of all strategies in one order. A strategy that
has to know its earlier runs (``dpor``, ``delay``) is one piece. The failure that counts is the first in that order,
whichever worker finds one first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from ..engine import Progress, Tick
from ..selection import BadRequest
from ..workers import Died, run_all
from .backends import Greenlets, Threads
from .garbage import rare_collections
from .registry import STRATEGIES, Reach, make
from .runtime import Run, Runtime, Setup
from .strategies.sampling import Sampling
from .strategy import Strategy

PIECE = 200  # runs: some tenths of a second, so that nobody waits long for the last worker
EACH = 64  # runs between two looks at the clock


@dataclass(frozen=True, slots=True)
class Piece:
    """Runs number ``first`` to ``last`` - 1 of a strategy and seed; for one that does not sample all it has."""

    strategy: str
    seed: int = 0
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What every worker does with its pieces. ``setup`` can be pickled. ``first_failure``: a piece ends with one.
    ``raises``: an exception of Python in a task is an error of the campaign and no failure of the run."""

    setup: Setup
    steps: int = 20_000
    backend: str = "greenlets"
    lock_order: bool = True
    first_failure: bool = True
    raises: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """A failing run: ``number`` of its strategy and seed."""

    strategy: str
    seed: int
    number: int
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a piece. ``complete``: every run it stands for was made and came to an end."""

    piece: Piece
    runs: int
    steps: int
    long: int
    failures: tuple[Failed, ...]
    complete: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of all pieces, in their order; where the first failure ends it, of those up to it. ``cut``: why it
    stopped before. ``died``: pieces whose worker was killed."""

    parts: tuple[Part, ...]
    died: tuple[Piece, ...]
    cut: str

    @property
    def failures(self) -> tuple[Failed, ...]:
        return tuple(failed for part in self.parts for failed in part.failures)

    @property
    def runs(self) -> int:
        return sum(part.runs for part in self.parts)

    @property
    def steps(self) -> int:
        return sum(part.steps for part in self.parts)

    @property
    def ended(self) -> int:
        """How many runs came to an end."""
        return sum(part.runs - part.long - len(part.failures) for part in self.parts)

    @property
    def complete(self) -> bool:
        return not self.cut and not self.died and all(part.complete for part in self.parts)


def pieces(strategies: Sequence[str], seeds: Sequence[int], runs: int, size: int = PIECE) -> list[Piece]:
    """``runs`` runs of each sampling strategy and seed, and the others once: the first of each, then the next."""
    columns: list[list[Piece]] = []
    for name in strategies:
        if STRATEGIES[name].reach is not Reach.SOME:
            columns.append([Piece(name)])
            continue
        columns += [[Piece(name, seed, at, min(at + size, runs)) for at in range(0, runs, size)] for seed in seeds]
    return [piece for piece in chain.from_iterable(zip_longest(*columns)) if piece is not None]


def explore(
    plan: Plan,
    work: Sequence[Piece],
    workers: int = 1,
    tell: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], str] = lambda: "",
) -> Campaign:
    """Make the runs of all pieces, or of those up to the first failure.

    ``stop`` is asked now and then; a text that is not empty says why to stop. An interrupt at the keyboard does the
    same. Raises ``JobError`` if a worker raised an exception, and ``BadRequest`` if a run cannot go on.
    """
    parts: dict[int, Part] = {}
    died: dict[int, Piece] = {}
    cut = ""
    total = _Total(tell, stop)
    try:
        for ended in run_all([(plan, piece) for piece in work], _do, workers, total.tick):
            if isinstance(ended, Died):
                died[ended.number] = work[ended.number]
            elif isinstance(ended.value, BadRequest):
                raise ended.value
            else:
                parts[ended.number] = ended.value
                total.add(ended.number, ended.value)
            total.ask()
            if plan.first_failure and _settled(parts, died):
                break
    except _Stop as reason:
        cut = str(reason)
    except KeyboardInterrupt:
        cut = "interrupted"
    return _gather(plan, parts, died, cut)


def _settled(parts: dict[int, Part], died: dict[int, Piece]) -> bool:
    """Whether there is a failure and every piece before the first one has ended."""
    failing = [number for number, part in parts.items() if part.failures]
    return bool(failing) and all(number in parts or number in died for number in range(min(failing)))


def _gather(plan: Plan, parts: dict[int, Part], died: dict[int, Piece], cut: str) -> Campaign:
    kept: Iterable[int] = sorted(parts)
    if plan.first_failure:
        failing = [number for number in kept if parts[number].failures]
        if failing and not cut:
            kept = [number for number in kept if number <= failing[0]]
            died = {number: piece for number, piece in died.items() if number < failing[0]}
    return Campaign(tuple(parts[number] for number in kept), tuple(died[number] for number in sorted(died)), cut)


class _Stop(Exception):
    """The campaign is to stop; the message says why."""


class _Total:
    """Progress of all workers together."""

    def __init__(self, tell: Callable[[Tick], None], stop: Callable[[], str]) -> None:
        self.tell = tell
        self.stop = stop
        self.begun = time.monotonic()
        self.ended = 0
        self.runs = self.steps = 0
        self.running: dict[int, Tick] = {}

    def add(self, number: int, part: Part) -> None:
        self.ended += 1
        self.runs += part.runs
        self.steps += part.steps
        self.running.pop(number, None)

    def tick(self, number: int, tick: Tick) -> None:
        self.running[number] = tick
        self.ask()

    def ask(self) -> None:
        runs = self.runs + sum(tick.states for tick in self.running.values())
        steps = self.steps + sum(tick.transitions for tick in self.running.values())
        self.tell(Tick("runs", runs, steps, self.ended, len(self.running), time.monotonic() - self.begun))
        reason = self.stop()
        if reason:
            raise _Stop(reason)


# ---- in a worker


def _do(job: tuple[Plan, Piece], progress: Progress) -> Part | BadRequest:
    from .watchdog import watchdog

    with rare_collections(), watchdog():
        try:
            return _explore(*job, progress)
        except BadRequest as error:  # whatever is raised in a worker is a mistake of ours
            return error


def _explore(plan: Plan, piece: Piece, progress: Progress) -> Part:
    strategy = strategy_of(piece)
    runtime = Runtime(Greenlets() if plan.backend == "greenlets" else Threads(), strategy, plan.steps, plan.lock_order)
    runtime.raises = plan.raises
    begun = time.monotonic()
    runs = steps = long = 0
    failures: list[Failed] = []
    while not (failures and plan.first_failure) and strategy.begin(runtime):
        number = strategy.number if isinstance(strategy, Sampling) else runs
        run = runtime.run(plan.setup)
        runs += 1
        steps += run.steps
        long += run.end == "long"
        if run.failure is not None:
            failures.append(Failed(piece.strategy, piece.seed, number, run))
        if runs % EACH == 0:
            progress(Tick(piece.strategy, runs, steps, 0, 0, time.monotonic() - begun))
    sampled = isinstance(strategy, Sampling)
    complete = not long if sampled else bool(getattr(strategy, "complete", False))
    stopped = bool(failures) and plan.first_failure
    return Part(
        piece, runs, steps, long, tuple(failures), complete and not stopped, str(getattr(strategy, "fault", ""))
    )


def strategy_of(piece: Piece) -> Strategy:
    """The strategy that makes the runs of a piece."""
    strategy = make(piece.strategy, piece.seed, piece.last)
    if isinstance(strategy, Sampling):
        strategy.done = piece.first
    return strategy
