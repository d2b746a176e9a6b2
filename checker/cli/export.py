# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck export``: the program for another checker, so that a verdict can be had from an independent tool."""

from __future__ import annotations

import re

import click

from ...reports.export.claims import CannotExport
from ...reports.export.formats import FORMATS, export
from ..selection import select
from .output import Document, document
from .parameters import program_options
from .problems import Problem, compiled, notice

LANGUAGES = ", ".join(f"{name} for {form.summary}" for name, form in FORMATS.items())


@click.command(name="export")
@program_options
@click.option("--to", "to", type=click.Choice(list(FORMATS)), required=True, help=f"The language: {LANGUAGES}.")
@click.option("-o", "--output", "output", metavar="FILE", default="-", help="Where to; - is standard output.")
@click.option("--property", "wanted", metavar="NAME", help="Only this property; else all the language states at once.")
def command(
    target: str,
    variant: str | None,
    options: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    to: str,
    output: str,
    wanted: str | None,
) -> None:
    """Write TARGET in the language of another checker. How to run it stands at the top of the file."""
    place = document(output) or Document(None)
    selection = select(target, variant, dict(options), dict(sizes))
    program = compiled(selection)
    name = re.sub(r"[^A-Za-z0-9_]", "_", place.path.stem) if place.path else "Model"
    try:
        exported = export(program, to, wanted, name)
    except CannotExport as problem:
        raise Problem(problem.what, problem.advice, target) from problem
    place.write(exported.text)
    if exported.beside is not None:
        suffix, text = exported.beside
        if place.path is None:
            notice(f"with -o FILE the {suffix} file that belongs to it is written too")
        else:
            Document(place.path.with_suffix(suffix)).write(text)
