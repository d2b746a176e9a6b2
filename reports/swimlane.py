# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A counterexample for a terminal: one lane for each actor that moves, its rail thick while it holds something.

    step  source           cpu_fault[0]                       cpu_fault[1]
       1  cpu_fault.py:61  ●─ k.ptl.lock()                    │
                           ┃  ptl.owner: null → cpu_fault[0]  │

Where the lanes would be too narrow, the steps are listed one below the other with the name of the actor in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from ..model.trace import Change, Step, Trace
from .run import hand_overs, holdings, lock_name, movers, still
from .source import Sources, short_names, shown_frame
from .text import Line, Part, plain_text, width, wrap

if TYPE_CHECKING:
    from rich.text import Text

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "bright_red", "bright_cyan", "bright_magenta")
NARROWEST_LANE = 28  # cells; labels and changes wrap too often in anything less
WIDEST_LANE = 64
RAILS_FROM = 60  # columns; a listing narrower than this has no room for rails beside its text
REPEAT_HEADING = 25  # steps: about a screen, so that the names of the lanes are never far
LOOP = "bold red"


@dataclass(frozen=True, slots=True)
class Glyphs:
    rail: str
    held: str
    step: str
    arrow: str
    loop: tuple[str, str, str, str]  # first row, between, last row, and a loop of one row


UNICODE = Glyphs("│", "┃", "●", "→", ("╭▶", "│ ", "╰─", "↻ "))
ASCII = Glyphs("|", "H", "*", "->", ("+>", "| ", "+-", "@ "))


class Swimlane:
    """A rich renderable that lays the trace out for the width and the characters of the console it is printed on."""

    def __init__(self, trace: Trace, sources: Sources | None = None) -> None:
        self.trace = trace
        self.sources = sources

    def __rich_console__(self, console: object, options: object) -> Iterator[Text]:
        from rich.text import Text

        glyphs = ASCII if getattr(options, "ascii_only", False) else UNICODE
        for line in layout(self.trace, int(getattr(options, "max_width", 80)), glyphs, self.sources):
            text = Text.assemble(*line, no_wrap=True, overflow="ignore")
            text.rstrip()
            yield text


def plain(trace: Trace, columns: int = 100, glyphs: Glyphs = UNICODE, sources: Sources | None = None) -> str:
    """The swimlane as text; ends with a newline."""
    return plain_text(layout(trace, columns, glyphs, sources))


def layout(trace: Trace, columns: int, glyphs: Glyphs = UNICODE, sources: Sources | None = None) -> Iterator[Line]:
    """The lines of a trace, none wider than ``columns`` cells (of which it takes at least 30)."""
    sheet = Sheet(trace, max(columns, 30), glyphs)
    yield from sheet.lanes() if sheet.lane >= NARROWEST_LANE else sheet.listing()
    yield from sheet.footer(sources or Sources())


@dataclass(frozen=True)
class Sheet:
    """One trace laid out for one width."""

    trace: Trace
    columns: int
    glyphs: Glyphs

    @cached_property
    def actors(self) -> tuple[str, ...]:
        return movers(self.trace)

    @cached_property
    def held(self) -> tuple[dict[str, tuple[str, ...]], ...]:
        return holdings(self.trace)

    @cached_property
    def short(self) -> dict[str, str]:
        shown = (shown_frame(step.frames) for step in self.trace.steps)
        return short_names({frame.file: None for frame in shown if frame})

    @cached_property
    def digits(self) -> int:
        return max(len("step"), len(str(len(self.trace.steps))))

    @cached_property
    def place(self) -> int:
        return max([len("source"), *(width(self._place(step)) for step in self.trace.steps)])

    @cached_property
    def lane(self) -> int:
        """Cells of a lane, the gap to the next one included; 0 where nobody moves."""
        left = self.columns - len("  ") - self.digits - 2 - self.place - 2
        longest = max((width(t) for s in self.trace.steps for t in (s.label, *map(self._change, s.changes))), default=0)
        return min(left // len(self.actors), WIDEST_LANE, max(longest + 5, NARROWEST_LANE)) if self.actors else 0

    def colour(self, actor: str) -> str:
        return COLOURS[self.actors.index(actor) % len(COLOURS)] if actor in self.actors else "default"

    def _place(self, step: Step) -> str:
        frame = shown_frame(step.frames)
        return f"{self.short[frame.file]}:{frame.line}" if frame else ""

    def _change(self, change: Change) -> str:
        return f"{change.name}: {change.before} {self.glyphs.arrow} {change.after}"

    def lanes(self) -> Iterator[Line]:
        for number, step in enumerate(self.trace.steps):
            if number % REPEAT_HEADING == 0:
                yield from self._heading(number)
            yield from self._in_lane(number, step)

    def _heading(self, number: int) -> Iterator[Line]:
        """The names of the lanes, and further down what each actor holds by now."""
        left = f"  {'step':>{self.digits}}  {'source':<{self.place}}  "
        names = ((_fill(a, self.lane - 1) + " ", f"bold {self.colour(a)}") for a in self.actors)
        if number:
            yield ()
        yield (left, "bold"), *names
        if number and any(self.held[number].values()):
            yield from self._holding(number, " " * len(left))

    def _holding(self, number: int, left: str) -> Iterator[Line]:
        """What each actor holds before a step, below its name, in as many rows as the longest of these texts needs."""
        held = (", ".join(map(lock_name, self.held[number].get(a, ()))) for a in self.actors)
        columns = [wrap(f"holds {text}" if text else "", self.lane - 1) for text in held]
        for row in zip_longest(*columns, fillvalue=""):
            yield (left, ""), *((_fill(t, self.lane), self.colour(a)) for a, t in zip(self.actors, row, strict=True))

    def _in_lane(self, number: int, step: Step) -> Iterator[Line]:
        body = [*self._label(step, self.lane - 5), *self._changes(step, self.lane - 5)]
        for row, content in enumerate(body):
            left = f"{number + 1 if row == 0 else '':>{self.digits}}  "
            where = f"{self._place(step) if row == 0 else '':<{self.place}}  "
            yield self._bracket(number, row, len(body)), (left, ""), (where, "dim"), *self._cells(number, row, content)

    def _cells(self, number: int, row: int, content: Part) -> Iterator[Part]:
        """The lanes of one row: the content in the lane of the actor that moves, rails in the others."""
        step = self.trace.steps[number]
        if step.actor not in self.actors:
            yield content
            return
        for actor in self.actors:
            text, style = content if actor == step.actor else ("", "")
            dot = row == 0 and actor == step.actor
            yield self._rail(number, actor, dot)
            yield ("─ " if dot and self.glyphs is UNICODE else "  "), self.colour(actor)
            yield _fill(text, self.lane - 3), style

    def _rail(self, number: int, actor: str, dot: bool) -> Part:
        if dot:
            return self.glyphs.step, f"bold {self.colour(actor)}"
        holds = bool(self.held[number + 1].get(actor))
        return (self.glyphs.held if holds else self.glyphs.rail), self.colour(actor) if holds else "dim"

    def _label(self, step: Step, columns: int) -> list[Part]:
        return [(line, "bold") for line in wrap(step.label, columns)]

    def _changes(self, step: Step, columns: int) -> Iterator[Part]:
        """One line or more for each change, those of a lock in the colour of the actor."""
        passed = {h.cell for h in hand_overs(self.trace, step)}
        for change in step.changes:
            style = f"bold {self.colour(step.actor)}" if change.name in passed else ""
            yield from ((line, style) for line in wrap(self._change(change), columns))

    def _bracket(self, number: int, row: int, rows: int) -> Part:
        """The left margin: a bracket around the part that repeats."""
        loop, last = self.trace.loop, len(self.trace.steps) - 1
        if loop is None or number < loop:
            return "  ", ""
        starts, ends = number == loop and row == 0, number == last and row == rows - 1
        return self.glyphs.loop[3 if starts and ends else 0 if starts else 2 if ends else 1], LOOP

    def listing(self) -> Iterator[Line]:
        """One column: rails if there is room, the actor's name, its step, the full place, the changes."""
        rails = self.columns >= RAILS_FROM + 2 * len(self.actors)
        left = 2 + self.digits + 2 + (2 * len(self.actors) if rails else 0)
        for number, step in enumerate(self.trace.steps):
            rows = list(self._listed(step, self.columns - left))
            for row, part in enumerate(rows):
                count = f"{number + 1 if row == 0 else '':>{self.digits}}  "
                beside = tuple(self._rails(number, row, step)) if rails else ()
                yield self._bracket(number, row, len(rows)), (count, ""), *beside, part

    def _listed(self, step: Step, columns: int) -> Iterator[Part]:
        name = f"{step.actor}: " if step.actor in self.actors else ""
        frame = shown_frame(step.frames)
        yield from ((line, f"bold {self.colour(step.actor)}") for line in wrap(name + step.label, columns))
        where = wrap(f"{frame.file}:{frame.line}", columns - 2) if frame else []
        for text, style in (*((w, "dim") for w in where), *self._changes(step, columns - 2)):
            yield "  " + text, style

    def _rails(self, number: int, row: int, step: Step) -> Iterator[Part]:
        for actor in self.actors:
            glyph, style = self._rail(number, actor, row == 0 and actor == step.actor)
            yield glyph + " ", style

    def footer(self, sources: Sources) -> Iterator[Line]:
        """What repeats, who takes no step, what is broken, and the source of the last step, caller first."""
        trace = self.trace
        if trace.loop is not None:
            which = f"steps {trace.loop + 1} to {len(trace.steps)} repeat"
            text = which if trace.loop + 1 < len(trace.steps) else f"step {len(trace.steps)} repeats"
            yield (f"  {text} for ever", LOOP),
        if self.lane >= NARROWEST_LANE:
            for file, short in self.short.items():
                if short != file:
                    yield from _paragraph(f"{short} is {file}", "dim", self.columns)
        idle = still(trace)
        if idle:
            yield from _paragraph(f"no step in this run: {', '.join(idle)}", "dim", self.columns)
        if trace.violation:
            yield ()
            yield from (((line, "bold red"),) for line in wrap(trace.violation, self.columns))
        if trace.loop is None and trace.steps:
            for frame in trace.steps[-1].frames:
                text = sources.line(frame).strip()
                inside = f" in {frame.function}" if frame.function else ""
                yield from _paragraph(f"at {frame.file}:{frame.line}{inside}" + (f":  {text}" if text else ""), "dim",
                                      self.columns)  # fmt: skip


def _paragraph(text: str, style: str, columns: int) -> Iterator[Line]:
    yield from ((("  ", ""), (line, style)) for line in wrap(text, columns - 2))


def _fill(text: str, columns: int) -> str:
    """Padded with blanks, or cut at the end, to exactly ``columns`` cells."""
    while width(text) > columns:
        text = text[:-1]
    return text + " " * (columns - width(text))
