# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Errors in protocol files, for the terminal (source with carets) and as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ..model.ir.program import Frame
from ..model.lang.diagnostics import Diagnostic
from .source import Sources
from .text import Line, Part, expand, plain_text, rich_text, width

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"error": "bold red", "warning": "bold yellow", "hint": "bold cyan"}
GUTTER = "bold blue"
SECONDARY = "blue"
LONGEST_SPAN = 6  # lines of a span shown in full; of a longer one only the first and the last


@dataclass(frozen=True, slots=True)
class Mark:
    """An underlined span with the text behind it; the primary one has carets."""

    frame: Frame
    text: str
    sign: str
    style: str


def plain(diagnostic: Diagnostic, sources: Sources | None = None) -> str:
    """A diagnostic as text; ends with a newline."""
    return plain_text(layout(diagnostic, sources))


def plain_all(diagnostics: Iterable[Diagnostic], sources: Sources | None = None) -> str:
    """Several diagnostics with an empty line between two."""
    shared = sources or Sources()
    return "\n".join(plain(d, shared) for d in diagnostics)


def show(console: Console, diagnostics: Iterable[Diagnostic], sources: Sources | None = None) -> None:
    """Prints diagnostics on a rich console, which drops the colours where there are none."""
    shared = sources or Sources()
    for number, diagnostic in enumerate(diagnostics):
        if number:
            console.print()
        console.print(rich_text(layout(diagnostic, shared)), soft_wrap=True, highlight=False)


def layout(diagnostic: Diagnostic, sources: Sources | None = None) -> tuple[Line, ...]:
    return tuple(_layout(diagnostic, sources or Sources()))


def _layout(diagnostic: Diagnostic, sources: Sources) -> Iterator[Line]:
    style = STYLES.get(diagnostic.severity, "bold")
    primary = diagnostic.frame
    code = f"[{diagnostic.code}]" if diagnostic.code else ""
    yield (
        (f"{_position(primary)}: ", "bold"),
        (f"{diagnostic.severity}{code}", style),
        (f": {diagnostic.headline}", "bold"),
    )
    marks = [Mark(primary, "", "^", style), *(Mark(la.frame, la.text, "-", SECONDARY) for la in diagnostic.labels)]
    digits = len(str(max(m.frame.end_line for m in marks)))
    files = dict.fromkeys(m.frame.file for m in marks)  # the primary one first
    for file in files:
        here = [m for m in marks if m.frame.file == file]
        if file != primary.file:
            yield (" " * digits + "--> ", GUTTER), (_position(here[0].frame), "")
        yield from _snippet(here, sources.lines(file), digits)
    for frame in reversed(diagnostic.chain):
        inside = f" in {frame.function}" if frame.function else ""
        yield (" " * digits + " = ", GUTTER), (f"called from {frame.file}:{frame.line}{inside}", "")
    if diagnostic.help:
        first, *rest = diagnostic.help.split("\n")
        yield ("help", "bold green"), (f": {first}", "")
        yield from ((("      " + line, ""),) for line in rest)


def _position(frame: Frame) -> str:
    return f"{frame.file}:{frame.line}:{frame.column}"


def _snippet(marks: list[Mark], lines: tuple[str, ...], digits: int) -> Iterator[Line]:
    """The marked lines of one file in order, each with its underlines, ``...`` where lines are left out."""
    rows = sorted(_rows(marks, lines), key=lambda row: row[0])
    bar: Part = (" " * digits + " | ", GUTTER)
    if rows:
        yield (bar,)
    previous = 0
    for number, group in groupby(rows, key=lambda row: row[0]):
        if previous and number > previous + 1:
            yield (("...", GUTTER),)
        here = [row[1] for row in group]
        yield (f"{number:>{digits}} | ", GUTTER), (expand(lines[number - 1]), "")
        yield from ((bar, *underline(mark, number, lines[number - 1])) for mark in here if mark is not None)
        previous = number


def _rows(marks: list[Mark], lines: tuple[str, ...]) -> Iterator[tuple[int, Mark | None]]:
    """The (line number, mark to draw under it) of a snippet; lines outside the file are left out."""
    for mark in marks:
        first, last = mark.frame.line, max(mark.frame.line, mark.frame.end_line)
        if last > first and mark.frame.end_column <= 1:
            last -= 1  # the exclusive end is before the first character of a line: nothing of it is meant
        wanted = range(first, last + 1) if last - first < LONGEST_SPAN else (first, last)
        yield from ((n, mark) for n in wanted if 0 < n <= len(lines))


def underline(mark: Mark, number: int, line: str) -> Line:
    """The row under line ``number``: the part of the mark's span that lies on it, its text on the span's last line."""
    frame = mark.frame
    indent = len(line) - len(line.lstrip()) + 1
    start = frame.column if number == frame.line else indent
    ends_here = number >= frame.end_line or (number == frame.end_line - 1 and frame.end_column <= 1)
    end = frame.end_column if number == frame.end_line else len(line.rstrip()) + 1
    before = width(expand(line[: start - 1])) + max(0, start - 1 - len(line))
    upto = width(expand(line[: end - 1]))
    signs = mark.sign * max(1, upto - before)
    text = f" {mark.text}" if mark.text and ends_here else ""
    return (" " * before, ""), (signs + text, mark.style)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic as JSON values; the frame's fields keep their names and units."""
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "headline": diagnostic.headline,
        "frame": frame_json(diagnostic.frame),
        "labels": [{"frame": frame_json(label.frame), "text": label.text} for label in diagnostic.labels],
        "chain": [frame_json(frame) for frame in diagnostic.chain],
        "help": diagnostic.help,
    }


def frame_json(frame: Frame) -> dict[str, object]:
    return {
        "file": frame.file,
        "line": frame.line,
        "column": frame.column,
        "end_line": frame.end_line,
        "end_column": frame.end_column,
        "function": frame.function,
    }
