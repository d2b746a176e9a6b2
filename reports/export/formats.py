# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The languages a program can be exported to, by name. A new one is one more line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...model.ir.program import Program
from .claims import Claims, everything, only, safety
from .murphi import murphi
from .promela import promela
from .tla import tla, tla_config


@dataclass(frozen=True)
class Exported:
    """The text, and a second file that belongs beside it: how its name ends, and its text."""

    text: str
    beside: tuple[str, str] | None = None


@dataclass(frozen=True)
class Format:
    """``default``: what is claimed when no property is named. ``write``: program, claims and a name for the model."""

    summary: str
    default: Callable[[Program], Claims]
    write: Callable[[Program, Claims, str], Exported]


def export(program: Program, to: str, wanted: str | None = None, name: str = "Model") -> Exported:
    """The program with one property, or without ``wanted`` all that the language can state at once.

    ``name``: of the TLA+ module. Raises CannotExport.
    """
    form = FORMATS[to]
    claims = form.default(program) if wanted is None else only(program, wanted)
    return form.write(program, claims, name)


FORMATS: Mapping[str, Format] = {
    "promela": Format("SPIN", safety, lambda program, claims, _: Exported(promela(program, claims))),
    "murphi": Format("Rumur", safety, lambda program, claims, _: Exported(murphi(program, claims))),
    "tla": Format(
        "TLC",
        everything,
        lambda program, claims, name: Exported(tla(program, claims, name), (".cfg", tla_config(program, claims))),
    ),
}
