# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""CPU slots: actors that share one CPU without preemption, as guards and updates of their edges.

An actor that is not preemptible keeps the CPU from its first step until it sleeps (blocks in a wait that does not
spin), calls ``resched()``, rests or ends. A preemptible one needs the CPU free for a step and never keeps it.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.build import both, compare, either, negate
from ..ir.expr import FALSE, TRUE, Const, Expr, Load
from ..ir.program import Edge, Fairness, Update
from ..ir.types import PidType
from .fuse import Automaton


def on_slot(automaton: Automaton, owner: str, me: Expr, pids: PidType, preemptible: bool, strong: bool) -> Automaton:
    """``owner``: the variable that says who is on the CPU; ``strong``: waiters for it get it eventually."""
    holder = Load(owner, (), pids)
    free = compare("==", holder, Const(0, pids))
    usable = free if preemptible else either(free, compare("==", holder, me))
    edges = tuple(
        _bound(automaton, i, e, owner, usable, me, pids, preemptible, strong) for i, e in enumerate(automaton.edges)
    )
    sleeping = () if preemptible else _sleep_edges(automaton, owner, holder, me, pids)
    return replace(automaton, edges=(*edges, *sleeping))


def _bound(
    automaton: Automaton,
    position: int,
    edge: Edge,
    owner: str,
    usable: Expr,
    me: Expr,
    pids: PidType,
    preemptible: bool,
    strong: bool,
) -> Edge:
    target = automaton.locations[edge.target]
    gives_up = preemptible or position in automaton.resched or target.ends or target.rests
    update = () if preemptible else (Update(owner, (), Const(0, pids) if gives_up else me),)
    fairness = edge.fairness
    if strong and fairness is None:
        fairness = Fairness("handover", owner.rpartition(".")[0], f"{edge.source}:{owner}")
    checks = tuple(replace(c, when=both(usable, c.when)) for c in edge.checks)
    return replace(
        edge, guard=both(usable, edge.guard), checks=checks, updates=(*edge.updates, *update), fairness=fairness
    )


def _sleep_edges(automaton: Automaton, owner: str, holder: Expr, me: Expr, pids: PidType) -> tuple[Edge, ...]:
    """Blocked in a sleeping wait while on the CPU: give it up."""
    result: list[Edge] = []
    for number in sorted(automaton.sleeps):
        ready: Expr = FALSE
        for edge in automaton.edges:
            if edge.source == number:
                ready = either(ready, edge.guard)
        guard = both(compare("==", holder, me), negate(ready))
        place = automaton.locations[number]
        if guard not in (FALSE, TRUE):
            result.append(
                Edge(
                    number,
                    number,
                    "sleep: schedule()",
                    place.frames,
                    guard,
                    updates=(Update(owner, (), Const(0, pids)),),
                )
            )
    return tuple(result)
