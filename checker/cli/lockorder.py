# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck lockorder``: which locks are taken while which are held, and where that goes round."""

from __future__ import annotations

import click

from ...model.ir.program import Program
from ...model.lock_graph import LockGraph
from ..engine import Limits
from ..lockorder.analyse import analyse
from ..registry import Wishes, make
from ..selection import select
from .console import console
from .output import Document, document
from .parameters import engine_option, program_options
from .problems import Problem, Status, compiled, notice


@click.command(name="lockorder")
@program_options
@click.option("--reachable", is_flag=True, help="Search first; code that no run reaches makes no order.")
@engine_option
@click.option("--svg", metavar="FILE", help="Draw the graph as a picture; FILE may also end in .pdf or .png.")
@click.option("--dot", metavar="FILE", help="Draw the graph: the source for graphviz.")
@click.option("--json", "json_name", metavar="FILE", help="Write the graph as JSON; - is standard output, alone.")
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    variant: str | None,
    options: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    reachable: bool,
    engine: str,
    svg: str | None,
    dot: str | None,
    json_name: str | None,
) -> None:
    """Show the order in which the actors of TARGET take locks, and every cycle with its paths.

    Locks are told apart by class, as lockdep does it; work items, fences and other code that is waited for count as
    locks. Exit status: 0 no cycle, 1 a cycle, 2 bad input, 3 no cycle, but the search was cut short.
    """
    json, sources, pictures = document(json_name), document(dot), document(svg)
    if pictures is not None and pictures.path is None:
        raise Problem("a drawing needs a file", "write: --svg FILE; --dot - writes the graph to standard output")
    selection = select(target, variant, dict(options), dict(sizes))
    program = compiled(selection)
    graph, complete = _searched(program, engine) if reachable else (analyse(program), True)
    if not any(d is not None and d.is_standard_output for d in (json, sources)):
        _print(graph)
    if json is not None:
        from ...reports.json_lockorder import lockorder_text

        json.write(lockorder_text(target, graph))
    _draw(graph, sources, pictures)
    ctx.exit(Status.BAD if graph.cycles else Status.GOOD if complete else Status.UNDECIDED)


def _searched(program: Program, engine: str) -> tuple[LockGraph, bool]:
    """The graph of what a search reaches, and whether it came to its end."""
    from ..decide import REACHED, REACHED_SO_FAR
    from .progress import ProgressLine

    ready = make(engine, Wishes())
    with ProgressLine() as line:
        outcome = ready.engine.decide(program, (), Limits(), line.tick)
    for text in (*ready.notices, *outcome.notes):
        notice(text)
    complete = outcome.coverage.complete
    return analyse(program, outcome.coverage.edges, REACHED if complete else REACHED_SO_FAR), complete


def _print(graph: LockGraph) -> None:
    from ...reports.lockorder import lines
    from ...reports.text import rich_text

    console().print(rich_text(lines(graph)), soft_wrap=True)


def _draw(graph: LockGraph, sources: Document | None, pictures: Document | None) -> None:
    if sources is None and pictures is None:
        return
    from ...reports.graph.lockorder import lock_order
    from ...reports.graph.render import render

    drawn = lock_order(graph)
    if sources is not None:
        sources.write(drawn)
    if pictures is not None and pictures.path is not None:
        rendered = render(drawn, pictures.path)
        notice(rendered.message or f"wrote {rendered.picture}")
