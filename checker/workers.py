# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Jobs in parallel processes: each worker takes one at a time, and one that dies costs only the job it had.

The standard pools do not fit: with a dead worker one hangs and the other gives up everything, and memory is what
searches run out of.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Generic, TypeVar

from .engine import Progress, Tick

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

J = TypeVar("J")
R = TypeVar("R")

Work = Callable[[J, Progress], R]
TICK_PERIOD = 0.2  # seconds; a faster engine's ticks would only fill the pipe


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    number: int
    value: R


@dataclass(frozen=True, slots=True)
class Died:
    """The worker ended in the middle of a job: killed for its memory, or crashed. ``code`` as Process.exitcode."""

    number: int
    code: int | None


class JobError(RuntimeError):
    """A job raised an exception in its worker; the message ends with the worker's traceback."""


def run_all(
    jobs: Sequence[J], work: Work[J, R], workers: int, on_tick: Callable[[int, Tick], None]
) -> Iterator[Done[R] | Died]:
    """What becomes of each job, in the order in which they end. Closing the iterator ends the workers.

    ``work`` is a function of a module, jobs and results can be pickled. With one worker everything runs in this
    process. Raises ``JobError``.
    """
    if workers <= 1 or len(jobs) <= 1:
        for number, job in enumerate(jobs):
            yield Done(number, work(job, lambda tick, n=number: on_tick(n, tick)))
        return
    yield from _Pool[J, R](jobs, work, on_tick).run(min(workers, len(jobs)))


class _Pool(Generic[J, R]):
    """One ``run``: who has which job, and what is left."""

    def __init__(self, jobs: Sequence[J], work: Work[J, R], on_tick: Callable[[int, Tick], None]) -> None:
        self.jobs, self.work, self.on_tick = jobs, work, on_tick
        self.left = iter(range(len(jobs)))
        self.busy: dict[Connection, tuple[SpawnProcess, int]] = {}

    def run(self, workers: int) -> Iterator[Done[R] | Died]:
        try:
            for _ in range(workers):
                self._start()
            while self.busy:
                for ready in connection.wait(list(self.busy)):
                    if isinstance(ready, Connection):
                        yield from self._hear(ready)
        finally:
            for process, _ in self.busy.values():
                process.kill()
            for process, _ in self.busy.values():
                process.join()

    def _start(self) -> None:
        """A worker for the next job, if there is one."""
        number = next(self.left, None)
        if number is None:
            return
        context = get_context("spawn")  # forked children would inherit whatever threads and locks the parent has
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        process.start()
        theirs.close()
        self.busy[ours] = (process, number)
        ours.send((number, self.jobs[number]))

    def _hear(self, pipe: Connection) -> Iterator[Done[R] | Died]:
        process, number = self.busy[pipe]
        try:
            kind, value = pipe.recv()
        except (EOFError, OSError):
            process.join()
            del self.busy[pipe]
            yield Died(number, process.exitcode)
            self._start()
            return
        if kind == "tick":
            self.on_tick(number, value)
            return
        if kind == "error":
            raise JobError(value)
        self._next(pipe, process)
        yield Done(number, value)

    def _next(self, pipe: Connection, process: SpawnProcess) -> None:
        number = next(self.left, None)
        if number is None:
            del self.busy[pipe]
            pipe.send(None)
            process.join()
            return
        self.busy[pipe] = (process, number)
        pipe.send((number, self.jobs[number]))


def _serve(pipe: Connection, work: Work[J, R]) -> None:
    """The life of a worker. An interrupt at the keyboard is for the parent, which then ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (task := pipe.recv()) is not None:
        _, job = task
        try:
            answer: tuple[str, object] = ("done", work(job, _Ticker(pipe)))
        except Exception:  # noqa: BLE001 - whatever it is, the parent must tell it
            answer = ("error", traceback.format_exc())
        pipe.send(answer)


class _Ticker:
    """Sends ticks to the parent, but not all of them."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe, self.last = pipe, 0.0

    def __call__(self, tick: Tick) -> None:
        now = time.monotonic()
        if now - self.last >= TICK_PERIOD:
            self.last = now
            self.pipe.send(("tick", tick))
