# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A random walk that stays with a task for a while: the runs in which tasks go round in turns, and never get done.

A livelock needs somebody to be let go on and to be held up at the right steps, again and again. A plain random walk
switches too often to come round; this one has been seen to fall into such loops three times as often.
"""

from __future__ import annotations

from ....model.kernel.sched import Task
from ..runtime import Runtime
from .sampling import Sampling

STAY = 0.7  # how likely the task that moved last moves again: best of 0, 0.6, 0.8 and 0.9 lay between the middle two


class Sticky(Sampling):
    name = "sticky"
    _last = 0

    def _start(self, runtime: Runtime) -> None:
        self._last = 0

    def pick(self, enabled: list[Task]) -> Task | None:
        if self._random() < STAY:
            for task in enabled:
                if task.number == self._last:
                    return task
        chosen = enabled[int(self._random() * len(enabled))]
        self._last = chosen.number
        return chosen
