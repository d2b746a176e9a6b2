# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The same failure with fewer switches between tasks, then with fewer steps: delta debugging over slices.

Every attempt is a run: slices are taken out in chunks, a later slice of the same task is brought forward, an earlier
one put back, slices are shortened, decisions of the environment become the usual ones. What fails in the same way and
is easier to follow is kept, until nothing helps any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .plan import Plan, Slice, plan
from .statespace import Decision

EFFORT = 400_000  # steps of all attempts together: a few seconds
LONGER, SHORTEST = 2, 50  # an attempt may take twice as many steps as the run did, and some more

Attempt = Callable[[Plan, int], "tuple[list[Decision], bool]"]
"""Runs a plan for at most so many steps: what it came to, and whether it still shows what it should."""


def minimise(decisions: Sequence[Decision], attempt: Attempt, effort: int = EFFORT) -> list[Decision]:
    """The best decisions found; those given, if nothing simpler does."""
    best = list(decisions)
    most = LONGER * len(best) + SHORTEST
    improved = True
    while improved and effort > 0:
        improved = False
        current = plan(best)
        for candidate in _simpler(current):
            got, shows = attempt(candidate, most)
            effort -= len(got)
            if shows and plan(got).cost < current.cost:
                best, improved = got, True
                break
            if effort <= 0:
                break
    return best


def _simpler(current: Plan) -> Iterator[Plan]:
    """Candidates, those that would help most first."""
    for slices in (*_without(current.slices), *_joined(current.slices), *_shortened(current.slices)):
        yield replace(current, slices=slices)
    for task, values in current.values.items():
        for number, value in enumerate(values):
            if value:
                usual = (*values[:number], 0, *values[number + 1 :])
                yield replace(current, values={**current.values, task: usual})


def _without(slices: tuple[Slice, ...]) -> Iterator[tuple[Slice, ...]]:
    """Without a chunk: all, halves, quarters, down to single slices."""
    size = len(slices)
    while size:
        for start in range(0, len(slices), size):
            yield slices[:start] + slices[start + size :]
        size //= 2


def _joined(slices: tuple[Slice, ...]) -> Iterator[tuple[Slice, ...]]:
    """Two slices of one task as one: at the place of the first, then at that of the second."""
    for first, slice_ in enumerate(slices):
        second = next((n for n in range(first + 1, len(slices)) if slices[n].task == slice_.task), None)
        if second is None:
            continue
        both = Slice(slice_.task, slice_.points + slices[second].points)
        yield (*slices[:first], both, *slices[first + 1 : second], *slices[second + 1 :])
        yield (*slices[:first], *slices[first + 1 : second], both, *slices[second + 1 :])


def _shortened(slices: tuple[Slice, ...]) -> Iterator[tuple[Slice, ...]]:
    for number, slice_ in enumerate(slices):
        for points in dict.fromkeys((slice_.points // 2, slice_.points - 1)):
            if points:
                yield (*slices[:number], Slice(slice_.task, points), *slices[number + 1 :])
