# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Do what a schedule says; say where it does not fit the program."""

from __future__ import annotations

from collections.abc import Sequence

from ....model.kernel.sched import Task
from ..runtime import Run, Runtime


class Replay:
    """One run of ``schedule``. ``mismatch`` tells the first decision that was not possible. After its end the run is
    abandoned, or goes on with the first enabled task if ``finish``."""

    name = "replay"

    def __init__(self, schedule: Sequence[int], finish: bool = False) -> None:
        self.schedule = schedule
        self.finish = finish
        self.at = 0
        self.mismatch = ""
        self._begun = False

    def begin(self, runtime: Runtime) -> bool:
        if self._begun:
            return False
        self._begun = True
        self.at = 0
        return True

    def pick(self, enabled: list[Task]) -> Task | None:
        if self.at >= len(self.schedule):
            return enabled[0] if self.finish else None
        wanted = self.schedule[self.at]
        self.at += 1
        for task in enabled:
            if task.number == wanted:
                return task
        names = ", ".join(f"{t.number} ({t.name})" for t in enabled)
        self.mismatch = f"decision {self.at} names task {wanted}, but only {names} can go on"
        return None

    def value(self, n: int) -> int:
        if self.at >= len(self.schedule):
            return 0
        value = self.schedule[self.at]
        self.at += 1
        if not 0 <= value < n:
            self.mismatch = f"decision {self.at} is {value}, but the environment decides between 0 and {n - 1}"
            return 0
        return value

    def end(self, run: Run) -> None:
        pass
