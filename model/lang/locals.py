# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Locals after steps are formed: which are set before they are read, which live from one location to the next.

A local that is dead at a location is reset to its initial value on the way there, so that states which differ only in
what nobody reads again are one state. Argument: a dead local is written before it is read on every run from there, so
no guard, check, update or property ever sees the difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..ir.build import loads
from ..ir.expr import Const, Expr
from ..ir.program import Edge, Frame, Update
from ..ir.types import Type
from .diagnostics import Diagnostic
from .fuse import Automaton
from .graph import Assume, Demand, Note, Op, Poison, RawGraph, Store


def default(kind: Type) -> int:
    """The value a local has before it is set and after it is dead."""
    return 0 if kind.lo <= 0 <= kind.hi else kind.lo


def unset_reads(graph: RawGraph, names: set[str]) -> list[Diagnostic]:
    """Reads of a local that some path reaches without setting it."""
    assigned: dict[int, frozenset[str]] = {0: frozenset()}
    work = [0]
    found: dict[tuple[str, Frame], Diagnostic] = {}
    while work:
        node = work.pop()
        for edge in graph.nodes[node].edges:
            after = set(assigned[node])
            for op in edge.ops:
                _assign(op, after)
            known = assigned.get(edge.target)
            merged = frozenset(after) if known is None else known & after
            if merged != known:
                assigned[edge.target] = merged
                work.append(edge.target)
    for node, before in assigned.items():
        for edge in graph.nodes[node].edges:
            have = set(before)
            for op in edge.ops:
                for expr in _expressions(op):
                    for name in (loads(expr) & names) - have:
                        place = edge.frames[-1]
                        found.setdefault((name, place), _unset(name, edge.frames))
                _assign(op, have)
    return list(found.values())


def _assign(op: Op, have: set[str]) -> None:
    """What holds a value after the operation: a store gives one, a call begins without any."""
    if isinstance(op, Store):
        have.add(op.var)
    elif isinstance(op, Note) and op.text.startswith("enter:"):
        prefix = f"{op.text.removeprefix('enter:')}."
        have.difference_update([name for name in have if name.startswith(prefix)])


def _unset(name: str, frames: tuple[Frame, ...]) -> Diagnostic:
    what = f"'{name.rpartition('.')[2]}' may be read here before it is set"
    advice = "set it on every path that leads here, for example to null before the branch"
    return Diagnostic("SVM202", what, frames[-1], advice, (), frames[:-1])


def _expressions(op: object) -> Iterable[Expr]:
    match op:
        case Assume(condition):
            return (condition,)
        case Store(_, index, value):
            return (*index, value)
        case Demand(check):
            return (check.when, check.ok)
        case Poison(_, slot):
            return (slot,)
        case _:
            return ()


def live_locals(automaton: Automaton, names: set[str], always: set[str], me: Expr) -> list[frozenset[str]]:
    """For each location the locals whose value may still be read. A value stored into a dead local is not read."""
    uses = [_uses(edge, names, me) for edge in automaton.edges]
    live = [frozenset(always)] * len(automaton.locations)
    changed = True
    while changed:
        changed = False
        for edge, use in zip(reversed(automaton.edges), reversed(uses), strict=True):  # mostly against the flow
            now = live[edge.source] | use.before(live[edge.target])
            if now != live[edge.source]:
                live[edge.source] = now
                changed = True
    return live


@dataclass(frozen=True)
class _Uses:
    """What one edge does to the locals of its process. ``stores``: each local stored to, and what its value reads.

    ``defined``: those set whatever they were; one that is set from its old value counts as used as well.
    """

    always: frozenset[str]
    stores: tuple[tuple[str, frozenset[str]], ...]
    defined: frozenset[str]

    def before(self, after: frozenset[str]) -> frozenset[str]:
        read = (reads for name, reads in self.stores if name in after)
        return self.always.union(after - self.defined, *read)


def _uses(edge: Edge, names: set[str], me: Expr) -> _Uses:
    always = loads(edge.guard)
    for check in edge.checks:
        always |= loads(check.when) | loads(check.ok)
    for event in edge.locks:
        always = always.union(*(loads(index) for index in event.index))
    stores: list[tuple[str, frozenset[str]]] = []
    for update in edge.updates:
        reads = loads(update.value).union(*(loads(index) for index in update.index)) & names
        if update.var in names:
            stores.append((update.var, frozenset(reads)))
        else:
            always |= reads
    return _Uses(frozenset(always & names), tuple(stores), frozenset(u.var for u in edge.updates if u.index == (me,)))


def settle(
    automaton: Automaton,
    mine: set[str],
    everyone: set[str],
    kept: set[str],
    types: dict[str, Type],
    always: set[str],
    me: Expr,
) -> Automaton:
    """Drop stores into dead locals, reset what dies. ``mine``: this actor's locals; ``everyone``: all actors' locals;
    ``kept``: those that live at some location of their actor."""
    live = live_locals(automaton, mine, always, me)
    edges = tuple(_settled(e, live, mine, everyone, kept, types, me) for e in automaton.edges)
    start = tuple(u for u in automaton.start if u.var in live[automaton.entry])
    return replace(automaton, edges=edges, start=start)


def _settled(
    edge: Edge,
    live: list[frozenset[str]],
    mine: set[str],
    everyone: set[str],
    kept: set[str],
    types: dict[str, Type],
    me: Expr,
) -> Edge:
    updates: list[Update] = []
    for update in edge.updates:
        if update.var in everyone and update.var not in kept:
            continue
        if update.var in mine and update.index == (me,) and update.var not in live[edge.target]:
            continue
        updates.append(update)
    dying = (live[edge.source] | {u.var for u in updates if u.var in mine}) - live[edge.target]
    updates += [Update(n, (me,), Const(default(types[n]), types[n]), reset=True) for n in sorted(dying & kept)]
    return replace(edge, updates=tuple(updates))
