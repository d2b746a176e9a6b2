# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A trace as rows and lanes for the page: what each cell of the swimlane shows is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...model.trace import Change, Step, Trace
from ..palette import actor_colours
from ..run import hand_overs, holdings, lock_name, movers, still
from ..source import place, short_names, shown_frame

BarPart = Literal["none", "from", "through", "to"]
LoopPart = Literal["", "first", "inner", "last", "only"]
PARTS: dict[tuple[bool, bool], BarPart] = {  # by whether the lock is held before the step, and after it
    (False, False): "none",
    (False, True): "from",
    (True, True): "through",
    (True, False): "to",
}
LOCK_COLOURS = ("#7c5cd6", "#0f9488", "#c98a06", "#c22f74", "#5b8c16", "#5f7186")


@dataclass(frozen=True, slots=True)
class Bar:
    """One lock beside one lane in one row: held ``through`` it, ``from`` it, up ``to`` it, or not."""

    lock: str
    colour: str
    part: BarPart


@dataclass(frozen=True, slots=True)
class Lane:
    """The part of a row in the lane of ``actor``; ``moves`` if the step of the row is this actor's."""

    actor: str
    colour: str
    moves: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Passing:
    """A lock that a step takes or releases for the actor that moves."""

    verb: Literal["takes", "releases"]
    lock: str
    colour: str
    cell: str


@dataclass(frozen=True, slots=True)
class Row:
    """A step with its number from 1, or the initial state with number 0 and no lanes.

    ``changes``: those that ``passed`` does not tell.
    """

    number: int
    step: Step | None
    place: str
    full_place: str
    lanes: tuple[Lane, ...]
    passed: tuple[Passing, ...]
    changes: tuple[Change, ...]
    loop: LoopPart

    @property
    def actor(self) -> str:
        """Whose step it is; nobody's in the initial state, and where nobody moves."""
        return next((lane.actor for lane in self.lanes if lane.moves), "")

    @property
    def cells(self) -> str:
        """The names of all cells the step changes, for the filter."""
        return " ".join(c.name for c in self.step.changes) if self.step else ""


@dataclass(frozen=True, slots=True)
class Swimlanes:
    """``actors`` and ``locks`` with their colours, in order; ``still``: those that take no step in the trace."""

    actors: tuple[tuple[str, str], ...]
    locks: tuple[tuple[str, str], ...]
    still: tuple[str, ...]
    rows: tuple[Row, ...]


def swimlanes(trace: Trace) -> Swimlanes:
    sheet = _Sheet(trace)
    return Swimlanes(
        actors=tuple(sheet.colours.items()),
        locks=tuple((lock_name(cell), colour) for cell, colour in sheet.locks.items()),
        still=still(trace),
        rows=tuple(sheet.row(number) for number in range(len(trace.steps) + 1)),
    )


class _Sheet:
    """What all rows need to know of the trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.colours = actor_colours(movers(trace))
        self.held = holdings(trace)
        cells = dict.fromkeys(c for held in self.held for mine in held.values() for c in mine)
        self.locks = {cell: LOCK_COLOURS[n % len(LOCK_COLOURS)] for n, cell in enumerate(cells)}
        self.ever = {a: dict.fromkeys(c for held in self.held for c in held.get(a, ())) for a in self.colours}
        shown = (shown_frame(step.frames) for step in trace.steps)
        self.short = short_names({frame.file for frame in shown if frame})

    def row(self, number: int) -> Row:
        loop = self._loop(number)
        if number == 0:
            return Row(0, None, "", "", (), (), (), loop)
        step = self.trace.steps[number - 1]
        lanes = tuple(
            Lane(actor, colour, step.actor == actor, tuple(self._bars(number, actor)))
            for actor, colour in self.colours.items()
        )
        passed = tuple(self._passed(step))
        chips = {p.cell for p in passed}
        changes = tuple(c for c in step.changes if c.name not in chips)
        frame = shown_frame(step.frames)
        short = f"{self.short[frame.file]}:{frame.line}" if frame else ""
        return Row(number, step, short, place(step.frames), lanes, passed, changes, loop)

    def _bars(self, number: int, actor: str) -> Iterator[Bar]:
        before, after = (self.held[n].get(actor, ()) for n in (number - 1, number))
        for cell in self.ever[actor]:
            yield Bar(lock_name(cell), self.locks[cell], PARTS[cell in before, cell in after])

    def _passed(self, step: Step) -> Iterator[Passing]:
        """The hand-overs that a word tells as well as the values: nobody but the moving actor comes or goes."""
        for hand_over in hand_overs(self.trace, step):
            if hand_over.cell in self.locks and {*hand_over.taken, *hand_over.released} == {step.actor}:
                verb = "takes" if hand_over.taken else "releases"
                yield Passing(verb, lock_name(hand_over.cell), self.locks[hand_over.cell], hand_over.cell)

    def _loop(self, number: int) -> LoopPart:
        start, end = self.trace.loop, len(self.trace.steps)
        if start is None or number <= start:
            return ""
        if number == start + 1:
            return "only" if number == end else "first"
        return "last" if number == end else "inner"
