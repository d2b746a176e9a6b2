# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether the frontier of a search by levels grows or shrinks, and what that says about how long it still takes."""

from __future__ import annotations

from collections import deque

from ..engine import Tick

LEVELS = 8  # looked back over: fewer would mistake the unevenness of levels for a trend
STEADY = 0.02  # a change by less than this from level to level is none


class Trend:
    """What the ticks of one search say together. A new phase, or a search that begins anew, forgets the old one."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=LEVELS)  # (depth, frontier) of the first tick at that depth
        self._phase = ""

    def note(self, tick: Tick) -> None:
        if tick.phase != self._phase or (self._seen and tick.depth < self._seen[-1][0]):
            self._seen.clear()
            self._phase = tick.phase
        if tick.frontier and (not self._seen or tick.depth > self._seen[-1][0]):
            self._seen.append((tick.depth, tick.frontier))

    @property
    def growth(self) -> float | None:
        """The factor from one level to the next, or None while too little is known."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return (after / before) ** (1 / (last - first))

    def word(self) -> str:
        """``rising``, ``falling``, ``steady``, or nothing."""
        growth = self.growth
        if growth is None:
            return ""
        return "steady" if abs(growth - 1) < STEADY else "rising" if growth > 1 else "falling"

    def seconds_left(self, tick: Tick) -> float | None:
        """If levels went on shrinking as they do: the sum of what is to come, at the rate so far. A guess."""
        growth = self.growth
        if self.word() != "falling" or growth is None or not tick.states or not tick.frontier:
            return None
        return tick.frontier / (1 - growth) * tick.seconds / tick.states


def about(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"
