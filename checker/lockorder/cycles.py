# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where orders of locks go round. Readers wait for each other only through a writer, which lockdep's rule respects:

an order that ends in a reader passing queued writers is not continued by one that begins with a reader's hold, since
these two never wait for each other. A plain reader does wait for another, when a writer is queued between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...model.lock_graph import Cycle, Order


def cycles(orders: Sequence[Order]) -> tuple[Cycle, ...]:
    """A shortest cycle through every order that lies on one, each set of locks once; the shortest first."""
    following = {n: [m for m, next_ in enumerate(orders) if _continues(order, next_)] for n, order in enumerate(orders)}
    found: dict[tuple[str, ...], Cycle] = {}
    for number in range(len(orders)):
        walk = _shortest(number, following)
        if walk:
            cycle = _turned(tuple(orders[n] for n in walk))
            found.setdefault(cycle.locks, cycle)
    return tuple(sorted(found.values(), key=lambda c: (len(c.orders), c.locks)))


def _continues(order: Order, following: Order) -> bool:
    return order.after == following.before and not (order.recursive and following.shared)


def _shortest(start: int, following: dict[int, list[int]]) -> list[int]:
    """The orders of a shortest way from ``start`` back to it, itself first; none if there is no way back."""
    before: dict[int, int] = {}
    work = deque([start])
    while work:
        here = work.popleft()
        for there in following[here]:
            if there == start:
                return _walk(here, start, before)
            if there not in before:
                before[there] = here
                work.append(there)
    return []


def _walk(last: int, start: int, before: dict[int, int]) -> list[int]:
    walk = [last]
    while walk[-1] != start:
        walk.append(before[walk[-1]])
    return walk[::-1]


def _turned(orders: tuple[Order, ...]) -> Cycle:
    """The cycle beginning at the lock that comes first by name, whichever order it was found from."""
    first = min(range(len(orders)), key=lambda n: orders[n].before)
    return Cycle(orders[first:] + orders[:first])
