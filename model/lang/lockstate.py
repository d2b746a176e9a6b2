# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What paths through the fine-grained graph do to locks.

A path knows the locals it has set to constants, so that what a trylock returned, or a flag that says which lock is
held, separates the paths that depend on it. Where too many combinations meet, only what they agree on is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from ..ir.build import loads, rebuild
from ..ir.expr import FALSE, Const, Expr, Load
from ..ir.program import LockEvent
from .graph import Assume, Op, RawEdge, RawGraph, Store

Lock = tuple[str, tuple[Expr, ...]]
Nets = dict[Lock, frozenset[int]]  # how often a lock was taken minus how often it was released; 0 where it is missing
MOST = 8  # combinations of constants that are told apart at one node
NONE = frozenset({0})
Values = tuple[tuple[str, Const], ...]
Effect = Callable[[Nets, Op], Nets]


@dataclass(frozen=True)
class Known:
    """The locals with a known value, and what was done to locks; one of several that may hold at a node."""

    values: Values
    nets: Nets

    def after(self, edge: RawEdge, is_local: Callable[[str], bool], effect: Effect) -> Known | None:
        """Along an edge; None if what is known rules it out."""
        values, nets = dict(self.values), self.nets
        for op in edge.ops:
            match op:
                case Assume(condition):
                    if values and _with(condition, values) == FALSE:
                        return None
                case Store(var, _, value) if is_local(var):
                    known = _with(value, values)
                    values.pop(var, None)
                    if isinstance(known, Const):
                        values[var] = known
                case _:
                    pass
            nets = effect(nets, op)
        return Known(tuple(sorted(values.items(), key=lambda item: item[0])), nets)


def _with(expr: Expr, values: dict[str, Const]) -> Expr:
    if not loads(expr) & values.keys():
        return expr
    return rebuild(expr, lambda e: values.get(e.var) if isinstance(e, Load) else None)


def changed(nets: Nets, op: Op) -> Nets:
    """What an operation does to locks that are told apart by how they are written, whatever their mode."""
    if not isinstance(op, LockEvent):
        return nets
    lock, change = (op.lock, op.index), 1 if op.action == "acquire" else -1
    return {**nets, lock: frozenset(max(-2, min(2, n + change)) for n in nets.get(lock, NONE))}


def joined(left: Nets, right: Nets) -> Nets:
    return {lock: left.get(lock, NONE) | right.get(lock, NONE) for lock in {**left, **right}}


def along_paths(
    graph: RawGraph, start: int, is_local: Callable[[str], bool], effect: Effect = changed
) -> dict[int, Nets]:
    """For each node that paths from ``start`` reach, what they may have done to locks on the way, told by ``effect``
    for one operation after the other."""
    decisive = _decisive(graph, is_local)
    found: dict[int, dict[Values, Nets]] = {start: {(): {}}}
    work: list[tuple[int, int, Values]] = [(start, 0, ())]
    number = 0
    while work:
        node, _, values = heappop(work)  # in the order of the text, so that paths that meet are followed together
        nets = found[node].get(values)
        if nets is None:
            continue  # merged with others since
        for edge in graph.nodes[node].edges:
            known = Known(values, nets).after(edge, decisive.__contains__, effect)
            if known is not None:
                arrived = _arrive(found.setdefault(edge.target, {}), known)
                if arrived is not None:
                    number += 1
                    heappush(work, (edge.target, number, arrived))
    return {node: _of_all(list(states.values())) for node, states in found.items()}


def _decisive(graph: RawGraph, is_local: Callable[[str], bool]) -> set[str]:
    """The locals that some test looks at, directly or by way of others; only these tell paths apart."""
    ops = [op for node in graph.nodes for edge in node.edges for op in edge.ops]
    result = {name for op in ops if isinstance(op, Assume) for name in loads(op.condition) if is_local(name)}
    sources: dict[str, set[str]] = {}
    for op in ops:
        if isinstance(op, Store) and is_local(op.var):
            sources.setdefault(op.var, set()).update(filter(is_local, loads(op.value)))
    waiting = list(result)
    while waiting:
        fresh = sources.get(waiting.pop(), set()) - result
        result |= fresh
        waiting += fresh
    return result


def _arrive(states: dict[Values, Nets], known: Known) -> Values | None:
    """Note what is known at a node; the values under which it has to be followed further, if that is new."""
    values = known.values
    if values not in states and len(states) >= MOST:
        common = set(values).intersection(*map(set, states))
        values = tuple(v for v in values if v in common)
        nets = _of_all([known.nets, *states.values()])
        states.clear()
        states[values] = nets
        return values
    before = states.get(values)
    merged = known.nets if before is None else joined(before, known.nets)
    if merged == before:
        return None
    states[values] = merged
    return values


def _of_all(nets: list[Nets]) -> Nets:
    result = nets[0]
    for other in nets[1:]:
        result = joined(result, other)
    return result
