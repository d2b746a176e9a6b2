# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The explicit stack of DPOR: for each position of the current run, what was tried there and what has to be."""

from __future__ import annotations

from collections.abc import Iterator

from ..dependence import Footprint, independent

Sleep = dict[int, Footprint]
"""Tasks that need not go on here, because the runs where they do are covered: by number, what their step touches."""


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Node:
    """A position of the run. Sets of tasks are bit masks by their numbers.

    ``enabled``: who can go on. ``sleep``: who need not, from before. ``wanted``: who must be tried (the source set as
    far as it is known). ``done``: who was, and what the step touched. ``chosen``: who goes on in the current run.
    ``values``: between how many values the environment decides in that step, 0 where it is not asked; ``value`` is the
    current one. ``partial``: what the step touched with the values before.
    """

    __slots__ = ("chosen", "done", "enabled", "partial", "sleep", "value", "values", "wanted")

    def __init__(self, enabled: int, sleep: Sleep, chosen: int) -> None:
        self.enabled = enabled
        self.sleep = sleep
        self.chosen = chosen
        self.wanted = 1 << chosen
        self.done: Sleep = {}
        self.values = 0
        self.value = 0
        self.partial: Footprint = ()

    def covered(self) -> int:
        """Who was tried here, will be, or need not be."""
        mask = self.wanted
        for task in self.sleep:
            mask |= 1 << task
        return mask

    def asleep_after(self, footprint: Footprint) -> Sleep:
        """Who need not go on after the current step, which touched ``footprint``: a step that depends on it wakes."""
        found = {task: touched for task, touched in self.sleep.items() if independent(touched, footprint)}
        found |= {task: touched for task, touched in self.done.items() if independent(touched, footprint)}
        return found

    def next_choice(self, footprint: Footprint) -> bool:
        """The current step touched ``footprint`` and everything after it is explored; False: nothing is left here."""
        touched = tuple(dict.fromkeys(self.partial + footprint))
        if self.value + 1 < self.values:
            self.value += 1
            self.partial = touched
            return True
        self.done[self.chosen] = touched
        for task in bits(self.wanted & self.enabled):
            if task not in self.done and task not in self.sleep:
                self.chosen = task
                self.values = self.value = 0
                self.partial = ()
                return True
        return False
