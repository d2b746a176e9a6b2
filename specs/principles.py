# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The rules of the GPU SVM design and the catalogue rows that show them: specs/principles.toml as values."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent / "principles.toml"
_ROW = re.compile(r"(?P<target>\S+) (?P<variant>\S+): (?P<property>\S+)")


@dataclass(frozen=True, slots=True)
class Cited:
    """One row of the catalogue: a variant of a target and a property of it."""

    target: str
    variant: str
    property: str


@dataclass(frozen=True, slots=True)
class Principle:
    """``holds``: the row of the design; ``broken``: the row of a variant that breaks the rule."""

    id: str
    rule: str
    holds: Cited
    broken: Cited


def load_principles() -> tuple[Principle, ...]:
    """The shipped list. Its form is ours and covered by a test; ValueError names what is wrong with it."""
    values = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return tuple(
        Principle(p["id"], p["rule"], _cited(p["holds"]), _cited(p["broken"])) for p in values["principle"]
    )


def _cited(text: str) -> Cited:
    found = _ROW.fullmatch(text)
    if found is None:
        raise ValueError(f'{SHIPPED.name}: "{text}" is not "TARGET VARIANT: PROPERTY"')
    return Cited(found["target"], found["variant"], found["property"])
