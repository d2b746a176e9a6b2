# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The explicit stack of DPOR: for each position of the current run, what was tried there and what has to be."""

from __future__ import annotations

from collections.abc import Iterator

from ..dependence import Footprint, independent

Asleep = tuple[Footprint | None, ...]
"""What a step touches, for each value that the environment may decide in it (one where it decides nothing), as far as
the runs where it comes next are covered; None for a value that has to be tried again."""

Sleep = dict[int, Asleep]
"""Tasks that need not go on, by number, or not with every value."""


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Node:
    """A position of the run. Sets of tasks are bit masks by their numbers.

    ``enabled``: who can go on. ``sleep``: who need not, from before. ``wanted``: who must be tried (the source set as
    far as it is known). ``done``: who was. ``chosen``: who goes on in the current run. ``values``: between how many
    values the environment decides in that step, 0 where it is not asked; ``value`` is the current one, ``touched`` what
    the step touched with those before. ``streak``: how many steps in a row the chosen task made before this one.
    """

    __slots__ = ("chosen", "done", "enabled", "sleep", "streak", "touched", "value", "values", "wanted")

    def __init__(self, enabled: int, sleep: Sleep, chosen: int, streak: int = 0) -> None:
        self.enabled = enabled
        self.sleep = sleep
        self.chosen = chosen
        self.streak = streak
        self.wanted = 1 << chosen
        self.done: Sleep = {}
        self.values = 0
        self.value = 0
        self.touched: dict[int, Footprint] = {}

    def covered(self) -> int:
        """Who was tried here, will be, or need not be."""
        return self.wanted | fully_asleep(self.sleep)

    def known(self, task: int) -> Footprint:
        """Whatever the next step of a task was seen to touch when it was tried here or before."""
        entries = (*self.sleep.get(task, ()), *self.done.get(task, ()))
        return tuple(dict.fromkeys(access for touched in entries if touched is not None for access in touched))

    def asleep_after(self, footprint: Footprint) -> Sleep:
        """Who need not go on after the current step, which touched ``footprint``: a step that depends on it wakes."""
        found: Sleep = {}
        for task, entry in (*self.sleep.items(), *self.done.items()):
            if len(entry) == 1:
                touched = entry[0]
                if touched is not None and independent(touched, footprint):
                    found[task] = entry
            elif task != self.chosen:
                left = tuple(None if t is None or not independent(t, footprint) else t for t in entry)
                if any(touched is not None for touched in left):
                    found[task] = left
        return found

    def decide(self, values: int) -> int:
        """The environment decides in the current step."""
        if not self.values:
            self.values = values
            self.value = self._next_value(0)
        return self.value

    def _next_value(self, value: int) -> int:
        """The first value from this one on that has to be tried."""
        asleep = self.sleep.get(self.chosen, ())
        while value < len(asleep) and asleep[value] is not None:
            value += 1
        return value

    def next_choice(self, footprint: Footprint) -> bool:
        """The current step touched ``footprint`` and everything after it is explored; False: nothing is left here."""
        if self.values:
            self.touched[self.value] = footprint
            self.value = self._next_value(self.value + 1)
            if self.value < self.values:
                return True
            before = self.sleep.get(self.chosen, ())
            self.done[self.chosen] = tuple(
                self.touched[value] if value in self.touched else before[value] for value in range(self.values)
            )
        else:
            self.done[self.chosen] = (footprint,)
        left = self.wanted & self.enabled & ~fully_asleep(self.sleep)
        for task in self.done:
            left &= ~(1 << task)
        if not left:
            return False
        self.chosen = next(bits(left))
        self.streak = 0
        self.values = self.value = 0
        self.touched = {}
        return True


def fully_asleep(sleep: Sleep) -> int:
    """The tasks that need not go on with any value."""
    mask = 0
    for task, entry in sleep.items():
        if None not in entry:
            mask |= 1 << task
    return mask
