# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Hash compaction: a table of 64-bit fingerprints in the place of states, and what that leaves uncertain.

Two states with one fingerprint are taken for one, and what only the second leads to is not explored. So "holds" is said
under the assumption that this did not happen, with its probability. A violation is replayed and needs no assumption.

States are not kept; a run to one is found again from the fingerprints on its way, by the reference interpreter.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ...model.evaluate import State
from ...model.run import Schedule
from ...model.semantics import Semantics, Violation
from ...specs.verdict import Result, Verdict
from .library import Found, Search

BITS = 64
FLAGS = ("-DFINGERPRINT=1",)
NOT_DECIDED = "not decided: with --fingerprint the states are not kept, and this is about what lies ahead of each"
ONE_WORD = "a state of this program is no longer than a fingerprint: --fingerprint changes nothing, the search is exact"


def by_chance(states: int) -> float:
    """The probability that of so many different states some two have one fingerprint, if these were random numbers."""
    return min(1.0, states * (states - 1) / 2 ** (BITS + 1))


def by_distance(closest: int) -> float | None:
    """The same, estimated from the least distance between fingerprints that were seen: of n random ones some two come
    as close as d with a probability of about n * n * d / 2 ** BITS, so that 1 / d stands for n * n / 2 ** BITS. If the
    hash is worse than random, neighbours come closer. None where there are no two."""
    return min(1.0, 1 / closest) if closest else None


def assumption(search: Search) -> str:
    calculated = by_chance(search.count().states)
    seen = by_distance(search.library.svm_closest(search.handle))
    estimate = "" if seen is None else f", {seen:.1e} by the closest two of them"
    return f"no two states have one fingerprint (probability that some do: {calculated:.1e} by their number{estimate})"


def qualified(result: Result, condition: str) -> Result:
    """A result that depends on every state having been seen says so."""
    shown = result.kind == "cover" and result.verdict is Verdict.HOLDS
    if shown or result.verdict in (Verdict.VIOLATED, Verdict.TRUNCATED):
        return result
    return replace(result, assumptions=(*result.assumptions, condition))


def run_by_prints(semantics: Semantics, search: Search, found: Found, name: str) -> Schedule:
    """A run that shows a violation of the property with this name."""
    prints = [search.library.svm_print(search.handle, number) for number in search.ancestry(found.state)]
    initial = next(k for k, state in enumerate(semantics.initial) if search.print_of(state) == prints[0])
    state = semantics.initial[initial]
    steps: list[tuple[int, int]] = []
    for _, wanted in pairwise(prints):
        who, edge, state = _step(semantics, search, state, wanted)
        steps.append((who, edge))
    if found.move is not None:
        steps.append(_violating(semantics, state, name))
    return Schedule(initial, tuple(steps))


def _step(semantics: Semantics, search: Search, state: State, wanted: int) -> tuple[int, int, State]:
    """The first step to a state with this fingerprint."""
    for who, edge, target in semantics.successors(state):
        if not isinstance(target, Violation) and search.print_of(target) == wanted:
            return who, edge, target
    raise AssertionError("no step to a state of this fingerprint")


def _violating(semantics: Semantics, state: State, name: str) -> tuple[int, int]:
    return next(
        (who, edge)
        for who, edge, target in semantics.successors(state)
        if isinstance(target, Violation) and target.check.property == name
    )
