# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock-order graph as text: every order with a place, every cycle with all of its paths and their call chains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.ir.program import Frame
from ..model.lock_graph import Cycle, LockGraph, Order, Path
from .source import Sources, short_names
from .text import Line

DISCIPLINE = "Lock order is stricter than the absence of deadlock: a cycle is a mistake though no run may deadlock."
BAD, QUIET, BOLD = "bold red", "dim", "bold"


def lines(graph: LockGraph, sources: Sources | None = None) -> Iterator[Line]:
    """The whole report."""
    yield ((title(graph), BAD if graph.cycles else "green"),)
    yield (("looked at: ", QUIET), (graph.basis, QUIET))
    named = short_names(_files(graph))
    if graph.orders:
        yield ()
        yield (("orders, held -> asked for", BOLD),)
        yield from _orders(graph, named)
    for number, cycle in enumerate(graph.cycles, start=1):
        yield ()
        yield (f"cycle {number}: ", BOLD), (cycle.text, BAD)
        yield from _cycle(cycle, graph, named, sources or Sources())
    if graph.cycles:
        yield ()
        yield ((DISCIPLINE, ""),)


def title(graph: LockGraph) -> str:
    """``lock order of cpu_fault: 2 locks, 1 order, no cycle``."""
    counts = [
        _count(len(graph.locks), "lock"),
        _count(len(graph.orders), "order"),
        _count(len(graph.cycles), "cycle") if graph.cycles else "no cycle",
    ]
    return f"lock order of {graph.program}: {', '.join(counts)}"


def sentence(graph: LockGraph) -> str:
    """The first cycle with a place for each of its paths, for the verdict on the property."""
    cycle = graph.cycles[0]
    named = short_names(_files(graph))
    parts = [
        f"{path.actor} {_asks(order)} ({_place(path.taken, named)}) while it holds {_held(order)} "
        f"({_place(path.held, named)})"
        for order, path in ((o, o.paths[0]) for o in cycle.orders)
    ]
    more = len(graph.cycles) - 1
    tail = f"; and {_count(more, 'more cycle')}" if more else ""
    return f"{cycle.text}: {'; '.join(parts)}{tail}"


def places(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The call chain without the methods of the lock itself, in which it ends."""
    outside = len(frames)
    while outside > 1 and "." in frames[outside - 1].function:
        outside -= 1
    return frames[:outside]


def remarks(cycle: Cycle, graph: LockGraph) -> Iterator[str]:
    """What a reader should know before he calls a cycle a deadlock, one sentence each."""
    pseudo = {lock.name for lock in graph.locks if lock.pseudo}
    waited_for = [name for name in cycle.locks if name in pseudo]
    if waited_for:
        yield f"not a lock, but waited for until whoever holds it is through: {', '.join(waited_for)}"
    for name in cycle.queued_writers:
        yield f"one reader of {name} waits for another here, which takes a writer queued between the two"
    for name in sorted(cycle.guards):
        yield f"{name} is held on every path, so that no two of them meet; the order is wrong all the same"
    if any(order.waits for order in cycle.orders):
        return
    if len(cycle.orders) == 1 and cycle.locks[0] in {lock.name for lock in graph.locks if lock.family}:
        yield f"of {cycle.locks[0]} one lock is taken outside of it: for that one nobody backs off"
        return
    if len(cycle.orders) == 1:
        yield f"the locks of {cycle.locks[0]} are one class; if their order is fixed, lock_nested() says so"
        return
    alone = [name for name, count in graph.actors if count == 1 and cycle.actors == (name,)]
    if alone:
        yield f"only {alone[0]} takes these paths, and there is one of it; a second one could deadlock"


def _orders(graph: LockGraph, named: dict[str, str]) -> Iterator[Line]:
    names = [_order_text(order) for order in graph.orders]
    actors = [order.paths[0].actor for order in graph.orders]
    width, actor_width = max(map(len, names)), max(map(len, actors))
    wrong = {(o.before, o.after) for cycle in graph.cycles for o in cycle.orders}
    for order, name, actor in zip(graph.orders, names, actors, strict=True):
        path = order.paths[0]
        where = f"{_place(path.held, named)}, then {_place(path.taken, named)}"
        more = f", and {len(order.paths) - 1} more" if len(order.paths) > 1 else ""
        style = BAD if (order.before, order.after) in wrong else ""
        yield (f"  {name:<{width}}", style), (f"  {actor:<{actor_width}}  {where}", ""), (more, QUIET)


def _order_text(order: Order) -> str:
    held = f"{order.before} (read)" if order.shared else order.before
    how = "waits for" if order.waits else "read" if order.reads else ""
    return f"{held} -> {order.after}" + (f" ({how})" if how else "")


def _cycle(cycle: Cycle, graph: LockGraph, named: dict[str, str], sources: Sources) -> Iterator[Line]:
    """Every path with its two places as call chains, the source beside them in one column; then the remarks."""
    paths = [(order, order.paths[0]) for order in cycle.orders]
    calls = [_calls(order, path, named) for order, path in paths]
    width = max(len(left) for rows in calls for left, _ in rows)
    for (order, path), rows in zip(paths, calls, strict=True):
        yield (f"  {path.actor}", BOLD), (f" {_asks(order)} while it holds {_held(order)}", "")
        for left, frame in rows:
            yield (f"{left:<{width}}  ", ""), (sources.line(frame).strip(), QUIET)
    for text in remarks(cycle, graph):
        yield (("  note: ", QUIET), (text, ""))


def _calls(order: Order, path: Path, named: dict[str, str]) -> list[tuple[str, Frame]]:
    """A row for each frame of the two places, the lock's name before the first."""
    width = max(len(order.before), len(order.after))
    rows: list[tuple[str, Frame]] = []
    for lock, frames in ((order.before, path.held), (order.after, path.taken)):
        for depth, frame in enumerate(places(frames)):
            name, indent = "" if depth else lock, "  " * depth
            rows.append((f"    {name:<{width}}  {indent}{named[frame.file]}:{frame.line} {frame.function}", frame))
    return rows


def _asks(order: Order) -> str:
    if order.waits:
        return f"waits for {order.after}"
    other = "another " if order.before == order.after else ""
    return f"takes {other}{order.after}" + (" for reading" if order.reads else "")


def _held(order: Order) -> str:
    return order.before + (" for reading" if order.shared else "")


def _place(frames: tuple[Frame, ...], named: dict[str, str]) -> str:
    frame = places(frames)[-1]
    return f"{named[frame.file]}:{frame.line}"


def _files(graph: LockGraph) -> Iterable[str]:
    return {f.file for o in graph.orders for p in o.paths for f in (*p.held, *p.taken)}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
