# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One line of a gate: what was expected of one property of one program, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..verdict import Result, Verdict
from .entry import Expectation
from .load import SHIPPED


class Standing(Enum):
    """MISSED: a verdict that contradicts the expectation. UNDECIDED: no verdict that could contradict it."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Row:
    """``protocol``: the file, with ``:World`` where the catalogue names one. ``options`` and ``sizes``: all that
    were set, by the variant and by the expectation."""

    target: str
    protocol: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    expectation: Expectation
    result: Result

    @property
    def standing(self) -> Standing:
        if self.expectation.met_by(self.result):
            return Standing.MET
        decided = self.result.verdict.passes or self.result.verdict is Verdict.VIOLATED
        return Standing.MISSED if decided else Standing.UNDECIDED

    @property
    def shipped(self) -> bool:
        """Whether the target is one of the package, known by name to every command."""
        return self.expectation.place.file.parent == SHIPPED

    @property
    def found(self) -> str:
        """The verdict with its grade, as ``Expectation.expected`` writes them."""
        grade = self.result.grade
        return self.result.verdict.value if grade is None else f"{self.result.verdict.value} {grade.value}"

    @property
    def reason(self) -> str:
        """Why a row is not met, in one sentence; empty where it is."""
        if self.standing is Standing.MET:
            return ""
        said = f": {self.result.message}" if self.result.message else ""
        return f"expected {self.expectation.expected}, found {self.found}{said}"
