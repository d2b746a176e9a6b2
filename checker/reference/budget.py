# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Limits and progress of a search: asked often, answered cheaply."""

from __future__ import annotations

import time
from pathlib import Path

from ..engine import Limits, Progress, Tick

TICK_SECONDS = 0.1  # people see ten updates a second as smooth


class Stopped(Exception):
    """A limit was reached. The argument is one sentence for the verdict."""


class Budget:
    """The clock of one ``decide``. Raises Stopped, from ``pause`` or ``add_state``, once a limit is reached."""

    def __init__(self, limits: Limits, progress: Progress) -> None:
        self._limits = limits
        self._progress = progress
        self._begin = time.monotonic()
        self._next = self._begin + TICK_SECONDS

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begin

    def check_states(self, states: int) -> None:
        """Before a state is added to ``states`` others."""
        if self._limits.states is not None and states >= self._limits.states:
            raise Stopped(f"stopped at the limit of {self._limits.states:,} states")

    def pause(self, phase: str, states: int, transitions: int, depth: int, frontier: int) -> None:
        """Report what is going on, at most every TICK_SECONDS, and see to the limits of time and memory."""
        seconds = self.seconds
        if self._limits.seconds is not None and seconds >= self._limits.seconds:
            raise Stopped(f"stopped at the limit of {self._limits.seconds:g} seconds")
        if self._begin + seconds < self._next:
            return
        self._next = self._begin + seconds + TICK_SECONDS
        memory = resident_bytes()
        if self._limits.memory is not None and memory >= self._limits.memory:
            raise Stopped(f"stopped at the limit of {self._limits.memory:,} bytes of memory")
        self._progress(Tick(phase, states, transitions, depth, frontier, seconds, memory))


def resident_bytes() -> int:
    """The resident memory of this process, or 0 where the system does not tell."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return 0
