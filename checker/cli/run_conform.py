# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck run SCENARIO --conform``: every run is followed through the protocol with the same set-up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ...specs.suggest import suggest
from .apart import apart
from .problems import Problem, Status
from .progress import ProgressLine

if TYPE_CHECKING:
    from ..conformance.conform import Conformance
    from ..schedule.request import Chosen
    from ..schedule.strategy import Strategy

MOST_NAMED = 20  # steps of the protocol that were not met
MOST_SECONDS = 60.0  # for finding out which steps of the protocol can be met


def follow(chosen: Chosen, strategy: Strategy, seconds: float | None, stop: Callable[[], bool]) -> Status:
    """Tells on standard output. A difference is a violation; without one the runs that were made conform, and that is
    all that is said."""
    from ...model.kernel.abstraction import load
    from ..conformance.conform import Conformance, conform_runs, view_of
    from ..schedule.watchdog import watchdog

    by_scenario = {abstraction.scenario: abstraction for abstraction in load().values()}
    abstraction = by_scenario.get(chosen.name)
    if abstraction is None:
        advice = suggest(chosen.name, by_scenario, "scenarios")
        raise Problem(f"{chosen.name} has no protocol that it could be compared with", advice)
    result, begun = Conformance(view_of(abstraction, chosen)), time.monotonic()
    with ProgressLine() as line, apart(), watchdog():
        for _ in conform_runs(result, chosen, strategy):
            spent = time.monotonic() - begun
            line.show(f"{strategy.name}: {result.runs:,} runs, {len(result.covered)} steps met, {spent:.0f} s")
            if result.differences or stop() or (seconds is not None and spent > seconds):
                break
    _tell(result, abstraction.protocol)
    return Status.BAD if result.differences else Status.UNDECIDED


def _tell(result: Conformance, protocol: str) -> None:
    for difference in result.differences:
        click.echo(f"DIFFERS from {protocol} in run {result.runs:,}: {difference.message}")
    if result.differences:
        return
    click.echo(f"CONFORMS to {protocol} in every run ({result.runs:,})")
    missed = _missed(result)
    if missed is None:
        click.echo(f"{len(result.covered)} steps of the protocol were met; how many there are is not known")
        return
    click.echo(f"{len(result.covered)} of {len(result.covered) + len(missed)} steps of the protocol were met")
    for edge in missed[:MOST_NAMED]:
        click.echo(f"  not met: {result.label(edge)}")
    if len(missed) > MOST_NAMED:
        click.echo(f"  and {len(missed) - MOST_NAMED} more")


def _missed(result: Conformance) -> list[tuple[str, int]] | None:
    from ..conformance.conform import Undecided
    from ..engine import Limits
    from ..reference.engine import ReferenceEngine

    try:
        return result.missed(ReferenceEngine(), Limits(seconds=MOST_SECONDS))
    except Undecided:
        return None
