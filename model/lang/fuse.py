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
from ..ir.program import Edge, Frame, Location, LockEvent, Update, Variable
from ..ir.types import BOOL
from .diagnostics import Diagnostic
from .graph import RawGraph, RawNode, Store
from .lower.state import Actor
from .paths import Path, apply, follow

MOST_EDGES = 400  # raw edges on one path before it is called a loop without a step; real steps have a few dozen
MOST_PATHS = 4096  # paths of one step; an atomic block with a dozen independent tests is past what anyone reads


class FuseError(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.headline)
        self.diagnostic = diagnostic


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
    started = paths_from(builder, 0, Path(stepped=True))
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
        for path, target in paths_from(builder, node, _fresh(builder, node)):
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


def paths_from(builder: _Builder, start: int, first: Path) -> list[tuple[Path, int]]:
    """Every path of one step from a node, with the node it ends at, in the order of the source.

    A path that cannot be taken to its end is among them, with a false guard, if it demands something that no other one
    demands: what it demands is violated before it is found out that it cannot be taken.
    """
    finished: list[tuple[Path, int]] = []
    cut: list[Path] = []
    work: list[tuple[Path, int, int]] = [(first, start, 0)]
    while work:
        path, node, length = work.pop()
        here = builder.graph.nodes[node]
        if length > MOST_EDGES:
            raise FuseError(_endless(here, path))
        if len(finished) > MOST_PATHS:
            raise FuseError(
                Diagnostic(
                    "SVM402",
                    f"one step has more than {MOST_PATHS} paths",
                    _place(here, path),
                    "split the atomic block, or write its tests with all(), any() and choice",
                )
            )
        if _step_ends(builder, start, path, node):
            finished.append((path, node))
            continue
        if not here.edges:
            if length or path.stepped:
                finished.append((path, node))
            continue
        following = [(follow(path, edge, builder.variables), edge.target, length + 1) for edge in here.edges]
        work += [longer for longer in reversed(following) if not longer[0].impossible]
        cut += [longer for longer, _, _ in following if longer.impossible and longer.checks]
    for path in cut:
        if not any(all(check in other.checks for check in path.checks) for other, _ in finished):
            finished.append((replace(path, stores=(), guard=(FALSE,), notes=(), locks=(), fairness=None), start))
    _demand_return(finished)
    return finished


def _demand_return(finished: list[tuple[Path, int]]) -> None:
    """Refuse a path that leaves a function without the value it is declared to return."""
    for path, _ in finished:
        missing = next((n for n in path.notes if n.startswith("no-return:")), None)
        if missing:
            name = missing.partition(":")[2]
            raise FuseError(
                Diagnostic(
                    "SVM259",
                    f"a path through '{name}' ends without returning a value",
                    path.frames[-1],
                    "return a value on every path",
                )
            )


def _step_ends(builder: _Builder, start: int, path: Path, node: int) -> bool:
    """Whether the path is one step from ``start`` to ``node``: after a step, where the next one comes; before any,
    where the actor would wait inside other blocks than it seems to. What is on the way (assertions) is its own step."""
    here, there = builder.graph.nodes[start], builder.graph.nodes[node]
    if path.stepped:
        return not there.inside and _stops(there)
    return (here.pending, here.urgent, here.rests) != (there.pending, there.urgent, there.rests)


def _stops(node: RawNode) -> bool:
    return any(e.kind != "local" for e in node.edges) or not node.edges


def _endless(node: RawNode, path: Path) -> Diagnostic:
    if node.inside:
        return Diagnostic(
            "SVM403",
            "a loop inside atomic() may not end",
            _place(node, path),
            "an atomic block is one step: its loops must have a bound that is known when compiling",
        )
    return Diagnostic(
        "SVM401",
        "a loop without a step",
        _place(node, path),
        "it would run for ever without touching shared state: wait(), test or change something shared in it",
    )


def _place(node: RawNode, path: Path) -> Frame:
    frames = node.frames or path.frames
    return frames[-1] if frames else Frame("", 1, 1, 1, 1, "")


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
