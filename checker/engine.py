# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The contract every engine keeps: a program, some properties and limits in; results and coverage out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..model.ir.program import Program
from ..model.ir.properties import Property
from ..specs.verdict import Result

INTERRUPTED = "interrupted"  # why a search ended that the user ended


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop early; None is no limit. Reaching one ends in TRUNCATED, never in a pass."""

    states: int | None = None
    seconds: float | None = None
    memory: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a search is kept, so that it can go on after its process was killed.

    ``resume``: go on with what is there. ``seconds``: at most so often, unless that takes too much of the time.
    """

    folder: Path
    resume: bool = False
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Tick:
    """What a running search tells about itself."""

    phase: str
    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    memory: int = 0  # bytes
    remark: str = ""  # what has to be told at once, in one sentence


Progress = Callable[[Tick], None]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What never happened in the states explored.

    ``edges``: (process class, edge number) of steps never taken; ``processes``: classes that never moved.
    ``complete`` is False when a limit ended the search, so that "never" means "not yet".
    """

    edges: tuple[tuple[str, int], ...]
    processes: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """All results of one search, in the order of the properties asked for."""

    results: tuple[Result, ...]
    coverage: Coverage
    states: int
    transitions: int
    depth: int
    seconds: float
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """Decides properties of a program. A violation is replayed by the reference interpreter before it is returned."""

    @property
    def name(self) -> str: ...

    def decide(
        self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress
    ) -> Outcome: ...
