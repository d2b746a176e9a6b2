# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The command line's own types, as functions from what was written: assignments, amounts of memory and of time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..reductions import REDUCTIONS
from ..registry import ENGINES

F = TypeVar("F", bound=Callable[..., Any])

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)", re.IGNORECASE)


def assignment(text: str) -> tuple[str, str]:
    """``name=value``."""
    name, equals, right = text.partition("=")
    if not equals or not name.strip() or not right.strip():
        raise click.BadParameter(f'"{text}" is not of the form NAME=VALUE')
    return name.strip(), right.strip()


def size_assignment(text: str) -> tuple[str, int]:
    """``name=n``, n an integer."""
    name, right = assignment(text)
    try:
        return name, int(right)
    except ValueError:
        raise click.BadParameter(f'"{right}" is not an integer, and the size "{name}" needs one') from None


def memory(text: str) -> int:
    """Bytes; k, M, G, T are powers of 1024: ``512M``, ``4G``."""
    match = _MEMORY.fullmatch(text.strip())
    if not match or float(match[1]) == 0:
        raise click.BadParameter(f'"{text}" is no amount of memory; write for example 512M or 4G')
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def duration(text: str) -> float:
    """Seconds: ``90``, ``10m``, ``1.5h``."""
    match = _TIME.fullmatch(text.strip())
    if not match or float(match[1]) == 0:
        raise click.BadParameter(f'"{text}" is no time; write for example 90, 10m or 1.5h')
    return float(match[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[match[2].lower()]


def reduction(text: str) -> frozenset[str]:
    """Names of reductions, with commas between."""
    names = frozenset(part.strip() for part in text.split(","))
    unknown = next((name for name in sorted(names) if name not in REDUCTIONS), None)
    if unknown is not None:
        raise click.BadParameter(f'"{unknown}" is no reduction; there are {" and ".join(REDUCTIONS)}')
    return names


def reduction_options(function: F) -> F:
    """Which reductions to use, if any."""
    shared = (
        click.option("--compare-reduction", "compare", is_flag=True, help="Tell how many states there are without it."),
        click.option("--no-reduction", "every_state", is_flag=True, help="Explore every state."),
        click.option(
            "--reduction",
            "reductions",
            type=reduction,
            metavar="NAMES",
            help=f"Leave out states that tell nothing new: {', '.join(REDUCTIONS)}. By default symmetry alone,"
            " which keeps counterexamples shortest.",
        ),
    )
    for decorate in shared:
        function = decorate(function)
    return function


def engine_option(function: F) -> F:
    """How to decide, with the registry's word on each engine."""
    summary = "; ".join(f"{name}: {entry.summary}" for name, entry in ENGINES.items())
    choice = click.Choice(list(ENGINES))
    return click.option("--engine", type=choice, default="auto", show_default=True, help=summary + ".")(function)


def program_options(function: F) -> F:
    """TARGET and what selects one program of it."""
    repeated: dict[str, Any] = {"multiple": True, "metavar": "NAME=VALUE"}
    shared = (
        click.option("--size", "sizes", type=size_assignment, help="How many, as in cpu_threads=3.", **repeated),
        click.option("--set", "options", type=assignment, help="An option of the protocol.", **repeated),
        click.option("--variant", metavar="NAME", help="A variant of the catalogue."),
        click.argument("target"),
    )
    for decorate in shared:
        function = decorate(function)
    return function
