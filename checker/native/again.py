# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A second search, up to symmetry, where the first one had to see every state and came to a limit.

Partial deadlock and progress are not kept by symmetry reduction, and are asked of every program. What else was asked
need not be left undecided because of them: it is searched for again, alone and reduced, with the limits that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...model.ir.program import Program
from ...model.ir.properties import Property
from ...specs.verdict import Verdict
from ..engine import INTERRUPTED, Limits, Outcome
from ..verdicts import needs_graph
from .reductions import plan

Decide = Callable[[tuple[Property, ...], Limits], Outcome]


def reduced_where_stopped(
    program: Program, properties: tuple[Property, ...], limits: Limits, first: Outcome, decide: Decide
) -> Outcome:
    """``first`` is the outcome for all the properties; ``decide`` searches for some of them."""
    asked = dict(zip((p.name for p in properties), first.results, strict=True))
    kept = tuple(p for p in properties if not needs_graph(p))
    open_ones = [p for p in kept if asked[p.name].verdict is Verdict.TRUNCATED and p.kind != "lock-order"]
    if first.coverage.complete or not open_ones or len(kept) == len(properties):
        return first
    if any(result.message == INTERRUPTED for result in first.results) or plan(program, kept, None).spaces is None:
        return first
    without = next(p.name for p in properties if needs_graph(p))
    left = None if limits.seconds is None else limits.seconds - first.seconds
    if left is not None and left <= 0:
        told = f"states are not counted up to symmetry because {without} is asked for: --property NAME asks for others"
        return replace(first, notes=(*first.notes, told))
    second = decide(kept, replace(limits, seconds=left))
    found = {result.property: result for result in second.results}
    told = f"{without} and properties like it need every state, too many here ({first.states:,} seen); all others were"
    return replace(
        second,
        results=tuple(found.get(p.name, asked[p.name]) for p in properties),
        seconds=first.seconds + second.seconds,
        notes=(f"{told} decided by a second search", *second.notes),
    )
