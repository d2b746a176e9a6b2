# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck explain``: an error code with a wrong and a right example."""

from __future__ import annotations

import textwrap

import click

from ...model.lang.codes import CODES, CodeInfo
from ...specs.suggest import suggest
from .problems import Problem


@click.command(name="explain")
@click.argument("code")
def command(code: str) -> None:
    """Say what an error CODE means, such as SVM204; `all` lists the codes."""
    if code == "all":
        for name, info in sorted(CODES.items()):
            click.echo(f"{name}  {info.headline}")
        return
    name = code.strip().strip("[]").upper()
    name = f"SVM{name}" if name.isdigit() else name
    if name not in CODES:
        raise Problem(f'there is no error code "{code}"', f"{suggest(name, sorted(CODES), 'codes')}")
    info = CODES[name]
    click.echo(f"{name}: {info.headline}\n\n{textwrap.fill(info.explanation, 100)}")
    for title, example in (("wrong", _wrong(info)), ("right", info.right)):
        shown = example.encode("utf-8", "replace").decode()  # one example is about a byte that is no UTF-8
        click.echo(f"\n{title}:\n\n{textwrap.indent(shown.strip(), '    ')}")


def _wrong(info: CodeInfo) -> str:
    """The wrong file; where the request is to blame, after the command that is."""
    if not info.request:
        return info.wrong
    file = "" if ".py" in info.request else "example.py "
    return f"$ svmcheck check {file}{info.request}\n\n{info.wrong}"
