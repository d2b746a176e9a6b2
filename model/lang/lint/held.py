# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which locks are held for certain at each point of an actor: on every path that leads there.

A lock is its path here; which of several locks of one path is held (page A's or page B's) is not told apart.
"""

from __future__ import annotations

from ..lockstate import Nets, along_paths
from ..lower import locks
from ..lower.state import Lowerer


def owned_locks(low: Lowerer) -> frozenset[str]:
    """The paths of the locks that know their holder; others (pseudo-locks) protect nothing."""
    return frozenset(lock.path for lock in locks.locks(low) if locks.method(low, lock, "held_by") is not None)


def held_at(low: Lowerer, known: frozenset[str]) -> dict[int, frozenset[str]]:
    """Node -> the locks held there for certain. Nodes that cannot be reached are left out."""
    nets = along_paths(low.graph, 0, lambda name: name not in low.storage.variables)
    return {node: _held(found, known) for node, found in nets.items()}


def _held(nets: Nets, known: frozenset[str]) -> frozenset[str]:
    """Taken more often than released under any name: releasing through another reference counts as well."""
    least: dict[str, int] = {}
    for (path, _), net in nets.items():
        least[path] = least.get(path, 0) + min(net)
    return frozenset(path for path, count in least.items() if count > 0 and path in known)
