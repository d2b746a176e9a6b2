# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Verdicts: one enum with an order and one meaning each, and the result of one property."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..model.trace import Trace


class Verdict(Enum):
    """From best to worst for a gate. Only HOLDS and PROVED are a pass."""

    PROVED = "PROVED"  # for every size or depth, with an invariant as certificate
    HOLDS = "HOLDS"  # exhaustively, for these sizes and under the named assumptions
    BOUNDED = "BOUNDED"  # no violation within a stated number of steps
    SAMPLED = "SAMPLED"  # no violation in a stated number of runs
    TRUNCATED = "TRUNCATED"  # a limit, or another violation, ended the search first
    VACUOUS = "VACUOUS"  # the property never had a chance to fail
    VIOLATED = "VIOLATED"  # with a trace that the reference interpreter replayed

    @property
    def passes(self) -> bool:
        return self in (Verdict.PROVED, Verdict.HOLDS)


class Grade(Enum):
    """How bad a livelock is."""

    ADVERSARIAL = "adversarial"  # a fair cycle without progress, from each state of which progress stays reachable
    INEVITABLE = "inevitable"  # some reachable state owes progress that can no longer happen


@dataclass(frozen=True, slots=True)
class Result:
    """What one engine found about one property.

    ``depth``: edges of the longest shortest path explored (for a violation: of its own run up to the failing step).
    ``assumptions``: what the verdict depends on, one sentence each. ``message``: what failed, in one sentence.
    ``seconds``: of the whole search that decided it. States and transitions of that search.
    """

    property: str
    kind: str
    verdict: Verdict
    engine: str
    states: int
    transitions: int
    depth: int
    seconds: float
    grade: Grade | None = None
    assumptions: tuple[str, ...] = ()
    message: str = ""
    trace: Trace | None = None
