# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Races of a run, and what has to be tried to see them the other way round (see ``dpor.py`` for why this is enough).

A step races with an earlier one of another task if they depend on each other and nothing else orders them. What comes
between them and does not happen after the earlier one, followed by the later one, is a run from the position of the
earlier one: one of its *initials*, the tasks whose first step in it needs nothing else of it, has to be tried there.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..dependence import CONFLICTS, DISABLES, EXCLUSIVE, ORDERED, Footprint, independent
from ..history import Clock, History
from .dpor_node import Node


@dataclass(frozen=True, slots=True)
class Operation:
    """What races: an operation of ``task`` at position ``end``, executed or still pending. ``base`` is the clock of
    what its task did before, ``clock`` its own, ``waits`` what can keep it waiting, ``touches`` all it is known to."""

    task: int
    end: int
    base: Clock
    clock: Clock
    waits: Footprint
    touches: Footprint


class Reversals:
    """Over the history and the nodes of an exploration, which change under it.

    ``doubtful``: races for which the racing task itself is tried already, but touched something else when it was: they
    are looked at when the whole run is known.
    """

    def __init__(self, history: History, nodes: list[Node]) -> None:
        self.history = history
        self.nodes = nodes
        self.doubtful: list[tuple[int, Operation]] = []

    def cut(self, length: int) -> None:
        """The history was cut to ``length``."""
        while self.doubtful and self.doubtful[-1][1].end >= length:
            self.doubtful.pop()

    def of_last_step(self) -> None:
        """See to it that the races of the last step with earlier ones are tried the other way round."""
        event = self.history.events[-1]
        here = len(self.history) - 1
        operation = Operation(event.task, here, event.base, event.clock, event.waits, event.footprint)
        for earlier in sorted(_neighbours(self.history) | _may_have_blocked(self.history, operation)):
            if not self._settled(earlier, operation):
                self.doubtful.append((earlier, operation))

    def of_pending(self, task: int, waits: Footprint) -> None:
        """The same for an operation that can block and is still ahead of its task at the end of a run."""
        history = self.history
        base = history.base(task)
        clock = base + [0] * (len(history.events[-1].clock) - len(base))
        for access in waits:
            history.join(clock, task, access)
        operation = Operation(task, len(history), base, clock, waits, waits)
        for earlier in _may_have_blocked(history, operation):
            if not self._settled(earlier, operation):
                self._settle(earlier, operation)

    def of_doubtful(self) -> None:
        """At the end of a run."""
        for earlier, operation in self.doubtful:
            self._settle(earlier, operation)

    def _settled(self, earlier: int, operation: Operation) -> bool:
        """Try an initial of what leads to the operation without the step at ``earlier``, unless one is tried already.

        False: the task of the operation is one and was tried, but touched what the operation now does not.
        """
        node, task = self.nodes[earlier], operation.task
        firsts, initials = _leading(self.history, earlier, operation.end)
        own = task not in firsts
        if own and not node.enabled >> task & 1 and _hopeless(self.history, earlier, operation):
            return True
        if initials & node.covered():
            return True
        if own and node.enabled >> task & 1 and not _needs_any(operation.clock, firsts):
            if node.covered() >> task & 1:
                return set(node.known(task)) <= set(operation.touches)
            initials = 1 << task
        node.wanted |= initials & -initials
        return True

    def _settle(self, earlier: int, operation: Operation) -> None:
        """What the task touched when it was tried is in the way of steps of this run that could come before it: then
        these have an order with it that nobody has seen, and an initial of them all has to be tried."""
        node = self.nodes[earlier]
        touched = node.known(operation.task)
        _, initials = _leading(self.history, earlier, len(self.history))
        if initials & node.covered():
            return
        mover = self.history.events[earlier].task
        for event in self.history.events[earlier + 1 :]:
            if event.clock[mover] <= earlier and not independent(event.footprint, touched):
                node.wanted |= initials & -initials
                return


def _before(clock: Clock, task: int, position: int) -> bool:
    """Whether the step of ``task`` at ``position`` is in the past that ``clock`` describes."""
    return task < len(clock) and clock[task] > position


def _needs_any(clock: Clock, firsts: dict[int, int]) -> bool:
    return any(_before(clock, task, position) for task, position in firsts.items())


def _neighbours(history: History) -> set[int]:
    """The earlier steps that race with the last one and that no third step orders before it."""
    event, here = history.events[-1], len(history) - 1
    task, base = event.task, event.base
    before: set[int] = set()
    races: set[int] = set()
    for access in event.footprint:
        conflicts = CONFLICTS[access & 7]
        ordered = ORDERED.get(access & 7, 0)
        for earlier, other, mode in reversed(history.accesses[access >> 3]):
            if earlier == here:
                continue
            if other != task and conflicts >> mode & 1 and not _before(base, other, earlier):
                before.add(earlier)
                if not ordered >> mode & 1:
                    races.add(earlier)
            if EXCLUSIVE >> mode & 1:
                break  # what touched the key earlier happened before this one
    if len(before) < 2:
        return races
    clocks = [(position, history.events[position].clock) for position in before]
    return {
        race
        for race in races
        if not any(race != other and _before(clock, history.events[race].task, race) for other, clock in clocks)
    }


def _may_have_blocked(history: History, operation: Operation) -> set[int]:
    """The earlier steps, not only the last of them, that kept the task waiting or might if they came first."""
    found: set[int] = set()
    for access in operation.waits:
        disables = DISABLES[access & 7]
        for earlier, other, mode in reversed(history.accesses.get(access >> 3, ())):
            if earlier >= operation.end:
                continue
            if other == operation.task or _before(operation.base, other, earlier):
                if EXCLUSIVE >> mode & 1:
                    break  # what touched the key earlier happened before what the task did last
            elif disables >> mode & 1:
                found.add(earlier)
    return found


def _leading(history: History, earlier: int, end: int) -> tuple[dict[int, int], int]:
    """Of the steps between ``earlier`` and ``end`` that do not happen after the former: the position of each task's
    first, and a mask of the tasks whose first needs none of the others."""
    mover = history.events[earlier].task
    firsts: dict[int, int] = {}
    initials = 0
    for position in range(earlier + 1, end):
        event = history.events[position]
        if event.task not in firsts and event.clock[mover] <= earlier:
            if not _needs_any(event.clock, firsts):
                initials |= 1 << event.task
            firsts[event.task] = position
    return firsts, initials


def _hopeless(history: History, earlier: int, operation: Operation) -> bool:
    """Whether an operation that waited already before the step at ``earlier`` could not have gone on without it: the
    task did nothing since, and every other step that touches what it waits for happens after that one."""
    if history.born.get(operation.task, -1) > earlier:
        return False
    touched = history.events[earlier].footprint
    return any(a >> 3 == b >> 3 and EXCLUSIVE >> (b & 7) & 1 for a in operation.waits for b in touched)
