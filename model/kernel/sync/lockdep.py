# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which locks a task holds, and the order in which classes of locks are taken (kernel/locking/lockdep.c).

An order is recorded for an acquisition that may block; a trylock under a lock orders nothing, but what is taken under
the lock it got does. A cycle of classes is an Oops at the acquisition that closes it, whether or not it deadlocks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from .. import sched

Edge = tuple[str, str]


class Lockdep:
    """The orders of one run. ``where`` remembers which task added an edge."""

    def __init__(self) -> None:
        self.after: dict[str, set[str]] = {}
        self.where: dict[Edge, str] = {}

    def order(self, first: str, second: str) -> None:
        """``second`` is being taken while ``first`` is held."""
        known = self.after.setdefault(first, set())
        if second in known:
            return
        path = self._path(second, first) if second in self.after else []
        known.add(second)
        self.where[first, second] = sched.current().name
        if path:
            cycle = " -> ".join([first, *path])
            told = "; ".join(f"{a} before {b} by {self.where[a, b]}" for a, b in itertools.pairwise(path))
            raise sched.Oops("lock-order", f"locks are taken in a circle: {cycle}" + (f" ({told})" if told else ""))

    def _path(self, start: str, goal: str) -> list[str]:
        """Classes from ``start`` to ``goal`` along recorded orders; empty if there is no way."""
        stack = [[start]]
        seen = {start}
        while stack:
            path = stack.pop()
            if path[-1] == goal:
                return path
            for following in sorted(self.after.get(path[-1], ())):
                if following not in seen:
                    seen.add(following)
                    stack.append([*path, following])
        return []


_active: Lockdep | None = None


def install(lockdep: Lockdep | None) -> None:
    """Record orders here from now on; None records nothing."""
    global _active
    _active = lockdep


def acquired(lock: object, lock_class: str, shared: bool = False, blocking: bool = True, nested: bool = False) -> None:
    """The current task got ``lock``. ``nested``: two locks of this class are held on purpose, in one order."""
    held = sched.current().held
    if _active is not None and blocking and held:
        for outer, _ in held:
            outer_class: str = getattr(outer, "lock_class", "?")
            if outer_class and not (nested and outer_class == lock_class):
                _active.order(outer_class, lock_class)
    held.append((lock, shared))


def released(lock: object) -> None:
    """The current task gave ``lock`` back, whatever it took since."""
    held = sched.current().held
    for i in range(len(held) - 1, -1, -1):
        if held[i][0] is lock:
            del held[i]
            return
    raise sched.Oops("unlock-by-non-owner", f"{sched.current().name} unlocks {lock!r}, which it does not hold")


def holds(lock: object) -> bool:
    """lockdep_is_held()."""
    return any(entry[0] is lock for entry in sched.current().held)


def assert_held(lock: object, message: str) -> None:
    """lockdep_assert_held()."""
    if not holds(lock):
        raise sched.Oops("lock-held", message)


def might_sleep(what: str) -> None:
    """What the caller is about to do may wait for others: an error under a spin lock, whether or not it would wait."""
    task = sched.current()
    if task.atomic:
        spinning = next(lock for lock, _ in reversed(task.held) if getattr(lock, "kind", "") == "spinlock")
        raise sched.Oops("sleep-in-atomic", f"{task.name} may sleep ({what}) while it holds the spin lock {spinning!r}")


def pretend(classes: Iterable[str], body: Callable[[], None]) -> None:
    """Run ``body`` with pseudo-locks held (fs_reclaim, fence signalling), so that their order is recorded."""
    entries = [_Pseudo(name) for name in classes]
    for entry in entries:
        acquired(entry, entry.lock_class)
    try:
        body()
    finally:
        for entry in reversed(entries):
            released(entry)


class _Pseudo:
    def __init__(self, lock_class: str) -> None:
        self.lock_class = lock_class
