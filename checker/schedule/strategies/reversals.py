# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Races of a run, and what has to be tried to see them the other way round (see ``dpor.py`` for why this is enough).

A step races with an earlier one of another task if they depend on each other and nothing else orders them. What comes
between them and does not happen after the earlier one, followed by the later one, is a run from the position of the
earlier one: one of its *initials*, the tasks whose first step in it needs nothing else of it, has to be tried there.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..dependence import CONFLICTS, DISABLES, EXCLUSIVE, ORDERED, Access
from ..history import Clock, History
from .dpor_node import Node


@dataclass(frozen=True, slots=True)
class _Operation:
    """What races: an operation of ``task`` at position ``end``, executed or still pending. ``base`` is the clock of
    what its task did before, ``clock`` its own, ``waits`` what can keep it waiting."""

    task: int
    end: int
    base: Clock
    clock: Clock
    waits: tuple[Access, ...]


def add_reversals(history: History, nodes: list[Node]) -> None:
    """See to it that the races of the last step with earlier ones are tried the other way round."""
    event = history.events[-1]
    operation = _Operation(event.task, len(history) - 1, event.base, event.clock, event.waits)
    for earlier in _neighbours(history) | _may_have_blocked(history, operation):
        _reverse(history, nodes[earlier], earlier, operation)


def add_reversals_of_pending(history: History, nodes: list[Node], task: int, waits: tuple[Access, ...]) -> None:
    """The same for an operation that can block and was still ahead of its task when the run ended."""
    base = history.base(task)
    clock = base + [0] * (len(history.events[-1].clock) - len(base))
    for access in waits:
        history.join(clock, task, access)
    operation = _Operation(task, len(history), base, clock, waits)
    for earlier in _may_have_blocked(history, operation):
        _reverse(history, nodes[earlier], earlier, operation)


def _before(clock: Clock, task: int, position: int) -> bool:
    """Whether the step of ``task`` at ``position`` is in the past that ``clock`` describes."""
    return task < len(clock) and clock[task] > position


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


def _may_have_blocked(history: History, operation: _Operation) -> set[int]:
    """The earlier steps, not only the last of them, that kept the task waiting or might have if they came first."""
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


def _reverse(history: History, node: Node, earlier: int, operation: _Operation) -> None:
    """Try an initial of what leads to the operation without the step at ``earlier``, unless one is tried already."""
    mover = history.events[earlier].task
    covered = node.covered()
    firsts: list[tuple[int, int]] = []
    seen = 0
    candidate = -1
    for position in range(earlier + 1, operation.end):
        event = history.events[position]
        if event.clock[mover] > earlier or seen >> event.task & 1:
            continue
        if not any(_before(event.clock, other, first) for other, first in firsts):
            if covered >> event.task & 1:
                return
            if candidate < 0:
                candidate = event.task
        seen |= 1 << event.task
        firsts.append((event.task, position))
    task = operation.task
    if not seen >> task & 1:
        if node.enabled >> task & 1:
            if not any(_before(operation.clock, other, first) for other, first in firsts):
                if covered >> task & 1:
                    return
                candidate = task
        elif _hopeless(history, earlier, operation):
            return
    if candidate >= 0:
        node.wanted |= 1 << candidate


def _hopeless(history: History, earlier: int, operation: _Operation) -> bool:
    """Whether an operation that waited already before the step at ``earlier`` could not have gone on without it: the
    task did nothing since, and every other step that touches what it waits for happens after that one."""
    if history.born.get(operation.task, -1) > earlier:
        return False
    touched = history.events[earlier].footprint
    return any(a >> 3 == b >> 3 and EXCLUSIVE >> (b & 7) & 1 for a in operation.waits for b in touched)
