# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The command line's own types: assignments, amounts of memory and time. And options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", re.IGNORECASE)


class Assignment(click.ParamType):
    """``name=value``, as a pair of strings."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value  # click converts defaults a second time
        name, equals, right = str(value).partition("=")
        if not equals or not name.strip() or not right.strip():
            self.fail(f'"{value}" is not of the form NAME=VALUE', param, ctx)
        return name.strip(), right.strip()


class SizeAssignment(Assignment):
    """``name=n``, n an integer."""

    name = "NAME=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name, right = super().convert(value, param, ctx)
        try:
            return name, int(right)
        except ValueError:
            self.fail(f'"{right}" is not an integer, and the size "{name}" needs one', param, ctx)


class Memory(click.ParamType):
    """An amount of memory in bytes: ``512M``, ``4G``; k, M, G, T are powers of 1024."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _MEMORY.fullmatch(str(value).strip())
        if not match or float(match[1]) == 0:
            self.fail(f'"{value}" is no amount of memory; write for example 512M or 4G', param, ctx)
        return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


class Duration(click.ParamType):
    """A time in seconds: ``90``, ``10m``, ``1.5h``."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _TIME.fullmatch(str(value).strip())
        if not match or float(match[1]) == 0:
            self.fail(f'"{value}" is no time; write for example 90, 10m or 1.5h', param, ctx)
        return float(match[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[match[2].lower()]


def program_options(function: F) -> F:
    """TARGET and what selects one program of it."""
    shared = (
        click.option("--size", "sizes", type=SizeAssignment(), multiple=True, help="How many; repeatable."),
        click.option("--set", "options", type=Assignment(), multiple=True, help="An option; repeatable."),
        click.option("--variant", metavar="NAME", help="A variant of the catalogue."),
        click.argument("target"),
    )
    for decorate in shared:
        function = decorate(function)
    return function
