# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock-order graph of a protocol as a value: who waits for which lock while holding which, and where it goes round.

Locks are told apart by class, as lockdep does: the static path (``ptl``, ``maps.ptl``). A pseudo-lock stands for
something that is waited for without being a lock: the code of a work item, a fence, reclaim.
"""

from __future__ import annotations

from dataclasses import dataclass

from .ir.program import Frame


@dataclass(frozen=True, slots=True)
class LockClass:
    """``pseudo``: nobody takes it; one only waits until whoever holds it is through. ``family``: several locks, of
    which those that are taken in it have no order among themselves, since somebody backs off."""

    name: str
    pseudo: bool
    family: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One way to an order: actor class ``actor`` comes to hold the first lock at ``held`` and asks for the second at
    ``taken`` (call chains, caller first). ``beside``: the other locks that it holds exclusively, none of an array."""

    actor: str
    held: tuple[Frame, ...]
    taken: tuple[Frame, ...]
    beside: frozenset[str]


@dataclass(frozen=True, slots=True)
class Order:
    """``before`` is held by somebody who waits for ``after``.

    ``shared``: held as one of many readers. ``reads``: asked for as a reader; ``recursive``: as one that passes queued
    writers. ``waits``: it is only waited for, not taken. ``paths``: at least one, the plainest first.
    """

    before: str
    after: str
    shared: bool
    reads: bool
    recursive: bool
    waits: bool
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Each order ends at the lock where the next begins, the last where the first does."""

    orders: tuple[Order, ...]

    @property
    def locks(self) -> tuple[str, ...]:
        return tuple(order.before for order in self.orders)

    @property
    def text(self) -> str:
        """``a -> b -> a``."""
        return " -> ".join((*self.locks, self.locks[0]))

    @property
    def guards(self) -> frozenset[str]:
        """Locks outside the cycle that are held on every path of it, and so keep the paths from overlapping. Where
        somebody waits for code, and not for a lock, nothing does: the code takes such a lock itself."""
        if any(order.waits for order in self.orders):
            return frozenset()
        first, *others = (path.beside for order in self.orders for path in order.paths)
        return first.intersection(*others) - set(self.locks)

    @property
    def actors(self) -> tuple[str, ...]:
        """The actor classes with a path in it."""
        return tuple(dict.fromkeys(path.actor for order in self.orders for path in order.paths))

    @property
    def queued_writers(self) -> tuple[str, ...]:
        """Locks at which one reader waits for another, which takes a writer that is queued between them."""
        following = (*self.orders[1:], self.orders[0])
        return tuple(f.before for o, f in zip(self.orders, following, strict=True) if o.reads and f.shared)


@dataclass(frozen=True, slots=True)
class LockGraph:
    """``actors``: the number of instances of each class. ``basis``: which code was looked at, for a report."""

    program: str
    locks: tuple[LockClass, ...]
    orders: tuple[Order, ...]
    cycles: tuple[Cycle, ...]
    actors: tuple[tuple[str, int], ...]
    basis: str
