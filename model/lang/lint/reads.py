# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A statement is one step, but a CPU reads one word at a time: two shared reads in one statement that no lock protects.

Not looked at: what assertions and assignments to ghosts read, conditions of ``wait`` (evaluated at once by definition),
the library's own code, and what no other process ever writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...ir.build import walk
from ...ir.expr import Bound, Expr, Load
from ..diagnostics import Diagnostic
from ..graph import Assume, Note, Poison, RawEdge, RawGraph, Store
from ..lowering import Result
from .held import held_at, owned_locks

Cell = tuple[str, tuple[Expr, ...]]


def unprotected(result: Result) -> Iterator[Diagnostic]:
    writers = _writers(result)
    for lowered in result.actors.values():
        known = owned_locks(lowered.low)
        shared = {v for v, who in writers.items() if who - {lowered.actor.name} or lowered.actor.count > 1}
        shared = {v for v in shared if lowered.low.is_shared_var(v) and not _bookkeeping(v, known)}
        ghosts = {v.name for v in lowered.low.storage.variables.values() if v.ghost}
        suspects = list(_suspects(lowered.low.graph, shared, ghosts))
        held = held_at(lowered.low, known) if suspects else {}
        yield from (_warning(edge, cells) for number, edge, cells in suspects if not held.get(number, True))


def _suspects(graph: RawGraph, shared: set[str], ghosts: set[str]) -> Iterator[tuple[int, RawEdge, list[Cell]]]:
    """Edges that read several shared cells, with the node they leave, wherever no atomic block is around."""
    for number, node in enumerate(graph.nodes):
        for edge in node.edges if not node.inside else ():
            cells = _read(edge, shared, ghosts)
            if len(cells) > 1 and edge.frames and not _by_library(edge):
                yield number, edge, cells


def _writers(result: Result) -> dict[str, set[str]]:
    """Variable -> the actors that store to it."""
    found: dict[str, set[str]] = {}
    for name, lowered in result.actors.items():
        for node in lowered.low.graph.nodes:
            for edge in node.edges:
                for op in edge.ops:
                    if isinstance(op, Store):
                        found.setdefault(op.var, set()).add(name)
    return found


def _bookkeeping(variable: str, locks: frozenset[str]) -> bool:
    """Allocation marks, and who holds a lock."""
    return variable.endswith(".allocated") or variable.rpartition(".")[0] in locks


def _read(edge: RawEdge, shared: set[str], ghosts: set[str]) -> list[Cell]:
    """The distinct shared cells an edge reads in source order; all elements of an array count as two."""
    if any(isinstance(o, Note) and o.text in ("sleep", "spin") for o in edge.ops):
        return []
    cells: dict[Cell, None] = {}

    def visit(part: Expr) -> None:
        if isinstance(part, Load) and part.var in shared:
            cells[part.var, part.index] = None
            if any(isinstance(i, Bound) for i in part.index):
                cells[f"every {part.var}", part.index] = None

    for expr in _expressions(edge, ghosts):
        walk(expr, visit)
    return list(cells)


def _expressions(edge: RawEdge, ghosts: set[str]) -> Iterable[Expr]:
    for op in edge.ops:
        match op:
            case Assume(condition):
                yield condition
            case Store(var, index, value) if var not in ghosts:
                yield from (*index, value)
            case Poison(_, slot):
                yield slot
            case _:
                pass


def _by_library(edge: RawEdge) -> bool:
    return "primitives/" in edge.frames[-1].file


def _warning(edge: RawEdge, cells: list[Cell]) -> Diagnostic:
    names = list(dict.fromkeys(name for name, _ in cells if not name.startswith("every ")))
    what = f"this step reads {' and '.join(names)}" if len(names) > 1 else f"this step reads {names[0]} more than once"
    advice = "another actor may write between the reads: read one per statement, hold a lock, or say 'with atomic():'"
    return Diagnostic("SVM502", f"{what}, and holds no lock", edge.frames[-1], advice, (), edge.frames[:-1], "warning")
