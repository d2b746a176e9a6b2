# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All properties of a program by one engine: what a search decides, and lock order, which only needs its coverage."""

from __future__ import annotations

from dataclasses import replace

from ..model.ir.program import Program
from ..model.ir.properties import Property
from ..model.lock_graph import LockGraph
from ..reports.lockorder import sentence
from ..specs.verdict import Result, Verdict
from .engine import Coverage, Engine, Limits, Outcome, Progress
from .kept import kept
from .lockorder.analyse import analyse

REACHED = "code that the search reached"
REACHED_SO_FAR = "code that the search had reached when it ended"


def decide(
    engine: Engine, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress
) -> Outcome:
    """As ``Engine.decide``, for every kind of property.

    If only lock order is asked for, and no code of the program is against it, there is no search.
    """
    searched = tuple(p for p in properties if p.kind != "lock-order")
    if searched == properties:
        return engine.decide(program, properties, limits, progress)
    possible = kept(LockGraph, program, "", ("checker/lockorder",), lambda: analyse(program))
    if not searched and not possible.cycles:
        outcome = Outcome((), Coverage((), (), complete=False), 0, 0, 0, 0.0)
    else:
        outcome = engine.decide(program, searched, limits, progress)
    found = {r.property: r for r in outcome.results}
    name = outcome.results[0].engine if outcome.results else engine.name
    results = tuple(found.get(p.name) or _lock_order(p, program, possible, name, outcome) for p in properties)
    return replace(outcome, results=results)


def _lock_order(claim: Property, program: Program, possible: LockGraph, engine: str, outcome: Outcome) -> Result:
    verdict, message, assumptions = _judge(program, possible, outcome.coverage)
    return Result(
        claim.name,
        claim.kind,
        verdict,
        engine,
        outcome.states,
        outcome.transitions,
        outcome.depth,
        outcome.seconds,
        assumptions=assumptions,
        message=message,
    )


def _judge(program: Program, possible: LockGraph, coverage: Coverage) -> tuple[Verdict, str, tuple[str, ...]]:
    """Every run keeps to the automata, so that their order is enough. Where it is not, a cycle counts if the search
    got to its code; whether the paths of a cycle can meet in one run is not asked."""
    if not possible.cycles:
        ordered = possible.orders or any(lock.family for lock in possible.locks)
        return Verdict.HOLDS, "" if ordered else "no lock is asked for while another is held", ()
    basis = REACHED if coverage.complete else REACHED_SO_FAR
    reached = analyse(program, coverage.edges, basis)
    if reached.cycles:
        how = f"by lock class, in {basis}; whether the paths of a cycle can meet in one run is not asked"
        return Verdict.VIOLATED, sentence(reached), (how,)
    if coverage.complete:
        return Verdict.HOLDS, "", (f"only {basis} makes an order of locks; other code goes {possible.cycles[0].text}",)
    return Verdict.TRUNCATED, f"not decided: code that was not reached goes {possible.cycles[0].text}", ()
