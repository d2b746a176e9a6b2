# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which locks are held for certain at each point of an actor: on every path that leads there.

A lock is its path here; which of several locks of one path is held (page A's or page B's) is not told apart.
"""

from __future__ import annotations

from ...ir.program import LockEvent
from ..graph import RawEdge, RawGraph
from ..lower import locks
from ..lower.state import Lowerer


def owned_locks(low: Lowerer) -> frozenset[str]:
    """The paths of the locks that know their holder; others (pseudo-locks) protect nothing."""
    return frozenset(lock.path for lock in locks.locks(low) if locks.method(low, lock, "held_by") is not None)


def held_at(graph: RawGraph, known: frozenset[str]) -> dict[int, frozenset[str]]:
    """Node -> the locks held there for certain. Nodes that cannot be reached are left out."""
    held: dict[int, frozenset[str]] = {0: frozenset()}
    work = [0]
    while work:
        node = work.pop()
        for edge in graph.nodes[node].edges:
            after = _after(held[node], edge, known)
            before = held.get(edge.target)
            merged = after if before is None else before & after
            if merged != before:
                held[edge.target] = merged
                work.append(edge.target)
    return held


def _after(held: frozenset[str], edge: RawEdge, known: frozenset[str]) -> frozenset[str]:
    for op in edge.ops:
        if isinstance(op, LockEvent) and op.lock in known:
            held = held | {op.lock} if op.action == "acquire" else held - {op.lock}
    return held
