# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which steps depend on each other: what a step touches, and which touches of one piece of shared state commute.

Two steps of different tasks that do not depend on each other can change places wherever they are neighbours: each is
possible before and after the other, does the same, and the state after both is the same. Everything that reduces or
relates interleavings (DPOR, partial-order sampling, the race detector) stands on this file.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import Enum
from typing import Final, cast

from ...model.kernel.sched import ACQUIRE, AWAIT, READ, RELEASE, SHARE, UNSHARE, WRITE, Op
from .runtime import Runtime

CONTEND: Final = 7  # an ACQUIRE that may go on without the lock (``Op.backs_off``)

Access = int
"""What is touched and how: number of the key * 8 + mode."""

Footprint = tuple[Access, ...]
"""Everything that a step touches, each access once."""

_ALL: Final = 0xFF


def _modes(*modes: int) -> int:
    return sum(1 << mode for mode in modes)


CONFLICTS: Final = {
    READ: _ALL & ~_modes(READ, AWAIT),
    AWAIT: _ALL & ~_modes(READ, AWAIT),
    SHARE: _ALL & ~_modes(SHARE, UNSHARE),  # how many hold it decides nothing for another who takes it for read
    UNSHARE: _ALL & ~_modes(SHARE, UNSHARE),
    WRITE: _ALL,
    ACQUIRE: _ALL,
    RELEASE: _ALL,
    CONTEND: _ALL,
}
"""By mode: the modes (a bit each) that do not commute with it on the same key."""

EXCLUSIVE: Final = _modes(WRITE, ACQUIRE, RELEASE, CONTEND)
"""Modes that commute with nothing: whatever touched the key earlier happened before them."""

DISABLES: Final = {
    ACQUIRE: _modes(WRITE, ACQUIRE, CONTEND, SHARE),
    CONTEND: _modes(WRITE, ACQUIRE, CONTEND, SHARE),
    SHARE: _modes(WRITE, ACQUIRE, CONTEND),
    AWAIT: _ALL & ~_modes(READ, AWAIT),
    READ: _ALL & ~_modes(READ, AWAIT),
    WRITE: _ALL & ~_modes(READ, AWAIT),
}
"""By the mode of an operation that can block: the modes that may make it wait. Giving a lock back never does that to
somebody who wants it; a condition may be made false by any change."""

ORDERED: Final = {ACQUIRE: _modes(RELEASE, UNSHARE), SHARE: _modes(RELEASE)}
"""By mode: modes never enabled together with it on one lock, so that there is nothing to reverse."""


def own_mode(op: Op) -> int:
    """How an operation touches its key if it does not fail."""
    return CONTEND if op.backs_off else op.mode


def independent(some: Footprint, others: Footprint) -> bool:
    """Whether steps of different tasks with these footprints commute."""
    for a in some:
        conflicts = CONFLICTS[a & 7]
        key = a >> 3
        for b in others:
            if b >> 3 == key and conflicts >> (b & 7) & 1:
                return False
    return True


class UnstableKey(Exception):
    """A key that is not the same value in another run, so that nothing could be known from one run about another."""


class Keys:
    """Numbers the keys of a program; the numbers stay the same over its runs."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable) -> int:
        found = self.numbers.get(key)
        if found is None:
            _check_stable(key, key)
            found = self.numbers[key] = len(self.numbers)
        return found

    def access(self, key: Hashable, mode: int) -> Access:
        return self.number(key) << 3 | mode

    def of_op(self, op: Op) -> Access | None:
        """What the operation will touch, before it happens."""
        return None if op.key is None else self.number(op.key) << 3 | own_mode(op)

    def of_last_step(self, runtime: Runtime) -> list[Access]:
        """What the step that just ended touched: an operation that failed has only read."""
        found: list[Access] = []
        op = runtime.last_op
        if op.key is not None:
            found.append(self.number(op.key) << 3 | (READ if runtime.last_failed else own_mode(op)))
        for key, mode in runtime.last_also:
            access = self.number(key) << 3 | mode
            if access not in found:
                found.append(access)
        return found


def _check_stable(part: object, key: Hashable) -> None:
    """Keys are made of plain values: an object would be another one in the next run."""
    if isinstance(part, tuple | frozenset):
        for item in cast("Iterable[object]", part):
            _check_stable(item, key)
    elif part is not None and not isinstance(part, int | str | bytes | Enum):
        raise UnstableKey(f"the key {key!r} of an operation contains an object ({type(part).__name__}): use its oid")
