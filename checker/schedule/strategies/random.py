# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A random walk: each enabled task is as likely as any other."""

from __future__ import annotations

from ....model.kernel.sched import Task
from ..runtime import Runtime
from .sampling import Sampling


class RandomWalk(Sampling):
    name = "random"

    def _start(self, runtime: Runtime) -> None:
        pass

    def pick(self, enabled: list[Task]) -> Task | None:
        n = len(enabled)
        return enabled[0] if n == 1 else enabled[int(self._random() * n)]
