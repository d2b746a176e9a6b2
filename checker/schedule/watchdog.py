# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Notices that a task reaches no point any more: then nobody else can run either, and no limit would ever be looked at.

A timer of the operating system interrupts whatever runs. If no point was reached in a number of its ticks in a row, the
code that keeps the processor is ended by an exception; where it catches that too, the program ends.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from .misuse import no_point
from .runtime import inside

PERIOD = 1.0  # seconds
TICKS = 10  # without a point: longer than any step takes, on a busy machine too
ATTEMPTS = 3  # to end the code by an exception
STATUS = 2  # of the program, if that does not help: bad input

_OURS = str(Path(__file__).parents[1])


class Watchdog:
    """Watches the runtime that is installed, if any."""

    def __init__(self, period: float, ticks: int) -> None:
        self.period = period
        self.ticks = ticks
        self._seen: object = None
        self._idle = 0
        self._raised = 0

    def tick(self, number: int, frame: FrameType | None) -> None:
        """The handler of the timer's signal."""
        runtime = inside[-1] if inside else None
        if runtime is None:
            self._seen = None
            return
        pulse = runtime.pulse
        if pulse != self._seen:
            self._seen, self._idle, self._raised = pulse, 0, 0
            return
        self._idle += 1
        if self._idle < self.ticks:
            return
        task = runtime.current
        found = frame if task is None else runtime.backend.frame(task)
        if found is None or _ours(found):
            return
        self._raised, self._idle = self._raised + 1, 0
        hung = no_point(task, found, self.ticks * self.period)
        if self._raised > ATTEMPTS:
            told = hung.told
            os.write(2, f"{told.where}: error: {told.what}\nhelp: {told.advice}\n".encode(errors="replace"))
            os._exit(STATUS)
        raise hung


def _ours(frame: FrameType) -> bool:
    """Whether the checker itself is at work; the handler's own frames do not count."""
    here: FrameType | None = frame
    while here is not None and here.f_code.co_filename == __file__:
        here = here.f_back
    return here is not None and here.f_code.co_filename.startswith(_OURS)


@contextmanager
def watchdog(period: float = PERIOD, ticks: int = TICKS) -> Generator[None]:
    """While entered, code without points is ended: ``Runtime.run`` raises ``BadRequest``. Does nothing where Python
    has no such timers, and in threads other than the first, in which it allows no handlers."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, Watchdog(period, ticks).tick)
    signal.setitimer(signal.ITIMER_REAL, period, period)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
