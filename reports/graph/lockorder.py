# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock-order graph as a drawing: an arrow from the lock that is held to the one asked for, cycles marked."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.lock_graph import LockClass, LockGraph, Order
from ..lockorder import places, title
from ..palette import LOOP
from ..source import short_names
from . import dot

PSEUDO = "#eef3fb"
WRONG = "#fdeaea"
MOST_ACTORS = 3  # at one arrow


def lock_order(graph: LockGraph) -> str:
    """The dot source. Dashed boxes are pseudo-locks, dashed arrows waits for them, dotted ones holds of readers."""
    return dot.digraph(graph.program, title(graph), _body(graph))


def _body(graph: LockGraph) -> Iterator[str]:
    wrong = {(o.before, o.after) for cycle in graph.cycles for o in cycle.orders}
    marked = {name for pair in wrong for name in pair}
    for lock in graph.locks:
        yield dot.node(lock.name, **_node(lock, lock.name in marked))
    files = {f.file for o in graph.orders for p in o.paths for f in (*p.held, *p.taken)}
    named = short_names(files)
    pairs = dict.fromkeys((o.before, o.after) for o in graph.orders)
    for before, after in pairs:
        orders = [o for o in graph.orders if (o.before, o.after) == (before, after)]
        yield dot.edge(before, after, **_edge(orders, (before, after) in wrong, named))


def _node(lock: LockClass, wrong: bool) -> dict[str, str]:
    look = {"label": dot.lines([lock.name], centred=True)}
    if lock.pseudo:
        look |= {"style": "rounded,filled,dashed", "fillcolor": PSEUDO}
    if wrong:
        look |= {"color": LOOP, "penwidth": "2", "fillcolor": WRONG}
    return look


def _edge(orders: list[Order], wrong: bool, named: dict[str, str]) -> dict[str, str]:
    """One arrow for all orders of two locks: a place for each actor class."""
    first = {path.actor: path for order in reversed(orders) for path in reversed(order.paths)}
    actors = list(dict.fromkeys(p.actor for o in orders for p in o.paths))
    text: list[str] = []
    for actor in actors[:MOST_ACTORS]:
        frame = places(first[actor].taken)[-1]
        text.append(f"{actor} {named[frame.file]}:{frame.line}")
    if len(actors) > MOST_ACTORS:
        text.append(f"and {len(actors) - MOST_ACTORS} more")
    look = {"label": dot.beside(text)}
    if all(order.waits for order in orders):
        look["style"] = "dashed"
    elif all(order.shared for order in orders):
        look["style"] = "dotted"
    if wrong:
        look |= {"color": LOOP, "fontcolor": LOOP, "penwidth": "2"}
    return look
