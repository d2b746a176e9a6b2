# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the search that drives a counterexample decides, and where it stands when it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .path import Place


class Reading(Enum):
    """Which places on the path a step of the kernel may have led to; the first is the fastest, the last the finest."""

    EXACT = 0  # actors move in the order of the path
    ENDS = 1  # in an order of their own: as little, or as much, of what looks alike
    SWITCHES = 2  # or up to where the path goes on with another actor


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of the world between two steps, where on the path it may be, and how many decisions led to it."""

    digest: bytes
    at: frozenset[Place]
    decisions: int


@dataclass(slots=True)
class Choice:
    """A decision of the search: what is tried now, and what after that.

    ``left``: how many deviations may follow. ``costs``: those that an alternative takes, -1 for one that goes on where
    the task before has deviated already, which is ``astray``. ``moment``: before the decision; None where it is one of
    the environment within a step.
    """

    alternatives: list[int]
    left: int
    astray: int
    moment: Moment | None = None
    costs: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def now(self) -> int:
        return self.alternatives[0]

    def after(self) -> tuple[int, int]:
        """Deviations left after this decision, and who deviates."""
        cost = self.costs.get(self.now, 0)
        astray = self.astray if self.moment is None else self.now if cost else 0
        return self.left - max(cost, 0), astray
