# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What lockdep calls a map (``struct lockdep_map``): something others wait for that is no lock.

Whoever waits for a work item, a fence, memory reclaim or SRCU readers waits for code that somebody else runs, and so
for every lock that this code takes. A pseudo-lock puts such a wait into the lock-order graph. It has no state, blocks
nobody and adds no step.

    fs_reclaim      ``with k.fs_reclaim.hold():`` around the code of reclaim, ``might()`` at each allocation
    SRCU            ``hold()`` is the read section, ``might()`` is synchronize_srcu()

``Work``, ``Fence`` and ``IntervalNotifier`` have theirs built in.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lang import Record, acquired, released, section


class PseudoLock(Record):
    @section
    def hold(self) -> Iterator[None]:
        """The code that waiters wait for: lock_map_acquire() to lock_map_release(). Entering it waits for nobody."""
        acquired(self, blocking=False)
        yield
        released(self)

    def might(self) -> None:
        """Here one may have to wait until those inside ``hold()`` are through: might_lock(), might_alloc()."""
        acquired(self)
        released(self)
