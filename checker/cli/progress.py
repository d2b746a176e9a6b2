# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a running search tells, on standard error: a line that changes on a terminal, now and then a line elsewhere.

Drawn by hand and not with rich, whose live display runs a thread: a search must stay free to fork and be interrupted.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

from ..engine import Tick
from .trend import Trend, about

TERMINAL_PERIOD = 0.1  # seconds; faster than an eye follows is work for nothing
PLAIN_FIRST = 1.0  # seconds; most searches are over by then, and say nothing
PLAIN_PERIOD = 5.0  # seconds; a log of an hour's search stays readable


class ProgressLine:
    """A place for one line of progress. Use as a context manager: it leaves the terminal clean."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.last_tick: Tick | None = None
        self._trend = Trend()
        self._drawn = False
        self._next = time.monotonic() + (0.0 if self.live else PLAIN_FIRST)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def tick(self, tick: Tick) -> None:
        """The ``Progress`` callback of an engine."""
        self.last_tick = tick
        if tick.remark:
            self.clear()
            self.stream.write(f"{tick.remark}\n")
        self._trend.note(tick)
        self.show(tick_text(tick, self._trend))

    def show(self, text: str) -> None:
        """Shows a line, unless the last one is too recent."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (TERMINAL_PERIOD if self.live else PLAIN_PERIOD)
        if self.live:
            columns = shutil.get_terminal_size().columns
            self.stream.write(f"\r\x1b[K{text[: columns - 1]}")
            self._drawn = True
        else:
            self.stream.write(f"{text}\n")
        self.stream.flush()

    def clear(self) -> None:
        if self._drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self._drawn = False


def tick_text(tick: Tick, trend: Trend | None = None) -> str:
    """``search: 120,345 states, 18,000/s, depth 34, frontier 1,204 falling, 84 MB, 6 s, perhaps 20 s more``."""
    if not tick.states:
        return tick.phase
    parts = [f"{tick.states:,} states"]
    if tick.seconds >= 1:
        parts.append(f"{tick.states / tick.seconds:,.0f}/s")
    direction = trend.word() if trend else ""
    parts += [f"depth {tick.depth}", f"frontier {tick.frontier:,} {direction}".rstrip()]
    if tick.memory:
        parts.append(f"{tick.memory / 1024**2:,.0f} MB")
    parts.append(f"{tick.seconds:.0f} s")
    left = trend.seconds_left(tick) if trend else None
    if left is not None:
        parts.append(f"perhaps {about(left)} more")
    return f"{tick.phase}: {', '.join(parts)}"
