# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What happened before what in a run: its steps with vector clocks, over the dependence of ``dependence.py``.

A step happens before a later one if both are of one task, if the earlier created the task of the later, if they depend
on each other, or by a chain of these. Two runs with the same steps and the same happened-before are one Mazurkiewicz
trace: they differ only in the order of neighbours that commute.
"""

from __future__ import annotations

from .dependence import CONFLICTS, EXCLUSIVE, Footprint

Clock = list[int]
"""By number of task: one more than the position of its last step that happened before; 0 where there is none."""


class Event:
    """A step. ``clock`` includes the step itself; ``base`` is the clock of what its task did before, or of the step
    that created the task. ``waits``: what can keep the operation waiting, if anything."""

    __slots__ = ("base", "clock", "footprint", "task", "waits")

    def __init__(self, task: int, footprint: Footprint, base: Clock, clock: Clock, waits: Footprint) -> None:
        self.task = task
        self.footprint = footprint
        self.base = base
        self.clock = clock
        self.waits = waits


class History:
    """The events of a run so far; ``accesses``: (position, task, mode) by number of key, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.accesses: dict[int, list[tuple[int, int, int]]] = {}
        self.last: dict[int, list[int]] = {}  # by task: the positions of its steps
        self.born: dict[int, int] = {}  # by task: the position of the step that created it; not for those of the set-up

    def __len__(self) -> int:
        return len(self.events)

    def base(self, task: int) -> Clock:
        """The clock of what the task has done so far."""
        steps = self.last.get(task)
        if steps:
            return self.events[steps[-1]].clock
        birth = self.born.get(task)
        return [] if birth is None else self.events[birth].clock

    def push(self, task: int, footprint: Footprint, waits: Footprint, tasks: int) -> Event:
        """The next step; ``tasks``: the highest number of a task that exists after it."""
        here = len(self.events)
        base = self.base(task)
        clock = base + [0] * (tasks + 1 - len(base))
        for access in footprint:
            self.join(clock, task, access)
        clock[task] = here + 1
        event = Event(task, footprint, base, clock, waits)
        self.events.append(event)
        self.last.setdefault(task, []).append(here)
        for access in footprint:
            self.accesses.setdefault(access >> 3, []).append((here, task, access & 7))
        return event

    def join(self, clock: Clock, task: int, access: int) -> None:
        """Add to ``clock`` whatever happens before a step of ``task`` because it touches that."""
        conflicts = CONFLICTS[access & 7]
        for position, other, mode in reversed(self.accesses.get(access >> 3, ())):
            if other != task and conflicts >> mode & 1 and clock[other] <= position:
                for number, time in enumerate(self.events[position].clock):
                    if time > clock[number]:
                        clock[number] = time
            if EXCLUSIVE >> mode & 1:
                return  # what touched the key earlier happened before this one

    def cut(self, length: int) -> None:
        """Forget everything from position ``length`` on."""
        for event in reversed(self.events[length:]):
            self.last[event.task].pop()
            for access in event.footprint:
                self.accesses[access >> 3].pop()
        del self.events[length:]
        for task in [task for task, birth in self.born.items() if birth >= length]:
            del self.born[task]
