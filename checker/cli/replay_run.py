# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Tokens of runs, and the reports that have them: the run happens again, or it is said why it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .apart import apart
from .console import console
from .problems import Problem, Status, notice, worst

if TYPE_CHECKING:
    from ...model.trace import Trace
    from ..schedule.request import Chosen
    from ..schedule.runtime import Runtime
    from ..schedule.token import Recorded

BEGINNING = "svmrun"  # of every token, of this version and others
OTHER_VERSION = "the token is of another version of the scenario or of the kernel model"


def tokens_of(argument: str, names: Sequence[str]) -> list[str] | None:
    """The tokens that an argument of ``replay`` stands for; None where it is something else: a report of ``check``."""
    path = Path(argument)
    if argument.lstrip().startswith(BEGINNING) and not path.exists():
        return [_named(argument, names, "the token")]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None  # told where reports are read
    if text.lstrip().startswith(BEGINNING):
        return [_named(text, names, argument)]
    return _from_report(argument, text, names)


def _named(token: str, names: Sequence[str], where: str) -> str:
    """The same token, if it shows all the properties that were named."""
    recorded = _decoded(token) if names else None
    for name in names:
        if recorded is not None and name != recorded.property.partition(":")[0]:
            raise Problem(f'this run shows "{recorded.property}", not "{name}"', "leave --property out", where)
    return token


def _decoded(token: str) -> Recorded:
    from ..schedule.token import BadToken, decode

    try:
        return decode(token)
    except BadToken as error:
        raise Problem(str(error), "copy it again, or replay the JSON document of the run") from None


def _from_report(argument: str, text: str, names: Sequence[str]) -> list[str] | None:
    from ...reports.json_check import MalformedReport
    from ...reports.json_run import SCHEMA, tokens_from_json

    try:
        value: object = json.loads(text)
        if not isinstance(value, dict) or cast("dict[str, object]", value).get("schema") != SCHEMA:
            return None
        found = tokens_from_json(cast("object", value))
    except (json.JSONDecodeError, RecursionError):
        return None
    except MalformedReport as error:
        raise Problem(str(error), "name the file that run --json wrote", argument) from None
    for name in names:
        if name not in (known for known, _ in found):
            raise Problem(
                f'there is no run that shows "{name}"', "leave --property out to replay what there is", argument
            )
    if not found:
        notice("no counterexample in this report: nothing to replay")
    return [token for name, token in found if not names or name in names]


def replay_tokens(tokens: Sequence[str], every_step: bool) -> Status:
    return worst(_replay(token, every_step) for token in tokens) if tokens else Status.GOOD


def _replay(token: str, every_step: bool) -> Status:
    from ..schedule.request import choose, version
    from ..schedule.runtime import new_runtime
    from ..schedule.strategies.replay import Replay
    from ..schedule.watchdog import watchdog

    recorded = _decoded(token)
    with apart(), watchdog():
        chosen = choose(recorded.scenario, dict(recorded.options), dict(recorded.sizes))
        other = version(chosen.scenario) != recorded.version
        runtime = new_runtime("greenlets", Replay(()), len(recorded.decisions) + 1)
        trace, wrong = _again(chosen, recorded, runtime)
    if wrong:
        click.echo(f"{recorded.property}: does not happen any more: {wrong}", err=True)
        why = (
            "the token is of another version of the scenario or of the kernel model"
            if other
            else "the run is not the same"
        )
        click.echo(f"help: {why}; svmcheck run {recorded.scenario} decides it anew", err=True)
        return Status.UNDECIDED
    if other:
        notice(f"{OTHER_VERSION}; the run happens all the same")
    _show(chosen, recorded, trace, every_step)
    return Status.BAD


def _again(chosen: Chosen, recorded: Recorded, runtime: Runtime) -> tuple[Trace | None, str]:
    """The trace (None: too long to show), and why the run does not show what it is said to show, if so."""
    from ..schedule.checks import LOST_PROGRESS
    from ..schedule.counterexample import LONGEST_TRACE
    from ..schedule.livelock import refuted
    from ..schedule.patience import lost_progress
    from ..schedule.progress import Lasso
    from ..schedule.recording import record
    from ..schedule.statespace import flat

    decisions = list(recorded.decisions)
    claim, _, bound = recorded.property.partition(":")
    if claim == LOST_PROGRESS:
        lost = lost_progress(chosen.setup, runtime, flat(decisions), int(bound) if bound.isdigit() else 0)
        return None, "" if lost is not None else "the task completes what it owes"
    message = ""
    if recorded.loop is not None:
        runtime.most_steps *= 4
        wrong = refuted(
            chosen.setup, runtime, Lasso(tuple(decisions[: recorded.loop]), tuple(decisions[recorded.loop :]))
        )
        if wrong:
            return None, wrong
        message = f"{claim}: steps {recorded.loop + 1} to {len(decisions)} repeat for ever, and it is never met"
    recording = record(chosen.setup, runtime, decisions, recorded.loop)
    failure = recording.run.failure
    if recording.mismatch:
        return None, recording.mismatch
    if failure is None and recorded.loop is None:
        return None, f"the run ends without a failure ({recording.run.end})"
    if failure is not None and failure.check != claim:
        return None, f"it fails with {failure.check} instead: {failure.message}"
    shown = recording.trace if failure is not None else replace(recording.trace, violation=message)
    return (shown if len(decisions) <= LONGEST_TRACE else None), ""


def _show(chosen: Chosen, recorded: Recorded, trace: Trace | None, every_step: bool) -> None:
    from ...reports.scenario import counterexample

    out = console()
    pairs = ", ".join(f"{name} = {value}" for name, value in (*chosen.sizes, *chosen.options))
    out.print(f"{chosen.name}, {pairs}" if pairs else chosen.name)
    if trace is None:
        out.print(f"{recorded.property}: happens again, after {len(recorded.decisions):,} steps")
        return
    out.print(*counterexample(recorded.property, trace, every_step=every_step), sep="\n")
