# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What all structures of the executable kernel share: a name that is the same in every run, and visible accesses."""

from __future__ import annotations

from typing import Any, ClassVar

from .sched import READ, WRITE, Op, new_id, point

made: set[type[Kobject]] = set()  # of which classes there were instances since somebody cleared it


def classes_made() -> frozenset[str]:
    """Their names, and those of the classes that they derive from."""
    return frozenset(base.__name__ for kind in made for base in kind.__mro__)


class Kobject:
    """A kernel structure.

    ``_uncounted`` names attributes that are no part of a state: counters that only grow, statistics, caches of the
    model itself. Everything else of the instance takes part in state hashes.

    ``holders`` names the attributes of a lock that say who holds it, for reports.
    """

    holders: ClassVar[frozenset[str]] = frozenset()

    _uncounted: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self.oid = new_id()
        made.add(type(self))
        self._ops: dict[tuple[str, int], Op] | None = None  # most objects need none

    def __repr__(self) -> str:
        task, number = self.oid
        return f"{type(self).__name__}#{number}" if task == 0 else f"{type(self).__name__}#{task}.{number}"

    def op(self, field: str, mode: int) -> Op:
        """The operation ``mode`` on one attribute."""
        if self._ops is None:
            self._ops = {}
        found = self._ops.get((field, mode))
        if found is None:
            verb = "read" if mode == READ else "write"
            found = self._ops[field, mode] = Op(f"{verb} {type(self).__name__}.{field}", (self.oid, field), mode)
        return found

    def read(self, field: str) -> Any:
        """READ_ONCE(): a step of its own."""
        point(self.op(field, READ))
        return getattr(self, field)

    def write(self, field: str, value: object) -> None:
        """WRITE_ONCE(): a step of its own."""
        point(self.op(field, WRITE))
        setattr(self, field, value)
