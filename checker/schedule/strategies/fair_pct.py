# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The fair form of PCT: priorities for as long as a run normally takes, a random walk from then on.

Strict priorities never let go on whoever a spinning task waits for. Runs that do not end within their horizon are such
runs, or long ones; the random walk, in which every task goes on again and again, brings them to an end.
"""

from __future__ import annotations

from ....model.kernel.sched import Task
from .pct import Pct


class FairPct(Pct):
    name = "fair-pct"
    _prefix = 0  # how many steps of the run go by priorities

    def _horizon(self) -> int:
        self._prefix = super()._horizon()
        return self._prefix

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._measuring or self._step < self._prefix:
            return super().pick(enabled)
        n = len(enabled)
        return enabled[0] if n == 1 else enabled[int(self._random() * n)]
