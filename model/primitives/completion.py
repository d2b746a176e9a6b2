# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct completion`` (kernel/sched/completion.c), with ``complete_all``: done stays done until re-initialised."""

from __future__ import annotations

from ..lang import Record, flag, pure, wait


class Completion(Record):
    is_done = flag()

    def wait(self) -> None:
        wait(self.is_done)

    def complete_all(self) -> None:
        self.is_done = True

    def reinit(self) -> None:
        self.is_done = False

    @pure
    def done(self) -> bool:
        return self.is_done
