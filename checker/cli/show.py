# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck show``: the compiled form of a protocol beside its source, compared with another variant, or drawn."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import click

from ...model.ir.printer import Scope, edge_lines, edge_text, program_text
from ...model.ir.program import Process, Program
from ...reports.source import Sources, place, shown_frame
from ..selection import select
from .output import Document, document
from .parameters import program_options
from .problems import Problem, compiled, notice

STEP_WIDTH = 300  # characters of a step beside the source; a step of a dma_resv may have thousands
CUT = "..."
SOURCE_WIDTH = 58  # columns for the source; what is longer is cut, and its line number is beside it


@click.command(name="show")
@program_options
@click.option("--diff", metavar="VARIANT", help="What another variant of TARGET changes.")
@click.option("--ir", is_flag=True, help="The whole program as text: variables, automata, properties.")
@click.option("--dot", metavar="FILE", help="Draw the automata: the graph for graphviz.")
@click.option("--svg", metavar="FILE", help="Draw the automata as a picture; FILE may also end in .pdf or .png.")
def command(
    target: str,
    variant: str | None,
    options: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    diff: str | None,
    ir: bool,
    dot: str | None,
    svg: str | None,
) -> None:
    """Show the steps of TARGET beside the source lines they come from."""
    sources, pictures = document(dot), document(svg)
    if pictures is not None and pictures.path is None:
        raise Problem("a drawing needs a file", "write: --svg FILE; --dot - writes the graph to standard output")
    selection = select(target, variant, dict(options), dict(sizes))
    program = compiled(selection)
    if diff is not None:
        _differences(program, compiled(selection.with_variant(diff)), variant or "as asked for", diff)
    elif sources is not None or pictures is not None:
        _draw(program, sources, pictures)
    elif ir:
        click.echo(program_text(program), nl=False)
    else:
        text = "\n\n".join("\n".join(_beside(process, program)) for process in program.processes)
        click.echo(text)
        if any(line.endswith(CUT) for line in text.splitlines()):
            notice(f"steps that end in {CUT} are longer: --ir has them whole")


def _beside(process: Process, program: Program) -> Iterator[str]:
    """Source line and step on one row, in the order of the automaton; a repeated source line is left out."""
    sources, previous = Sources(), ""
    yield f"process {process.name} x {process.count}"
    for edge in sorted(process.edges, key=lambda e: e.source):
        frame = shown_frame(edge.frames)
        where = f"{frame.line:5d}  {sources.line(frame).rstrip()}" if frame else ""
        left = "" if where == previous else where[:SOURCE_WIDTH]
        previous = where
        step = f"{edge.source:3d} -> {edge.target:3d}  {edge_text(edge, program, process)}"
        if len(step) > STEP_WIDTH:
            step = step[: STEP_WIDTH - len(CUT)] + CUT
        yield f"{left:<{SOURCE_WIDTH}} | {step}".rstrip()


def _differences(one: Program, other: Program, first: str, second: str) -> None:
    """The steps that only one of two programs has. Locations are numbered by both anew, and are left out."""
    changed = False
    others = {p.name: p for p in other.processes}
    for process in one.processes:
        lines = list(difflib.unified_diff(
            _steps(process, one), _steps(others[process.name], other) if process.name in others else [],
            f"{process.name} ({first})", f"{process.name} ({second})", lineterm="", n=1,
        ))  # fmt: skip
        changed = changed or bool(lines)
        for line in lines:
            click.echo(line)
    for name in (n for n in others if n not in {p.name for p in one.processes}):
        changed = True
        click.echo(f"+ process {name}: only in {second}")
    if not changed:
        click.echo(f"The two are the same: no process has a step that differs between {first} and {second}.")


def _steps(process: Process, program: Program) -> list[str]:
    edges = sorted(process.edges, key=lambda e: (e.source, e.target))
    scope = Scope(program, process)
    return [f"{place(e.frames)}  {e.label}: {'; '.join(edge_lines(e, scope))}" for e in edges]


def _draw(program: Program, sources: Document | None, pictures: Document | None) -> None:
    """One drawing for each process; with several, their names are put behind the file's."""
    from ...reports.graph.automaton import automata
    from ...reports.graph.render import render

    drawn = automata(program)
    if sources is not None and sources.path is None:
        click.echo("".join(drawn.values()), nl=False)
    for name, graph in drawn.items():
        if sources is not None and sources.path is not None:
            path = _named(sources.path, name, len(drawn))
            Document(path).write(graph)
            notice(f"wrote {path}")
        if pictures is not None and pictures.path is not None:
            rendered = render(graph, _named(pictures.path, name, len(drawn)))
            notice(rendered.message or f"wrote {rendered.picture}")


def _named(path: Path, process: str, count: int) -> Path:
    return path if count == 1 else path.with_name(f"{path.stem}-{process}{path.suffix}")
