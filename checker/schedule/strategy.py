# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The contract of a strategy: an oracle that is asked who goes on and what the environment decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ...model.kernel.sched import Task

if TYPE_CHECKING:
    from .runtime import Run, Runtime


class Strategy(Protocol):
    """Asked in turn by a runtime. A strategy keeps no reference to tasks of an earlier run."""

    @property
    def name(self) -> str: ...

    def begin(self, runtime: Runtime) -> bool:
        """A new run starts; False: nothing is left to try."""
        ...

    def pick(self, enabled: list[Task]) -> Task | None:
        """Who takes the next step, one of ``enabled`` (not empty, by number). None abandons the run."""
        ...

    def value(self, n: int) -> int:
        """What the environment decides, 0 .. n-1."""
        ...

    def end(self, run: Run) -> None:
        """The run is over."""
        ...
