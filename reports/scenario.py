# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session of runs on a terminal: a short table of verdicts, and each counterexample in slices with its token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..model.trace import Trace
from ..specs.verdict import Result, Verdict
from .json_run import ScenarioRun
from .slices import counted, sliced
from .source import Sources
from .swimlane import Swimlane
from .terminal import STYLES, seconds_text, verdict_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

PROGRESS = frozenset({"livelock", "bound", "guard"})  # kinds whose rows stand by themselves, as those of violations do


def report(run: ScenarioRun, sources: Sources | None = None, every_step: bool = False) -> RenderableType:
    """``every_step``: counterexamples step by step and not slice by slice."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(effort(run), style="dim"), Text(), _table(run.results), *_remarks(run.results)]
    told: dict[tuple[object, ...], str] = {}
    for result in run.results:
        trace, example = result.trace, run.example(result.property)
        same = told.setdefault((trace.steps, trace.loop), result.property) if trace is not None else result.property
        if trace is not None and same == result.property:
            parts += [Text(), *counterexample(result.property, trace, sources, every_step)]
        elif trace is not None:
            parts += [Text(), Text.assemble((result.property, "bold"), f": the same run as {same}")]
        if example is not None:
            text = f"  again: svmcheck replay {example.token}"
            parts.append(Text(text, style="dim", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def counterexample(
    name: str, trace: Trace, sources: Sources | None = None, every_step: bool = False
) -> list[RenderableType]:
    """One run with a heading, slice by slice or step by step."""
    from rich.text import Text

    heading = Text.assemble((name, "bold"), f": counterexample of {counted(trace)}")
    return [heading, Swimlane(trace if every_step else sliced(trace), sources or Sources())]


def effort(run: ScenarioRun) -> str:
    """``pos, seed 1: 10,000 runs, 523,000 steps, 5.20 s``."""
    seconds = max((result.seconds for result in run.results), default=0.0)
    states = max((result.states for result in run.results), default=0)
    parts = [_some(run.runs, "run"), _some(run.points, "step"), *([_some(states, "state")] if states else [])]
    seed = "" if run.seed is None else f", seed {run.seed}"
    return f"{run.strategy}{seed}: {', '.join(parts)}, {seconds_text(seconds)} s"


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _table(results: Iterable[Result]) -> RenderableType:
    """A row for each violation and each goal; checks with one verdict share a row."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("property", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("", overflow="fold", style="dim")
    for names, result in _rows(results):
        verdict = Text(verdict_text(result), style=STYLES[result.verdict])
        why = "" if result.verdict is Verdict.VIOLATED else result.message
        table.add_row(Text(names), verdict, Text(why))
    return table


def _rows(results: Iterable[Result]) -> Iterator[tuple[str, Result]]:
    shared: dict[tuple[Verdict, str], list[Result]] = {}
    single: list[Result] = []
    for result in results:
        if result.verdict is Verdict.VIOLATED or result.kind in PROGRESS:
            single.append(result)
        else:
            shared.setdefault((result.verdict, result.message), []).append(result)
    for result in single:
        if result.verdict is Verdict.VIOLATED:
            yield result.property, result
    for group in shared.values():
        yield ", ".join(result.property for result in group), group[0]
    for result in single:
        if result.verdict is not Verdict.VIOLATED:
            yield result.property, result


def _remarks(results: Iterable[Result]) -> list[Text]:
    """The sentence of each violation, then each assumption once."""
    from rich.text import Text

    found = tuple(results)
    lines = [
        Text.assemble("\n" if not number else "", (result.property, STYLES[result.verdict]), ": ", result.message)
        for number, result in enumerate(r for r in found if r.verdict is Verdict.VIOLATED)
    ]
    assumed = dict.fromkeys(assumption for result in found for assumption in result.assumptions)
    if assumed:
        lines.append(Text("\nassumed", style="bold"))
    lines += [Text.assemble("  ", assumption) for assumption in assumed]
    return lines
