# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The strategies by name: what each is for, and what it means when it ends without a violation.

Each is a module of ``strategies/``, imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import cast

from ..selection import BadRequest
from .strategy import Strategy


class Reach(Enum):
    """What a strategy has seen when nothing is left to try."""

    SOME = "some"  # as many runs as were asked for
    BOUNDED = "bounded"  # every run within a bound of its own
    SAFETY = "safety"  # for every run an equivalent one
    STATES = "states"  # every state: progress too


@dataclass(frozen=True, slots=True)
class Entry:
    """``fair``: every task that can go on soon does, however long the run is: waits have exponentially small tails.

    ``pos`` is not: who drew a priority of 1/1000 waits a thousand steps for a task that spins; nor is ``fair-pct``
    before it falls back to the random walk, which may be late.
    """

    module: str
    made_by: str
    reach: Reach
    fair: bool
    summary: str


STRATEGIES = {
    "states": Entry("states", "States", Reach.STATES, False, "every reachable state; decides progress too"),
    "dpor": Entry("dpor", "Dpor", Reach.SAFETY, False, "every run up to the order of independent steps"),
    "delay": Entry("delay", "DelayBound", Reach.BOUNDED, False, "every run with few departures from round robin"),
    "random": Entry("random", "RandomWalk", Reach.SOME, True, "a random walk"),
    "pos": Entry("pos", "Pos", Reach.SOME, False, "partial-order sampling: random priorities, anew for what races"),
    "pct": Entry("pct", "Pct", Reach.SOME, False, "random priorities with few changes"),
    "sticky": Entry("sticky", "Sticky", Reach.SOME, True, "a random walk that stays with a task for a while"),
    "fair-pct": Entry("fair_pct", "FairPct", Reach.SOME, False, "the same, fair after a prefix: for long runs"),
}

Maker = Callable[..., Strategy]


def names() -> tuple[str, ...]:
    return tuple(STRATEGIES)


def make(name: str, seed: int, runs: int, states: int | None = None) -> Strategy:
    """A strategy for one session. Only those that sample look at the seed and the number of runs."""
    entry = STRATEGIES[name]
    try:
        module = import_module(f".strategies.{entry.module}", __package__)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.endswith(entry.module):
            raise
        raise BadRequest(f'the strategy "{name}" is not part of this installation', "choose another") from None
    maker = cast("Maker", getattr(module, entry.made_by))
    if entry.reach is Reach.SOME:
        return maker(seed, runs)
    return maker(states) if entry.reach is Reach.STATES else maker()
