# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Verdicts and counterexamples on a terminal, as rich renderables (rich drops colours where there are none)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model.trace import Trace
from ..specs.verdict import Result, Verdict
from .source import Sources
from .swimlane import Swimlane

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

STYLES = {
    Verdict.PROVED: "bold green",
    Verdict.HOLDS: "green",
    Verdict.BOUNDED: "yellow",
    Verdict.SAMPLED: "yellow",
    Verdict.TRUNCATED: "yellow",
    Verdict.VACUOUS: "magenta",
    Verdict.VIOLATED: "bold red",
}
FEW = 4  # properties that a remark names
NARROW = 90  # columns; below this the table leaves out what the first look does not need


def report(results: Iterable[Result], sources: Sources | None = None) -> RenderableType:
    """Everything about the results of a check: the table, the remarks under it, and every counterexample."""
    from rich.console import Group

    found = violations_first(results)
    parts: list[RenderableType] = [verdict_table(found), *remarks(found)]
    for result in found:
        if result.trace is None:
            continue
        heading, other = trace_heading(result.property, result.trace), shown_with(result, found)
        if other is None:
            parts += ["", heading, Swimlane(result.trace, sources or Sources())]
        else:
            parts += ["", heading.append(f", {_which_part(result, other)} for {other.property}")]
    return Group(*parts)


def shown_with(result: Result, results: Iterable[Result]) -> Result | None:
    """The result whose counterexample begins with this one's, so that one picture shows both; None if there is none.

    One bug often breaks several properties. Of runs that are the same the first is shown, else the longest.
    """
    found = [r for r in results if r is result or _begins(r, result)]
    longest = max(found, key=_length)
    return None if longest is result else longest


def _length(result: Result) -> int:
    return len(result.trace.steps) if result.trace else 0


def _begins(whole: Result, part: Result) -> bool:
    """Whether the run of ``whole`` begins with that of ``part``; one that goes on for ever only with itself."""
    if whole.trace is None or part.trace is None or whole.trace.initial != part.trace.initial:
        return False
    run, start = ([(step.process, step.edge) for step in trace.steps] for trace in (whole.trace, part.trace))
    return whole.trace.loop == part.trace.loop and (run if part.trace.loop is not None else run[: len(start)]) == start


def _which_part(result: Result, other: Result) -> str:
    return "the same run as" if _length(result) == _length(other) else "the beginning of the run"


def violations_first(results: Iterable[Result]) -> tuple[Result, ...]:
    """In the order in which people should see them: what is broken must not drown in what was left undecided."""
    return tuple(sorted(results, key=lambda result: result.verdict is not Verdict.VIOLATED))


def verdict_table(results: Iterable[Result]) -> RenderableType:
    """One row for each property; as many columns as the width allows."""
    return _ByWidth(tuple(results))


class _ByWidth:
    """A table that looks at the width when it is drawn, since only the console knows it."""

    def __init__(self, results: tuple[Result, ...]) -> None:
        self.results = results

    def __rich_console__(self, console: object, options: object) -> Iterable[Table]:
        width = int(getattr(options, "max_width", NARROW))
        yield _table(self.results, full=width >= NARROW)


def _table(results: tuple[Result, ...], full: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("property", overflow="fold")
    if full:
        table.add_column("kind", style="dim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name in ("states", "transitions", "depth", "seconds") if full else ("states", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        effort = [f"{result.states:,}", f"{result.transitions:,}", f"{result.depth:,}", seconds_text(result.seconds)]
        verdict = Text(verdict_text(result), style=STYLES[result.verdict])
        kind: list[Text | str] = [Text(result.kind)] if full else []
        table.add_row(Text(result.property), *kind, verdict, *(effort if full else (effort[0], effort[3])))
    return table


def verdict_text(result: Result) -> str:
    """``VIOLATED (adversarial)``: the verdict, with its grade where there is one."""
    return f"{result.verdict.value} ({result.grade.value})" if result.grade else result.verdict.value


def seconds_text(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 100 else f"{seconds:,.0f}"


def remarks(results: Iterable[Result]) -> list[Text]:
    """The message of each property that has one, then each assumption once, with the properties that depend on it.

    Properties left undecided for one reason are counted in one line.
    """
    from rich.text import Text

    found = tuple(results)
    lines: list[Text] = []
    for group in remarked(found):
        start = "\n" if not lines else ""
        lines.append(Text.assemble(start, (counted(group), STYLES[group[0].verdict]), ": ", group[0].message))
    assumed: dict[str, list[str]] = {}
    for result in found:
        for assumption in result.assumptions:
            assumed.setdefault(assumption, []).append(result.property)
    if assumed:
        lines.append(Text("\nassumed", style="bold"))
    for assumption, names in assumed.items():
        whose = "" if len(names) == len(found) else f"  ({', '.join(names)})"
        lines.append(Text.assemble("  ", assumption, (whose, "dim")))
    return lines


def remarked(results: Iterable[Result]) -> list[list[Result]]:
    """The results that have a message, those together that are undecided for the same reason, by the first of each."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.message:
            shared = result.verdict is Verdict.TRUNCATED
            groups.setdefault(("" if shared else result.property, result.message), []).append(result)
    return list(groups.values())


def counted(group: list[Result]) -> str:
    """Whom a remark is about: the properties, or how many where the names would bury the rest."""
    return f"{len(group)} properties" if len(group) > FEW else ", ".join(result.property for result in group)


def trace_heading(name: str, trace: Trace) -> Text:
    from rich.text import Text

    count = len(trace.steps)
    loop = f", of which {count - trace.loop} repeat for ever" if trace.loop is not None else ""
    steps = "1 step" if count == 1 else f"{count} steps"
    return Text.assemble((name, "bold"), f": counterexample of {steps}{loop}", overflow="fold")
