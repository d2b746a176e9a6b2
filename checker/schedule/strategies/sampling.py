# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What strategies that sample have in common: a seed, a number of runs, and a generator of its own for each run."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime


class Sampling(ABC):
    """``runs`` runs. Run number i of a seed is the same whatever ran before it.

    ``done``: the number of the next run, which may be set. ``number``: of the current one; -1 for a run that only
    takes a measure, which is the same for all seeds.
    """

    name = ""

    def __init__(self, seed: int, runs: int) -> None:
        self.seed = seed
        self.runs = runs
        self.done = 0
        self.number = -1
        self._generator = random.Random()
        self._random = self._generator.random

    def begin(self, runtime: Runtime) -> bool:
        if self.done >= self.runs:
            return False
        self._generator.seed(self.seed << 64 | self.done)
        self.number = self.done
        self.done += 1
        self._start(runtime)
        return True

    @abstractmethod
    def _start(self, runtime: Runtime) -> None:
        """A run begins; the generator is as it is at the beginning of every run of that number."""

    @abstractmethod
    def pick(self, enabled: list[Task]) -> Task | None: ...

    def value(self, n: int) -> int:
        return int(self._random() * n)

    def end(self, run: Run) -> None:  # noqa: B027 - nothing is learnt from a run
        pass
