# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck replay``: the counterexamples of a JSON report, run again: of a protocol by the reference interpreter, of
a scenario (also from a token) by the executable kernel."""

from __future__ import annotations

from pathlib import Path

import click

from ...model.ir.properties import properties
from ...model.replay import ReplayError, replay, schedule_of
from ...model.semantics import Semantics
from ...model.trace import Trace
from ...reports.json_check import Check, MalformedReport, check_from_text
from ...specs.verdict import Result
from ..selection import select
from .console import console
from .problems import Problem, Status, compiled, notice, worst
from .replay_run import replay_tokens, tokens_of


@click.command(name="replay")
@click.argument("trace")
@click.option("--property", "names", multiple=True, metavar="NAME", help="Only this property's; repeatable.")
@click.option("--every-step", is_flag=True, help="Show runs of a scenario step by step, not slice by slice.")
@click.option("--in-kernel", "kernel", is_flag=True, help="Of a protocol: look for a run of the executable kernel that"
              " does the same, and show that.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, trace: str, names: tuple[str, ...], every_step: bool, kernel: bool) -> None:
    """Run the counterexamples of TRACE again: a file written by `svmcheck check --json` or `svmcheck run --json`, or
    the token of a run, on the protocol or scenario as it is now.

    Exit status: 1 a violation happened again, 3 a counterexample does not fit any more or is not shown by the
    executable kernel, 0 there was none.
    """
    tokens = tokens_of(trace, names)
    if tokens is not None:
        if kernel:
            raise Problem("this is a run of the executable kernel already", "leave --in-kernel out", trace)
        ctx.exit(replay_tokens(tokens, every_step))
    check = _read(trace)
    found = [r for r in check.results if r.trace is not None and (not names or r.property in names)]
    for name in names:
        if name not in (r.property for r in found):
            advice = "leave --property out to replay what there is"
            raise Problem(f'there is no counterexample of "{name}"', advice, trace)
    if not found:
        notice("no counterexample in this report: nothing to replay")
        ctx.exit(Status.GOOD)
    selection = select(check.target, None, dict(check.options), dict(check.sizes))
    if kernel:
        from .replay_kernel import in_kernel

        ctx.exit(in_kernel(selection, found, every_step))
    semantics = Semantics(compiled(selection))
    ctx.exit(worst(_replay(semantics, result) for result in found))


def _read(name: str) -> Check:
    path = Path(name)
    if path.is_dir():
        raise Problem("is a directory, not a JSON report", "name the file that check --json wrote", name)
    try:
        return check_from_text(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Problem("not a UTF-8 text file", "name the file that check --json wrote", name) from None
    except MalformedReport as error:
        raise Problem(str(error), "name the file that check --json wrote", name) from None


def _replay(semantics: Semantics, result: Result) -> Status:
    from ...reports.swimlane import Swimlane
    from ...reports.terminal import trace_heading

    out = console()
    recorded = result.trace
    assert recorded is not None, "only results with a trace are replayed"
    try:
        again = _again(semantics, result, recorded)
    except ReplayError as error:
        click.echo(f"{result.property}: does not happen any more: {error}", err=True)
        click.echo("help: the protocol has changed since; svmcheck check decides it anew", err=True)
        return Status.UNDECIDED
    out.print(trace_heading(result.property, again))
    out.print(Swimlane(again))
    out.print(f"{result.property}: {again.violation}")
    return Status.BAD


def _again(semantics: Semantics, result: Result, recorded: Trace) -> Trace:
    """The recorded schedule on the program. Raises ``ReplayError`` where it cannot be run or means something else."""
    claim = next((p for p in properties(semantics.program) if p.name == result.property), None)
    if claim is None:
        raise ReplayError("the protocol has no such property")
    again = replay(semantics, schedule_of(recorded), claim)
    for number, (old, new) in enumerate(zip(recorded.steps, again.steps, strict=True), start=1):
        if (old.actor, old.label) != (new.actor, new.label):
            raise ReplayError(f'step {number} was "{old.actor}: {old.label}" and is now "{new.actor}: {new.label}"')
    return again
