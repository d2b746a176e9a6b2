# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All paths of one step: from a node, through one step and what is local after it, to the nodes where it may end.

They are enumerated as the source has them. A step with many, which is an atomic block with independent tests (a loop
over a pool), is followed again with paths joined where they meet (join.py), so that what it costs to follow and to
check grows with the tests and not with their combinations. Where joining hides what a loop needs to end, the
enumeration stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from ..ir.expr import FALSE
from ..ir.program import Frame, Variable
from .diagnostics import Diagnostic
from .graph import RawGraph, RawNode
from .join import joined
from .paths import Path, follow

MOST_EDGES = 400  # raw edges on one path before it is called a loop without a step; real steps have a few dozen
MOST_APART = 32  # paths of one step that are kept apart, so that a trace says which one was taken
MOST_PATHS = 4096  # paths of one step that cannot be joined; it is past what anyone reads
PARTNERS = 16  # paths before it with which one is compared: those it parted from last

End = tuple[Path, int]
Variables = Mapping[str, Variable]


class FuseError(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.headline)
        self.diagnostic = diagnostic


class _TooManyError(Exception):
    """Asked to enumerate no more than some paths, and there are more."""

    def __init__(self, node: RawNode, path: Path) -> None:
        super().__init__(node.label)
        self.node = node
        self.path = path


def paths_from(graph: RawGraph, start: int, first: Path, variables: Variables) -> list[End]:
    """Every path of one step from a node, with the node it ends at.

    They are in the order of the source if there are at most MOST_APART. A path that cannot be taken to its end is among
    them, with a false guard, if it demands something that no other one demands: what it demands is violated before it
    is found out that it cannot be taken.
    """
    try:
        search = _apart(_Search(graph, start, variables), first, MOST_APART)
    except _TooManyError:
        search = _many(graph, start, first, variables)
    finished = search.finished
    for path in search.cut:
        if not any(all(check in other.checks for check in path.checks) for other, _ in finished):
            finished.append((replace(path, stores=(), guard=(FALSE,), notes=(), locks=(), fairness=None), start))
    _demand_return(finished)
    return finished


@dataclass
class _Search:
    """``finished``: paths with their ends; ``cut``: those that were found impossible after they demanded something."""

    graph: RawGraph
    start: int
    variables: Variables
    finished: list[End] = field(default_factory=list[End])
    cut: list[Path] = field(default_factory=list[Path])

    def onwards(self, path: Path, node: int, length: int) -> list[End]:
        """The path extended by each raw edge of a node; none if it ends there."""
        here = self.graph.nodes[node]
        if length > MOST_EDGES:
            raise FuseError(_endless(here, path))
        if _step_ends(self.graph, self.start, path, node) or not here.edges:
            if here.edges or length or path.stepped:
                self.finished.append((path, node))
            return []
        following = [(follow(path, edge, self.variables, here.inside), edge.target) for edge in here.edges]
        self.cut += [longer for longer, _ in following if longer.impossible and longer.checks]
        return [(longer, target) for longer, target in following if not longer.impossible]


def _apart(search: _Search, first: Path, most: int) -> _Search:
    """Depth first: each path for itself, in the order of the source. Raises _TooManyError."""
    work: list[tuple[Path, int, int]] = [(first, search.start, 0)]
    while work:
        path, node, length = work.pop()
        following = search.onwards(path, node, length)
        work += [(longer, target, length + 1) for longer, target in reversed(following)]
        if len(search.finished) > most:
            raise _TooManyError(search.graph.nodes[node], path)
    return search


def _many(graph: RawGraph, start: int, first: Path, variables: Variables) -> _Search:
    try:
        return _together(_Search(graph, start, variables), first)
    except (FuseError, _TooManyError):
        pass  # a loop that ends by what is known of each path alone
    try:
        return _apart(_Search(graph, start, variables), first, MOST_PATHS)
    except _TooManyError as error:
        what = f"one step has more than {MOST_PATHS} paths"
        advice = "split the atomic block, or write its tests with all(), any() and 'x = a if c else b'"
        raise FuseError(Diagnostic("SVM402", what, _place(error.node, error.path), advice)) from None


def _together(search: _Search, first: Path) -> _Search:
    """Nodes in topological order, loops aside: all paths that meet at one go on together. Raises as ``_apart``."""
    order = _order(search.graph, search.start)
    queue = [(order[search.start], search.start)]
    here: dict[int, list[tuple[Path, int]]] = {search.start: [(first, 0)]}
    while queue:
        _, node = heappop(queue)
        arrived = here.pop(node)
        length = max(length for _, length in arrived)
        for path in _joined([path for path, _ in arrived], search.variables):
            for longer, target in search.onwards(path, node, length):
                if target not in here:
                    heappush(queue, (order[target], target))
                here.setdefault(target, []).append((longer, length + 1))
        if len(search.finished) + sum(map(len, here.values())) > MOST_PATHS:
            raise _TooManyError(search.graph.nodes[node], first)
    ends = dict.fromkeys(node for _, node in search.finished)
    search.finished[:] = [
        (path, end) for end in ends for path in _joined([p for p, at in search.finished if at == end], search.variables)
    ]
    return search


def _joined(paths: list[Path], variables: Variables) -> list[Path]:
    """The paths with those that can be told as one made one, latest parted first."""
    result: list[Path] = []
    for path in paths:
        whole = path
        while found := _partner(result, whole, variables):
            position, whole = found
            del result[position]
        result.append(whole)
    return result


def _partner(before: list[Path], path: Path, variables: Variables) -> tuple[int, Path] | None:
    """The position of a path that this one can be joined with, and what both are."""
    for position in range(len(before) - 1, max(len(before) - 1 - PARTNERS, -1), -1):
        one = joined(before[position], path, variables)
        if one is not None:
            return position, one
    return None


def _order(graph: RawGraph, start: int) -> dict[int, int]:
    """Reverse postorder of the nodes that can be reached."""
    done: list[int] = []
    seen = {start}
    stack = [(start, iter(graph.nodes[start].edges))]
    while stack:
        node, edges = stack[-1]
        target = next((edge.target for edge in edges if edge.target not in seen), None)
        if target is None:
            done.append(node)
            stack.pop()
        else:
            seen.add(target)
            stack.append((target, iter(graph.nodes[target].edges)))
    return {node: number for number, node in enumerate(reversed(done))}


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


def _step_ends(graph: RawGraph, start: int, path: Path, node: int) -> bool:
    """Whether the path is one step from ``start`` to ``node``: after a step, where the next one comes; before any,
    where the actor would wait inside other blocks than it seems to. What is on the way (assertions) is its own step."""
    here, there = graph.nodes[start], graph.nodes[node]
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


