# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A random walk: each enabled task is as likely as any other."""

from __future__ import annotations

import random

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime


class RandomWalk:
    """``runs`` runs; run number i of a seed is the same whatever ran before it."""

    name = "random"

    def __init__(self, seed: int, runs: int) -> None:
        self.seed = seed
        self.runs = runs
        self.done = 0
        self._random = random.Random(seed).random

    def begin(self, runtime: Runtime) -> bool:
        if self.done >= self.runs:
            return False
        self._random = random.Random(f"{self.seed}:{self.done}").random
        self.done += 1
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        n = len(enabled)
        return enabled[0] if n == 1 else enabled[int(self._random() * n)]

    def value(self, n: int) -> int:
        return int(self._random() * n)

    def end(self, run: Run) -> None:
        pass
