# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The locks an actor may hold at each of its locations, and what it waits for while it holds them.

Every path of the automaton is followed, a lock set and the known locals at a time; what other actors do is left open.
So a path may be one that no run takes (``never`` helps against that), but no run is missed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ...model.ir.program import Edge, Frame, Process, Program
from ...model.lock_events import told
from .facts import Facts, Locals

MOST_SITUATIONS = 20_000  # of one actor, about a second; past that the values of locals are given up


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock that is held. ``index``: which of its class, None where unknown. ``family``: see LockEvent."""

    lock: str
    index: tuple[int | None, ...]
    shared: bool
    family: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A lock is asked for by somebody who may have to wait. ``passing``: only waited for, not taken."""

    lock: str
    index: tuple[int | None, ...]
    shared: bool
    recursive: bool
    nested: bool
    family: str
    passing: bool
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """``wait`` happens while ``hold`` and ``others`` are held."""

    hold: Hold
    wait: Wait
    others: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class _Situation:
    location: int
    held: tuple[Hold, ...]
    facts: Facts


@dataclass
class _Flow:
    """One pass over the automaton of a process class."""

    process: Process
    locals: Locals
    never: Collection[int]
    meetings: dict[Meeting, None] = field(default_factory=dict[Meeting, None])

    def run(self, most: int | None) -> bool:
        """False if there are more situations than ``most``."""
        leaving: dict[int, list[tuple[int, Edge]]] = {}
        for number, edge in enumerate(self.process.edges):
            leaving.setdefault(edge.source, []).append((number, edge))
        facts = self.locals.entry()
        first = _Situation(self.process.entry, self._events((), facts, None), facts)
        seen, work = {first}, [first]
        while work:
            now = work.pop()
            for number, edge in leaving.get(now.location, ()):
                if not self.locals.possible(now.facts, edge):
                    continue
                held = self._events(now.held, now.facts, edge)
                if number in self.never:  # whoever stands here may have waited in vain: it has asked all the same
                    continue
                after = _Situation(edge.target, held, self.locals.after(now.facts, edge))
                if after not in seen:
                    seen.add(after)
                    work.append(after)
            if most is not None and len(seen) > most:
                return False
        return True

    def _events(self, held: tuple[Hold, ...], facts: Facts, edge: Edge | None) -> tuple[Hold, ...]:
        """What is held after the events of a step; waits on the way are noted."""
        events = self.process.entry_locks if edge is None else edge.locks
        for event, passing in told(events):
            index = self.locals.index(facts, edge, event)
            shared = event.mode == "shared"
            if event.action == "release":
                held = _released(held, event.lock, index, shared)
                continue
            if event.blocking:
                wait = Wait(
                    event.lock, index, shared, event.recursive, event.nested, event.family, passing, event.frames
                )
                self._meet(held, wait)
            hold = Hold(event.lock, index, shared, event.family, event.frames)
            held = held if hold in held else (*held, hold)
        return held

    def _meet(self, held: tuple[Hold, ...], wait: Wait) -> None:
        for hold in held:
            others = tuple(h for h in held if h is not hold)
            self.meetings.setdefault(Meeting(hold, wait, others))


def _released(held: tuple[Hold, ...], lock: str, index: tuple[int | None, ...], shared: bool) -> tuple[Hold, ...]:
    """Without the lock. Of several that it could be, the one taken last goes; of none, none."""
    for position in range(len(held) - 1, -1, -1):
        hold = held[position]
        if hold.lock == lock and hold.shared == shared and not differ(hold.index, index):
            return held[:position] + held[position + 1 :]
    return held


def differ(left: Iterable[int | None], right: Iterable[int | None]) -> bool:
    """Whether two locks of one class are certainly two."""
    return any(a is not None and b is not None and a != b for a, b in zip(left, right, strict=True))


def same(left: tuple[int | None, ...], right: tuple[int | None, ...]) -> bool:
    """Whether two locks of one class are certainly one."""
    return left == right and None not in left


def meetings(program: Program, process: Process, never: Collection[int] = ()) -> tuple[Meeting, ...]:
    """Everything an actor waits for while it holds something, in the order found. ``never``: numbers of edges that are
    known never to be taken."""
    flow = _Flow(process, Locals(program, process), never)
    if not flow.run(MOST_SITUATIONS):
        flow = _Flow(process, Locals(program, process, follow=False), never)
        flow.run(None)
    return tuple(flow.meetings)
