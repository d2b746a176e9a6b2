# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck gate``: everything a catalogue expects, for people and for CI."""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from ...model.ir.program import Frame
from ...specs.catalogue.entry import Catalogue
from ...specs.catalogue.load import load_file, load_shipped
from ...specs.catalogue.row import Row, Standing
from ..engine import Tick
from ..gate import Checked, Job, plan, run, truncated
from .console import console
from .interrupts import Interrupts
from .output import document, report_folder
from .parameters import engine_option
from .problems import Problem, Status, notice, worst
from .progress import ProgressLine

_STATUS = {Standing.MET: Status.GOOD, Standing.MISSED: Status.BAD, Standing.UNDECIDED: Status.UNDECIDED}


@click.command(name="gate")
@click.argument("file", required=False)
@engine_option
@click.option("--jobs", type=click.IntRange(min=1), help="Searches at a time.  [default: processor cores]")
@click.option("--report", metavar="DIR", help="Write an HTML page for every violation, and an index, into this folder.")
@click.option("--json", "json_name", metavar="FILE", help="Write the rows as JSON; - is standard output, alone.")
@click.pass_context
def command(
    ctx: click.Context, file: str | None, engine: str, jobs: int | None, report: str | None, json_name: str | None
) -> None:
    """Check what the shipped catalogue expects, or your own catalogue FILE.

    Exit status: 0 every expectation met, 1 one missed, 2 bad input, 3 none missed but some undecided.
    """
    json, folder = document(json_name), report_folder(report)
    planned = plan(_catalogue(file), engine)
    if not planned:
        where = file or "the shipped catalogue"
        raise Problem("nothing is expected there", "add an [[expect]] table; docs/catalogue.md shows how", where)
    started = time.monotonic()
    rows, status = _run(planned, jobs or _cores())
    if json is None or not json.is_standard_output:
        _print(rows, time.monotonic() - started)
    if json is not None:
        from ...reports.json_gate import gate_text

        json.write(gate_text(rows))
    if folder is not None:
        _pages(folder, rows, jobs or _cores())
    ctx.exit(status)


def _catalogue(file: str | None) -> Catalogue:
    if file is not None and file.endswith(".py"):
        raise Problem("is a protocol, and gate takes a catalogue", f"check it with: svmcheck check {file}", file)
    return load_shipped() if file is None else load_file(Path(file))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(jobs: Sequence[Job], workers: int) -> tuple[tuple[Row, ...], Status]:
    """The rows in the order of the catalogue. Interrupted, those that were not reached are undecided."""
    found: dict[int, Checked] = {}
    numbers = {id(job): n for n, job in enumerate(jobs)}
    interrupted = False
    with ProgressLine() as line, Interrupts() as interrupts:

        def show(job: Job, tick: Tick | None) -> None:
            line.show(progress_text(jobs, found, job, tick))

        try:
            with closing(run(jobs, workers, show)) as events:
                for job, checked in events:
                    found[numbers[id(job)]] = checked
                    interrupts.check()
                    show(job, None)
        except KeyboardInterrupt:
            interrupted = True
    ended = [found.get(n) or Checked(truncated(job, "interrupted")) for n, job in enumerate(jobs)]
    _tell_warnings(ended)
    rows = tuple(row for each in ended for row in each.rows)
    status = Status.INTERRUPTED if interrupted else worst(_STATUS[row.standing] for row in rows)
    return rows, status


def _tell_warnings(ended: Sequence[Checked]) -> None:
    """One line for each target of whose programs the compiler has something to tell, with a command that tells it."""
    told: dict[str, tuple[Row, set[tuple[str, Frame]]]] = {}
    for each in ended:
        if each.rows and each.warnings:
            _, places = told.setdefault(each.rows[0].target, (each.rows[0], set()))
            places.update((w.code, w.frame) for w in each.warnings)
    for target, (row, places) in told.items():
        warnings = "1 warning or hint" if len(places) == 1 else f"{len(places)} warnings or hints"
        notice(f"{target}: the compiler has {warnings}; see: {shlex.join(command_of(row))}")


def progress_text(jobs: Sequence[Job], found: dict[int, Checked], job: Job, tick: Tick | None) -> str:
    """``gate: 12 of 40 programs, 1 missed; cpu-fault g1: 12,345 states``; before the first state, what it does."""
    missed = sum(row.standing is Standing.MISSED for each in found.values() for row in each.rows)
    bad = f", {missed} missed" if missed else ""
    doing = "" if tick is None else f"{tick.states:,} states" if tick.states else tick.phase
    now = f"; {job.name}: {doing}" if doing else ""
    return f"gate: {len(found)} of {len(jobs)} programs{bad}{now}"


def _print(rows: Sequence[Row], seconds: float) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("target")
    for standing in Standing:
        table.add_column(standing.value, justify="right")
    for target in dict.fromkeys(row.target for row in rows):
        counts = Counter(row.standing for row in rows if row.target == target)
        table.add_row(Text(target), *(str(counts[s]) for s in Standing))
    out = console()
    out.print(table)
    for row in rows:
        if row.standing is not Standing.MET:
            style = "bold red" if row.standing is Standing.MISSED else "yellow"
            out.print(Text.assemble("\n", (row.standing.value, style), f": {explained(row)}"), soft_wrap=True)
    totals = Counter(row.standing for row in rows)
    summary = ", ".join(f"{totals[s]} {s.value}" for s in Standing)
    out.print(f"\ngate: {summary} in {seconds:.1f} s")


def explained(row: Row) -> str:
    """A row that is not met: what, why, who says so, and the command that shows it."""
    expected = row.expectation
    return (
        f"{row.target} {expected.variant}: {row.result.property}: {row.reason}\n"
        f"  says: {expected.source} ({expected.place})\n"
        f"  see:  {shlex.join(command_of(row))}"
    )


def command_of(row: Row) -> tuple[str, ...]:
    """The command line that decides this row alone."""
    expected = row.expectation
    counts = expected.sizes if row.shipped else row.sizes
    sizes = [word for name, n in counts for word in ("--size", f"{name}={n}")]
    program = (row.target, "--variant", expected.variant) if row.shipped else (row.protocol,)
    settings = expected.options if row.shipped else row.options
    options = [word for name, value in settings for word in ("--set", f"{name}={value}")]
    names = () if row.result.property == "*" else ("--property", row.result.property)
    return ("svmcheck", "check", *program, *sizes, *options, *names)


def _pages(folder: Path, rows: Sequence[Row], workers: int) -> None:
    from .pages import write_gate_pages

    with ProgressLine() as line:
        index = write_gate_pages(folder, rows, workers, line.show)
    notice(f"wrote {index}")
