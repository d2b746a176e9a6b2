# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a catalogue says, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..verdict import Grade, Result, Verdict

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a catalogue file something is said. ``line`` from 1, or None where it is nowhere in particular."""

    file: Path
    key: str
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        return f"{self.file}{line}: {self.key}" if self.key else f"{self.file}{line}"


@dataclass(frozen=True, slots=True)
class Variant:
    """A named choice of options of a protocol, and of the sizes that its scenario needs. ``source``: the commit or
    document sentence it stands for."""

    name: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    summary: str
    source: str
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one program of the catalogue must show: a variant, with ``options`` and ``sizes`` set over its own.

    ``properties``: names, or ``("*",)`` for every property of the program but ``excluded``.
    ``grade``: only with VIOLATED; None accepts any.
    """

    variant: str
    sizes: tuple[tuple[str, int], ...]
    options: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]
    excluded: tuple[str, ...]
    verdict: Verdict
    grade: Grade | None
    source: str
    place: Place

    def met_by(self, result: Result) -> bool:
        """A proof for every size is also a proof for these sizes; nothing else stands in for another verdict."""
        same = result.verdict is self.verdict or (self.verdict is Verdict.HOLDS and result.verdict is Verdict.PROVED)
        return same and (self.grade is None or self.grade is result.grade)

    @property
    def expected(self) -> str:
        """For tables and machine formats: ``HOLDS``, ``VIOLATED inevitable``."""
        return self.verdict.value if self.grade is None else f"{self.verdict.value} {self.grade.value}"


@dataclass(frozen=True, slots=True)
class Target:
    """A protocol file under a name. ``world``: which of the file's worlds, or None where it has one."""

    name: str
    protocol: Path
    world: str | None
    summary: str
    variants: tuple[Variant, ...]
    expectations: tuple[Expectation, ...]
    place: Place

    def variant(self, name: str) -> Variant | None:
        return next((v for v in self.variants if v.name == name), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    targets: tuple[Target, ...]

    def target(self, name: str) -> Target | None:
        return next((t for t in self.targets if t.name == name), None)


class CatalogueError(Exception):
    """A catalogue that cannot be used: where, what is wrong, what to do. ``others``: what else is wrong with it."""

    def __init__(self, place: Place, what: str, advice: str = "", others: tuple[CatalogueError, ...] = ()) -> None:
        super().__init__(f"{place}: {what}")
        self.place, self.what, self.advice, self.others = place, what, advice, others
        self.meant = self.missing = ""  # the key that an unknown one was meant to be; the key that is missing

    @property
    def all(self) -> tuple[CatalogueError, ...]:
        return (self, *(found for other in self.others for found in other.all))
