# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session of runs on a terminal: a short table of verdicts, and each counterexample in slices with its token."""

from __future__ import annotations

from collections.abc import Iterator
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
FEW = 4  # properties that share a row under their names


def report(run: ScenarioRun, sources: Sources | None = None, every_step: bool = False) -> RenderableType:
    """``every_step``: counterexamples step by step and not slice by slice."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(effort(run), style="dim"), Text(), _table(run.results), *_remarks(run)]
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


def _table(results: tuple[Result, ...]) -> RenderableType:
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


def _rows(results: tuple[Result, ...]) -> Iterator[tuple[str, Result]]:
    """What each row is about: violations, then checks together, then progress."""
    for result in results:
        if result.verdict is Verdict.VIOLATED:
            yield result.property, result
    for group in _shared(results):
        yield _named(group), group[0]
    for result in results:
        if result.verdict is not Verdict.VIOLATED and result.kind in PROGRESS:
            yield result.property, result


def _shared(results: tuple[Result, ...]) -> list[list[Result]]:
    """The checks that share a row, as they share a verdict and the reason for it."""
    found: dict[tuple[Verdict, str], list[Result]] = {}
    for result in results:
        if result.verdict is not Verdict.VIOLATED and result.kind not in PROGRESS:
            found.setdefault((result.verdict, result.message), []).append(result)
    return list(found.values())


def _named(group: list[Result]) -> str:
    """The names of a row; more than a few are counted, and listed below the table."""
    return f"{len(group)} checks" if len(group) > FEW else ", ".join(result.property for result in group)


def _remarks(run: ScenarioRun) -> list[Text]:
    """The sentence of each violation, the checks that a row only counts, what was not asked, and each assumption
    once."""
    from rich.text import Text

    results = run.results
    broken = (result for result in results if result.verdict is Verdict.VIOLATED)
    lines = [Text.assemble((result.property, STYLES[result.verdict]), ": ", result.message) for result in broken]
    for group in _shared(results):
        if len(group) > FEW:
            text = f"{_named(group)}: {', '.join(result.property for result in group)}"
            lines.append(Text(text, style="dim"))
    lines += [Text(remark, style="dim") for remark in run.remarks]
    lines = [Text(), *lines] if lines else []
    assumed = dict.fromkeys(assumption for result in results for assumption in result.assumptions)
    if assumed:
        lines.append(Text("\nassumed", style="bold"))
    lines += [Text.assemble("  ", assumption) for assumption in assumed]
    return lines
