# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck replay FILE --in-kernel``: counterexamples of a protocol, driven through the executable kernel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...model.replay import ReplayError, Schedule, schedule_of
from .console import console
from .problems import Status, notice, worst
from .progress import ProgressLine

if TYPE_CHECKING:
    from ...specs.verdict import Result
    from ..conformance.counterpart import Counterpart
    from ..conformance.drive import Driven, Lost
    from ..schedule.counterexample import Counterexample
    from ..schedule.request import Chosen
    from ..selection import Selection


def in_kernel(selection: Selection, results: Iterable[Result], every_step: bool) -> Status:
    """``results``: those with a trace. Raises ``BadRequest`` if the kernel has no counterpart of the protocol."""
    from ..conformance.counterpart import counterpart

    file = Path(next(iter(selection.protocol.sources.files)))  # the first is the protocol's own
    found = counterpart(file, selection.world.name, selection.compile().program)
    if found.larger:
        sizes = ", ".join(f"{name}={size}" for name, size in found.larger.items())
        notice(f"the executable kernel stands for the protocol with {sizes}: counterexamples are made anew for that")
    return worst(_drive(found, result, every_step) for result in results)


def _drive(counterpart: Counterpart, result: Result, every_step: bool) -> Status:
    from ..conformance.drive import Driven, drive

    chosen = counterpart.chosen
    try:
        schedule = _schedule(counterpart, result)
        if schedule is None:
            click.echo(f"{result.property}: not violated with these sizes")
            return Status.UNDECIDED
        with ProgressLine() as line:

            def tell(runs: int, furthest: int, length: int) -> None:
                line.show(f"{result.property}: {runs:,} runs of the kernel, {furthest} of {length} steps")

            options, sizes = dict(chosen.options), dict(chosen.sizes)
            found = drive(counterpart.view, schedule, result.property, options, sizes, tell=tell)
    except ReplayError as error:
        click.echo(f"{result.property}: does not happen any more: {error}", err=True)
        click.echo("help: the protocol has changed since; svmcheck check decides it anew", err=True)
        return Status.UNDECIDED
    if isinstance(found, Driven):
        _show(chosen, result.property, found, every_step)
        return Status.BAD
    _tell_lost(chosen, result.property, found)
    return Status.UNDECIDED


def _schedule(counterpart: Counterpart, result: Result) -> Schedule | None:
    """That of the report, or one for the sizes of the kernel; None if the property is not violated there."""
    from ..conformance.counterexample import counterexample
    from ..registry import Wishes, make

    if not counterpart.larger:
        return None if result.trace is None else schedule_of(result.trace)
    with ProgressLine() as line:
        engine = make("auto", Wishes()).engine
        return counterexample(counterpart.view.program, result.property, engine, progress=line.tick)


def _tell_lost(chosen: Chosen, name: str, lost: Lost) -> None:
    steps = f"{lost.furthest} of {lost.length} steps could be followed in {lost.runs:,} runs"
    click.echo(f"{name}: not shown by the executable kernel ({chosen.name}): {steps}")
    for failure in lost.failures:
        click.echo(f"  met on the way, where the protocol violates nothing: {failure}")


def _show(chosen: Chosen, name: str, driven: Driven, every_step: bool) -> None:
    from ...reports.scenario import counterexample
    from ..schedule.token import encode

    found = _counterexample(chosen, driven)
    out = console()
    what = driven.message if driven.lasso is not None else f"{driven.check}: {driven.message}"
    click.echo(f"{name}: shown by the executable kernel ({chosen.name}): {what}")
    if found.trace is not None:
        out.print(*counterexample(driven.check, found.trace, every_step=every_step), sep="\n")
    click.echo(f"  again: svmcheck replay {encode(found.recorded)}")


def _counterexample(chosen: Chosen, driven: Driven) -> Counterexample:
    """The run as ``svmcheck run`` shows one: a failure minimised, a loop as it was found."""
    from ..schedule.counterexample import of_failure, of_lasso
    from ..schedule.runtime import new_runtime
    from ..schedule.strategies.replay import Replay

    runtime = new_runtime("greenlets", Replay(driven.schedule), len(driven.schedule) + 1)
    if driven.lasso is not None:
        runtime.most_steps *= 4  # it is gone round three times
        return of_lasso(chosen, runtime, driven.check, driven.message, driven.lasso, shorten=False)
    runtime.most_steps += 1_000
    _, found = of_failure(chosen, runtime, runtime.run(chosen.setup))
    return found
