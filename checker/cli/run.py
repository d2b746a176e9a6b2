# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck run``: a scenario of the executable kernel under many schedules."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

import click

from ...specs.suggest import suggest
from ..keyboard import Interrupted
from .apart import apart
from .console import console
from .output import Document, document, report_folder
from .parameters import assignment, duration, size_assignment
from .problems import Problem, Status, notice, worst
from .progress import ProgressLine

if TYPE_CHECKING:
    from ...reports.json_run import ScenarioRun
    from ..schedule.request import Chosen
    from ..schedule.session import Effort, Session, Watcher, Wish

AUTO_STATES = 5_000  # states that the strategy "auto" explores before it samples: some ten seconds
SAMPLER = "pos"  # what it samples with


@click.command(name="run")
@click.argument("scenario", required=False)
@click.option("--strategy", default="auto", show_default=True, metavar="NAME", help="Who goes on at each point; without"
              " SCENARIO all are listed. auto: every state if there are not too many, else a sample.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of strategies that sample.")
@click.option("--runs", type=click.IntRange(min=1), default=10_000, show_default=True, help="How many to sample.")
@click.option("--time", type=duration, metavar="TIME", help="Stop after this time: 90, 10m, 1.5h.")
@click.option("--steps", type=click.IntRange(min=1), default=20_000, show_default=True, help="At most, in one run.")
@click.option("--states", type=click.IntRange(min=1), help="Stop after this many states (strategy states).")
@click.option("--bound", type=click.IntRange(min=1), default=2_000, show_default=True, help="Steps that a task may take"
              " in a fair run before it completes what it owes.")  # fmt: skip
@click.option("--set", "options", type=assignment, multiple=True, metavar="NAME=VALUE", help="An option of the kernel.")
@click.option("--size", "sizes", type=size_assignment, multiple=True, metavar="NAME=VALUE", help="How many.")
@click.option("--options", "show_options", is_flag=True, help="Run nothing: list sizes of SCENARIO and the options that"
              " it consults.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that sample.")
@click.option("--backend", type=click.Choice(["greenlets", "threads"]), default="greenlets", show_default=True,
              help="How tasks are switched.")  # fmt: skip
@click.option("--conform", is_flag=True, help="Follow every run through the protocol of SCENARIO, and tell where they"
              " differ and what of the protocol was met.")  # fmt: skip
@click.option("--every-step", is_flag=True, help="Show counterexamples step by step, not slice by slice.")
@click.option("--report", metavar="DIR", help="Write an HTML page, drawings and the JSON into this folder.")
@click.option("--json", "json_name", metavar="FILE", help="Write the results as JSON; - is standard output, alone.")
@click.pass_context
def command(
    ctx: click.Context,
    scenario: str | None,
    strategy: str,
    seed: int,
    runs: int,
    time: float | None,
    steps: int,
    states: int | None,
    bound: int,
    options: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    show_options: bool,
    workers: int,
    backend: str,
    conform: bool,
    every_step: bool,
    report: str | None,
    json_name: str | None,
) -> None:
    """Run SCENARIO under many schedules, with all checks after every step. Without SCENARIO: what there is.

    SCENARIO is a name, or a file of yours: my_driver.py, my_driver.py:NAME (docs/executable-kernel.md shows one).

    Exit status: 0 everything holds (in every run), 1 a violation, 2 bad input, 3 undecided (a sample is, and so is an
    option of --set that the scenario never consults).
    """
    from ..schedule.registry import names
    from ..schedule.request import choose
    from ..schedule.session import Wish
    from ..schedule.watchdog import watchdog
    from .run_listing import listing, scenario_options

    if json_name is not None or report is not None:
        _check_written(scenario, show_options, conform)
    if strategy not in ("auto", *names()):
        raise Problem(f'there is no strategy "{strategy}"', suggest(strategy, ("auto", *names()), "strategies"))
    if scenario is None:
        click.echo(listing(SAMPLER))
        ctx.exit(Status.GOOD)
    json, folder = document(json_name), report_folder(report)
    with apart():
        chosen = choose(scenario, dict(options), dict(sizes))
    if show_options:
        with apart(), watchdog():
            text = scenario_options(chosen)
        click.echo(text)
        ctx.exit(Status.GOOD)
    if conform:
        from ..schedule.registry import make
        from .run_conform import follow

        with Stop() as stop:
            status = follow(chosen, make(SAMPLER if strategy == "auto" else strategy, seed, runs), time, stop.asked)
        ctx.exit(Status.INTERRUPTED if stop.seen else status)
    wish = Wish(strategy, seed, runs, time, steps, states, bound, backend)
    with ProgressLine() as line, Stop() as stop, apart(), watchdog():
        session = explored(chosen, wish, workers, lambda effort: line.show(_progress(wish, effort)), stop.asked)
        notes = () if session.violations or stop.seen else _unread(chosen, dict(options), backend)
    found = replace(scenario_run(session), notes=notes)
    _tell(found, json, folder, every_step)
    ctx.exit(Status.INTERRUPTED if stop.seen else _status(found))


def _check_written(scenario: str | None, show_options: bool, conform: bool) -> None:
    """Documents and pages are of sessions; a list must not look like one to a program that reads it."""
    what = "the list of scenarios" if scenario is None else "--options" if show_options else "--conform" * conform
    if what:
        raise Problem(f"{what} is text alone", "leave --json and --report out")


def explored(chosen: Chosen, wish: Wish, workers: int, tell: Watcher, stop: Callable[[], bool]) -> Session:
    """The session that a user asked for; "auto" is one or two."""
    from ..schedule.crowd import run_crowd

    if wish.strategy != "auto":
        return run_crowd(chosen, wish, workers, tell, stop)
    most = AUTO_STATES if wish.states is None else wish.states
    session = run_crowd(chosen, replace(wish, strategy="states", states=most), 1, tell, stop)
    spent = session.effort.seconds
    if session.violations or (wish.seconds or spent + 1) <= spent:
        return session
    if session.blind:
        notice(f"states are not explored: {session.cut}. From here on a sample")
    elif session.cut.startswith("the limit of"):
        notice(f"more than {most:,} states: from here on a sample (--strategy states --states N explores more)")
    else:
        return session
    sampled = run_crowd(chosen, replace(wish, strategy=SAMPLER, spent=spent), workers, tell, stop)
    if sampled.cut and not session.blind:
        notice(f"before the sample {session.effort.states:,} states were explored, without a violation")
    return sampled


class Stop:
    """While entered, the first Ctrl-C asks for an end at the next run; a second one ends the program as usual."""

    def __init__(self) -> None:
        self.seen = False
        self._before: signal.Handlers | object = None

    def asked(self) -> bool:
        return self.seen

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python does not allow handlers
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # pyright: ignore[reportArgumentType] - what signal() gave us

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.seen:
            raise Interrupted
        self.seen = True
        os.write(2, b"\nending after this step; Ctrl-C again stops at once\n")  # print() may be in the middle of a line


def _progress(wish: Wish, effort: Effort) -> str:
    rate = f", {effort.points / effort.seconds:,.0f}/s" if effort.seconds >= 1 else ""
    states = f", {effort.states:,} states" if effort.states else ""
    return f"{wish.strategy}: {effort.runs:,} runs, {effort.points:,} steps{rate}{states}, {effort.seconds:.0f} s"


def scenario_run(session: Session) -> ScenarioRun:
    """A session as a report shows it."""
    from ...reports.json_run import Example, ScenarioRun
    from ..schedule.registry import STRATEGIES, Reach
    from ..schedule.remarks import remarks
    from ..schedule.results import results
    from ..schedule.token import decisions_text

    chosen, wish = session.chosen, session.wish
    examples = tuple(
        Example(v.property, c.token, decisions_text(c.recorded.decisions), c.recorded.loop)
        for v in session.violations
        if (c := v.counterexample) is not None
    )
    seed = wish.seed if STRATEGIES[wish.strategy].reach is Reach.SOME else None
    return ScenarioRun(chosen.name, chosen.options, chosen.sizes, wish.strategy, seed, session.effort.runs,
                       session.effort.points, session.complete, results(session), examples,
                       remarks=remarks(session))  # fmt: skip


def _unread(chosen: Chosen, asked: Collection[str], backend: str) -> tuple[str, ...]:
    """A note for each of these options that makes no difference, as nothing reads it."""
    from ..schedule.consulted import unread

    return tuple(
        f"option {name} is not consulted in {chosen.name} at these sizes: the verdicts say nothing about it"
        for name in unread(chosen, asked, backend)
    )


def _status(run: ScenarioRun) -> Status:
    """Where a note says that an option was not consulted, what was asked is undecided."""
    from .check import status_of

    return worst((status_of(run.results), *([Status.UNDECIDED] if run.notes else [])))


def _tell(run: ScenarioRun, json: Document | None, folder: Path | None, every_step: bool) -> None:
    _tell_result(run, json, every_step)
    for text in run.notes:
        notice(text)
    if run.notes:
        notice(f"svmcheck run {run.scenario} --options lists the options that are")
    if folder is not None:
        from .pages import write_run_pages

        for path in write_run_pages(folder, run):
            notice(f"wrote {path}")


def _tell_result(run: ScenarioRun, json: Document | None, every_step: bool) -> None:
    from ...reports.json_run import run_text

    if json is None or not json.is_standard_output:
        from ...reports.scenario import report

        out = console()
        out.print(heading(run))
        out.print(report(run, every_step=every_step), crop=False)  # a token is longer than a line
    if json is not None:
        json.write(run_text(run))


def heading(run: ScenarioRun) -> str:
    """``cpu-fault, cpu_threads = 2, generation = g1``."""
    return ", ".join([run.scenario, *(f"{name} = {value}" for name, value in (*run.sizes, *run.options))])
