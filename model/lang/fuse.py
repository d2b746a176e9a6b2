# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From the fine-grained graph to steps: each location's edges are the paths from it to the next locations.

A path takes assertions first, then exactly one step (an atomic block counts as one), then whatever is local, so that
local statements are no step. Locations are the nodes where a path must stop: the next thing is a step again.

Why this keeps the meaning: a local operation reads and writes nothing another actor can see, so it commutes with every
step of every other actor; doing it at the end of the step before gives the same runs, seen at steps. An assertion is
evaluated in each state in which its location can be left, which is each state in which it could be evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..ir.build import loads, negate
from ..ir.expr import FALSE, Expr, Load
from ..ir.program import Edge, Location, LockEvent, Update, Variable
from ..ir.types import BOOL
from .graph import RawGraph, Store
from .lower.state import Actor
from .onestep import paths_from
from .paths import Path, apply


@dataclass(frozen=True)
class Automaton:
    """The locations and edges of one actor. ``start``: the stores on the way to the entry, constants all of them;
    ``start_locks``: the lock events there.

    ``waits``: for each location, whether the actor sleeps there ("sleep"), spins ("spin") or neither ("").
    """

    locations: tuple[Location, ...]
    edges: tuple[Edge, ...]
    entry: int
    start: tuple[Update, ...]
    sleeps: frozenset[int]
    resched: frozenset[int]  # positions of edges that give up the CPU slot
    start_locks: tuple[LockEvent, ...] = ()
    spun_for: frozenset[str] = frozenset()  # paths of locks that are waited for by spinning


@dataclass
class _Builder:
    graph: RawGraph
    actor: Actor
    variables: Mapping[str, Variable]
    urgent_flags: Mapping[int, str]
    numbers: dict[int, int]
    order: list[int]

    def number(self, node: int) -> int:
        if node not in self.numbers:
            self.numbers[node] = len(self.order)
            self.order.append(node)
        return self.numbers[node]


def fuse(
    graph: RawGraph, actor: Actor, variables: Mapping[str, Variable], urgent_flags: Mapping[int, str]
) -> Automaton:
    """``urgent_flags``: urgent block -> the local flag that says its pass is used. Raises FuseError."""
    builder = _Builder(graph, actor, variables, urgent_flags, {}, [])
    started = paths_from(graph, 0, Path(stepped=True), variables)
    start: tuple[Update, ...] = ()
    start_locks: tuple[LockEvent, ...] = ()
    if _is_quiet(started, variables):
        path, target = started[0]
        start, start_locks = path.updates(), path.locks
        entry = builder.number(target)
    else:
        entry = builder.number(0)
    edges: list[Edge] = []
    sleeps: set[int] = set()
    resched: set[int] = set()
    spun_for: set[str] = set()
    idle: set[int] = set()
    busy: set[int] = set()  # locations with a wait that may not last for ever
    position = 0
    while position < len(builder.order):
        node = builder.order[position]
        for path, target in paths_from(graph, node, _fresh(builder, node), variables):
            if "sleep" in path.notes:
                sleeps.add(position)
            elif "spin" in path.notes:
                spun_for.update(event.lock for event in path.locks if event.action == "acquire" and event.blocking)
            if (waits := _waits(path)) is not None:
                (idle if waits == "idle" else busy).add(position)
            if "resched" in path.notes:
                resched.add(len(edges))
            edges.append(_edge(path, position, builder.number(target)))
        position += 1
    leaves = {e.source for e in edges}
    idle -= busy
    locations = tuple(_location(builder, n, i in leaves, i in idle) for i, n in enumerate(builder.order))
    return Automaton(locations, tuple(edges), entry, start, frozenset(sleeps), frozenset(resched), start_locks,
                     frozenset(spun_for))  # fmt: skip


def _is_quiet(started: list[tuple[Path, int]], variables: Mapping[str, Variable]) -> bool:
    """Whether what precedes the first step only sets locals, always the same way. Ghosts are no locals."""
    if len(started) != 1:
        return False
    path, _ = started[0]
    settled = all(not loads(u.value) and variables[u.var].owner is not None for u in path.updates())
    silent = all(note.startswith("enter:") for note in path.notes)
    return not path.guard and not path.checks and silent and settled


def _fresh(builder: _Builder, node: int) -> Path:
    """A step from an ordinary location gives every urgent block its pass back."""
    path = Path()
    if builder.graph.nodes[node].urgent is None:
        for flag in builder.urgent_flags.values():
            path = apply(path, Store(flag, (builder.actor.me,), FALSE), builder.variables)
    return path


def _waits(path: Path) -> Literal["idle", "busy"] | None:
    """Whether all waits on the path are idle, or some are not; None if there are none."""
    waits = sum(note in ("sleep", "spin") for note in path.notes)
    return None if not waits else "idle" if path.notes.count("idle") == waits else "busy"


def _edge(path: Path, source: int, target: int) -> Edge:
    labels = [t for t in path.labels if t != "atomic()"] or list(path.labels)
    label = "; ".join(labels[:3]) + ("; ..." if len(labels) > 3 else "")
    fairness = path.fairness
    if fairness is not None and fairness.kind == "handover":
        fairness = replace(fairness, key=f"{source}:{fairness.subject}")
    return Edge(
        source,
        target,
        label,
        path.frames,
        path.condition,
        path.checks,
        path.updates(),
        completes=tuple(n.partition(":")[2] for n in path.notes if n.startswith("complete:")),
        marks=tuple(n.partition(":")[2] for n in path.notes if n.startswith("mark:")),
        locks=path.locks,
        fairness=fairness,
    )


def _location(builder: _Builder, node: int, left: bool, idle: bool) -> Location:
    """``left``: some edge leaves it; ``idle``: one of its waits says ``idle=True``."""
    raw = builder.graph.nodes[node]
    urgent: Expr | None = None
    if raw.urgent is not None:
        flag = Load(builder.urgent_flags[raw.urgent], (builder.actor.me,), BOOL)
        urgent = negate(flag)
    return Location(raw.frames, raw.label, raw.pending, urgent, raw.rests, idle, ends=not left and not raw.edges)
