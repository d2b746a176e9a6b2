# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck check``: one program, all or some of its properties, one search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ...model.ir.program import Program
from ...model.ir.properties import Property, properties
from ...reports.coverage import never_taken
from ...reports.json_check import Check, check_text
from ...specs.suggest import suggest
from ...specs.verdict import Result, Verdict
from ..decide import decide
from ..engine import Coverage, Engine, Keeping, Limits, Outcome, Tick
from ..reductions import NONE
from ..registry import Wishes, make
from ..selection import Selection, select
from .console import console
from .interrupts import Interrupts
from .output import Document, document, report_folder
from .parameters import duration, engine_option, memory, program_options, reduction_options
from .problems import Problem, Status, compiled, notice, worst
from .progress import ProgressLine

MOST_UNCOVERED = 12  # lines of steps never taken; a list longer than the verdicts hides them


@click.command(name="check")
@program_options
@click.option("--property", "names", multiple=True, metavar="NAME", help="Only this property; repeatable.")
@engine_option
@click.option("--workers", type=click.IntRange(min=1), help="Processor cores to use.")
@click.option("--time", type=duration, metavar="TIME", help="Stop after this time: 90, 10m, 1.5h.")
@click.option("--memory", "bytes_", type=memory, metavar="SIZE", help="Stop at this much memory: 512M, 4G.")
@click.option("--states", type=click.IntRange(min=1), help="Stop after this many states.")
@click.option("--depth", type=click.IntRange(min=0), help="Look at runs of so many steps (engine smt; 20 if not told).")
@click.option("--checkpoint", metavar="DIR", help="Keep the search in this folder, to go on with it if it is killed.")
@click.option("--checkpoint-every", "every", type=duration, metavar="TIME", help="How often, if not each 10 seconds.")
@click.option("--fingerprint", type=click.Choice(["64"]), help="Store a hash for a state; tells how likely a miss is.")
@click.option("--resume", is_flag=True, help="Go on with the search in the folder of --checkpoint.")
@reduction_options
@click.option("--report", metavar="DIR", help="Write an HTML page and drawings for every violation into this folder.")
@click.option("--json", "json_name", metavar="FILE", help="Write the results as JSON; - is standard output, alone.")
@click.option("-v", "--verbose", is_flag=True, help="Tell what comes from the cache.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    variant: str | None,
    options: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    names: tuple[str, ...],
    engine: str,
    workers: int | None,
    time: float | None,
    bytes_: int | None,
    states: int | None,
    depth: int | None,
    checkpoint: str | None,
    every: float | None,
    fingerprint: str | None,
    resume: bool,
    reductions: frozenset[str] | None,
    every_state: bool,
    compare: bool,
    report: str | None,
    json_name: str | None,
    verbose: bool,
) -> None:
    """Decide the properties of TARGET: a name of the catalogue, or a file: my_protocol.py, my_protocol.py:World.

    Exit status: 0 all hold, 1 a violation, 2 bad input, 3 undecided.
    """
    json, folder = document(json_name), report_folder(report)
    selection = select(target, variant, dict(options), dict(sizes))
    program = compiled(selection, verbose=verbose, checking=True, chosen=dict(options))
    wanted = chosen_properties(program, names)
    chosen = NONE if every_state else reductions
    kept = keeping(checkpoint, every, resume)
    if kept is not None and fingerprint is not None:
        raise Problem("--fingerprint keeps no states for a checkpoint", "leave out --fingerprint or --checkpoint")
    ready = make(engine, Wishes(workers, chosen, kept, compare, fingerprint is not None, depth))
    for text in ready.notices:
        notice(text)
    outcome, status = _search(ready.engine, program, wanted, Limits(states, time, bytes_))
    _tell(selection, program, outcome, json, folder)
    ctx.exit(status)


def keeping(folder: str | None, every: float | None, resume: bool) -> Keeping | None:
    """What the options on checkpoints ask for together."""
    if folder is None:
        if resume or every is not None:
            option = "--resume" if resume else "--checkpoint-every"
            raise Problem(f"{option} needs --checkpoint DIR", "say in which folder the search is kept")
        return None
    wanted = Keeping(Path(folder), resume)
    return wanted if every is None else replace(wanted, seconds=every)


def chosen_properties(program: Program, names: tuple[str, ...], where: str = "") -> tuple[Property, ...]:
    """The properties of these names in the program's own order; all of them when none is named."""
    known = properties(program)
    missing = next((n for n in names if n not in (p.name for p in known)), None)
    if missing is not None:
        what = f'"{program.name}" has no property "{missing}" with these options'
        raise Problem(what, suggest(missing, [p.name for p in known], "properties"), where)
    return tuple(p for p in known if not names or p.name in names)


def status_of(results: tuple[Result, ...]) -> Status:
    def one(result: Result) -> Status:
        if result.verdict is Verdict.VIOLATED:
            return Status.BAD
        return Status.GOOD if result.verdict.passes else Status.UNDECIDED

    return worst(one(r) for r in results)


def _search(
    engine: Engine, program: Program, wanted: tuple[Property, ...], limits: Limits
) -> tuple[Outcome, Status]:
    """An interrupted search still tells how far it got, as TRUNCATED."""
    with ProgressLine() as line, Interrupts() as interrupts:
        try:
            outcome = decide(engine, program, wanted, limits, line.tick)
            return outcome, Status.INTERRUPTED if interrupts.seen else status_of(outcome.results)
        except KeyboardInterrupt:
            return _cut_short(engine, wanted, line.last_tick, "interrupted"), Status.INTERRUPTED
        except MemoryError:
            why = "this machine's memory is full; smaller sizes or --memory keep within it"
            return _cut_short(engine, wanted, line.last_tick, why), Status.UNDECIDED


def _cut_short(engine: Engine, wanted: tuple[Property, ...], last: Tick | None, why: str) -> Outcome:
    tick = last or Tick("", 0, 0, 0, 0, 0.0)
    results = tuple(
        Result(p.name, p.kind, Verdict.TRUNCATED, engine.name, tick.states, tick.transitions, tick.depth, tick.seconds,
               message=why) for p in wanted
    )  # fmt: skip
    coverage = Coverage((), (), complete=False)
    note = f"search cut short: {why}"
    return Outcome(results, coverage, tick.states, tick.transitions, tick.depth, tick.seconds, (note,))


def _tell(
    selection: Selection, program: Program, outcome: Outcome, json: Document | None, folder: Path | None
) -> None:
    for text in outcome.notes:
        notice(text)
    if json is None or not json.is_standard_output:
        _print(selection, program, outcome)
    check = Check(selection.name, selection.variant, program.sizes, program.options, outcome.results)
    if json is not None:
        json.write(check_text(check))
    if folder is not None:
        from .pages import write_check_pages

        for path in write_check_pages(folder, check, program):
            notice(f"wrote {path}")


def _print(selection: Selection, program: Program, outcome: Outcome) -> None:
    from ...reports.terminal import report

    out = console()
    out.print(heading(selection.name, selection.variant, program))
    out.print(report(outcome.results))
    for text in uncovered(program, outcome.coverage):
        out.print(text, soft_wrap=True)


def heading(name: str, variant: str | None, program: Program) -> str:
    """``cpu-fault, variant g1, cpu_threads = 3, urgent_refault = true``."""
    pairs = [f"{k} = {v}" for k, v in (*program.sizes, *program.options)]
    return ", ".join([name, *([f"variant {variant}"] if variant else []), *pairs])


def uncovered(program: Program, coverage: Coverage) -> list[str]:
    """What never happened, one line each."""
    lines = never_taken(program, coverage.edges, coverage.processes)
    if not coverage.complete:
        lines = [line.replace("never", "not yet", 1) for line in lines]
    more = len(lines) - MOST_UNCOVERED
    return [*lines[:MOST_UNCOVERED], *([f"... and {more} more"] if more > 0 else [])]
