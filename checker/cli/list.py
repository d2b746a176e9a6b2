# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck list``: what there is to check. Imports no engine and no rich; it is what people type first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...specs.catalogue.entry import EVERY, Target
from ...specs.catalogue.load import load_shipped
from ..selection import find_world, load

if TYPE_CHECKING:
    from ...model.lang.load import WorldInfo

SCHEMA = "svmcheck/list/1"


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
def command(as_json: bool) -> None:
    """Show the targets of the catalogue with their variants, sizes, options and properties."""
    found = [(target, find_world(load(target.protocol), target.world)) for target in load_shipped().targets]
    if as_json:
        import json

        click.echo(json.dumps({"schema": SCHEMA, "targets": [_json(t, w) for t, w in found]}, indent=2))
        return
    click.echo("\n\n".join(_text(t, w) for t, w in found) or "The catalogue is empty.")


def _json(target: Target, world: WorldInfo) -> dict[str, object]:
    return {
        "name": target.name,
        "summary": target.summary,
        "protocol": str(target.protocol),
        "world": world.name,
        "variants": [
            {
                "name": v.name,
                "summary": v.summary,
                "options": dict(v.options),
                "sizes": dict(v.sizes),
                "source": v.source,
            }
            for v in target.variants
        ],
        "sizes": {n: {"default": s.default, "least": s.least, "most": s.most} for n, s in world.sizes.items()},
        "options": {name: {"choices": list(o.choices), "default": o.default} for name, o in world.options.items()},
        "properties": _properties(target, world),
    }


def _properties(target: Target, world: WorldInfo) -> list[str]:
    """What the author wrote, then what the catalogue speaks of besides: goals are only known once a program is made."""
    named = (name for e in target.expectations for name in e.properties if name != EVERY)
    return list(dict.fromkeys((*world.properties, *named)))


def _text(target: Target, world: WorldInfo) -> str:
    lines = [f"{target.name}  {target.summary}"]
    width = max((len(v.name) for v in target.variants), default=0)
    lines += [f"  {v.name:<{width}}  {v.summary}" for v in target.variants]
    sizes = ", ".join(f"{name} {size.default} ({size.least} to {size.most})" for name, size in world.sizes.items())
    options = ", ".join(f"{name} {o.default} ({'|'.join(o.choices)})" for name, o in world.options.items())
    for title, text in (("sizes", sizes), ("options", options), ("properties", ", ".join(_properties(target, world)))):
        if text:
            lines += [f"  {title}:", *_wrapped(text)]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 100, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
