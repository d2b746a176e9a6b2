# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``refcount_t`` and ``struct kref`` (include/linux/kref.h): atomic; the caller runs the release code."""

from __future__ import annotations

from ..lang import Record, atomic, bounded, demand, pure

MOST = 15  # references; more is a violation of ``bounds``, which is how a leak in a loop shows


class Refcount(Record):
    count = bounded(0, MOST, init=1)

    def get(self) -> None:
        with atomic():
            demand(self.count > 0, "no-get-on-zero", "a reference is taken on a count of zero")
            self.count += 1

    def get_unless_zero(self) -> bool:
        with atomic():
            if self.count == 0:
                return False
            self.count += 1
            return True

    def put(self) -> bool:
        """True for the caller that dropped the last reference: it releases the object."""
        with atomic():
            demand(self.count > 0, "no-put-below-zero", "a reference is put that nobody holds")
            self.count -= 1
            return self.count == 0

    @pure
    def read(self) -> int:
        return self.count
