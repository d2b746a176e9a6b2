# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck principles``: check the two rows of every rule of the design, and write the document that shows them."""

from __future__ import annotations

from pathlib import Path

import click

from ...model.ir.program import Program
from ...model.ir.properties import properties
from ...reports.graph.counterexample import counterexample
from ...reports.graph.lockorder import lock_order
from ...reports.graph.render import render
from ...reports.principles import Shown
from ...reports.principles import document as principles_text
from ...specs.principles import Cited, Principle, load_principles
from ...specs.verdict import Result, Verdict
from ..decide import decide
from ..engine import Limits
from ..lockorder.analyse import analyse
from ..registry import Wishes, make
from ..selection import Selection, select
from .output import document
from .parameters import engine_option
from .problems import Status, compiled
from .progress import ProgressLine

MOST_DRAWN = 60  # steps of a counterexample; a taller picture is none any more, and `svmcheck check` shows the run


@click.command(name="principles")
@click.argument("file")
@engine_option
@click.pass_context
def command(ctx: click.Context, file: str, engine: str) -> None:
    """Check the rules of the GPU SVM design, and write FILE (Markdown) with a picture for each beside it.

    Exit status: 0 every rule holds in its baseline and fails where it is broken, 1 some row is not as it should be.
    """
    written = document(file)
    assert written is not None
    folder = written.path.parent / "principles" if written.path else None
    rows = [_shown(principle, engine, folder) for principle in load_principles()]
    written.write(principles_text(rows))
    right = all(r.holds.verdict.passes and r.broken.verdict is Verdict.VIOLATED for r in rows)
    ctx.exit(Status.GOOD if right else Status.BAD)


def _shown(principle: Principle, engine: str, folder: Path | None) -> Shown:
    holds, _, _ = _decided(principle.holds, engine)
    broken, program, selection = _decided(principle.broken, engine)
    variant = selection.entry.variant(principle.broken.variant) if selection.entry else None
    picture = _picture(principle, broken, program, folder) if folder else None
    return Shown(principle, holds, broken, variant.summary if variant else "", picture)


def _decided(cited: Cited, engine: str) -> tuple[Result, Program, Selection]:
    selection = select(cited.target, cited.variant)
    program = compiled(selection)
    wanted = tuple(p for p in properties(program) if p.name == cited.property)
    with ProgressLine() as line:
        outcome = decide(make(engine, Wishes()).engine, program, wanted, Limits(), line.tick)
    return outcome.results[0], program, selection


def _picture(principle: Principle, result: Result, program: Program, folder: Path) -> str | None:
    """The path of the drawing, seen from the document; None where there is nothing to draw, or no ``dot``."""
    if result.kind == "lock-order":
        drawn = lock_order(analyse(program))
    elif result.trace is not None and len(result.trace.steps) <= MOST_DRAWN:
        drawn = counterexample(result.trace)
    else:
        return None
    folder.mkdir(exist_ok=True)
    rendered = render(drawn, folder / f"{principle.id}.svg")
    rendered.source.unlink(missing_ok=True)
    return f"{folder.name}/{principle.id}.svg" if rendered.picture else None
