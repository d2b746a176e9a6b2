# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Delay-bounded search (Emmi, Qadeer, Rakamaric; POPL 2011): all runs with few departures from a fixed scheduler.

The fixed scheduler lets a task go on for as long as it can, and then the next in a circle; the environment decides 0.
A *delay* passes over a task that would go on. All runs without a delay come first (there is one), then all with one
delay, and so on: many bugs need only one or two, and what is found first is the simplest. An answer of the environment
other than 0 counts as one delay.

A run is named by its departures. It is made once: its parent is the run without the last of them, which is known to
agree with it up to there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime

Departure = tuple[int, int]  # the number of a decision that has alternatives, and which other one is taken
Alternatives = tuple[int, ...]  # by decision: how many other ones there are; negative where the environment decides


class DelayBound:
    """All runs with at most ``bound`` delays. ``fault``: why the search cannot go on; empty as long as it can."""

    name = "delay"

    def __init__(self, bound: int = 2) -> None:
        self.bound = bound
        self.fault = ""
        self.long = 0  # runs that were cut off by the bound on steps
        self._runs = 0
        self._exhausted = False
        self._parents = [deque[tuple[tuple[Departure, ...], Alternatives]]() for _ in range(bound + 1)]  # by delays
        self._children: Iterator[tuple[Departure, ...]] = iter(())
        self._departures: tuple[Departure, ...] = ()
        self._delays = 0  # in the current run
        self._made: list[int] = []
        self._left: deque[Departure] = deque()
        self._last = 0

    @property
    def complete(self) -> bool:
        """Every run within the bound was made, to its end."""
        return self._exhausted and not self.long and not self.fault

    def begin(self, runtime: Runtime) -> bool:
        following = () if not self._runs else self._next()
        if following is None or self.fault:
            self._exhausted = True
            return False
        self._runs += 1
        self._departures = following
        self._left = deque(following)
        self._made = []
        self._last = 0
        return True

    def _next(self) -> tuple[Departure, ...] | None:
        while True:
            following = next(self._children, None)
            if following is not None:
                return following
            while self._delays <= self.bound and not self._parents[self._delays]:
                self._delays += 1
            if self._delays > self.bound:
                return None
            departures, alternatives = self._parents[self._delays].popleft()
            self._children = self._with_one_more(departures, alternatives)

    def _with_one_more(
        self, departures: tuple[Departure, ...], alternatives: Alternatives
    ) -> Iterator[tuple[Departure, ...]]:
        """The runs with one departure more, after the last one, that have as many delays as are being tried."""
        more = self._delays - sum(self._cost(alternatives, departure) for departure in departures)
        first = departures[-1][0] + 1 if departures else 0
        for decision in range(first, len(alternatives)):
            for other in range(1, abs(alternatives[decision]) + 1):
                if self._cost(alternatives, (decision, other)) == more:
                    yield *departures, (decision, other)

    def _cost(self, alternatives: Alternatives, departure: Departure) -> int:
        decision, other = departure
        return 1 if alternatives[decision] < 0 else other

    def pick(self, enabled: list[Task]) -> Task | None:
        if len(enabled) == 1:
            chosen = enabled[0]
        else:
            first = next((i for i, task in enumerate(enabled) if task.number >= self._last), 0)
            other = self._depart(len(enabled) - 1, False)
            chosen = enabled[(first + other) % len(enabled)]
        self._last = chosen.number
        return chosen

    def value(self, n: int) -> int:
        return self._depart(n - 1, True) if n > 1 else 0

    def _depart(self, others: int, environment: bool) -> int:
        """Which of ``others`` + 1 alternatives the current run takes, where the first is the usual one."""
        decision = len(self._made)
        self._made.append(-others if environment else others)
        if self._left and self._left[0][0] == decision:
            _, other = self._left.popleft()
            if other > others:
                self.fault = f"decision {decision + 1} had more alternatives when the same decisions led there before"
                return 0
            return other
        return 0

    def end(self, run: Run) -> None:
        self.long += run.end == "long"
        if self._left:
            self.fault = self.fault or "a run ended earlier than when the same decisions were made before"
            return
        made = tuple(self._made)
        spent = sum(self._cost(made, departure) for departure in self._departures)
        for delays in range(spent + 1, self.bound + 1):
            self._parents[delays].append((self._departures, made))
