# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who waits where and for what, in words: for deadlocks and for actors that wait for ever."""

from __future__ import annotations

from .cells import cells_read
from .evaluate import Scope, State
from .ir.program import Frame, Location, shown_frame
from .semantics import Semantics


def waiting(semantics: Semantics, state: State) -> list[int]:
    """The instances that have to move on and cannot, after urgency."""
    movers = {instance for instance, _, _ in semantics.successors(state)}
    return [i for i in semantics.instances if i not in movers and not semantics.may_stay(state, i)]


def where_waiting(semantics: Semantics, state: State, instance: int) -> str:
    """``cpu_fault[0] waits at cpu_fault.py:98 k.driver.lock() (driver.owner is cpu_fault[1])``."""
    location = semantics.location(state, instance)
    seen = ", ".join(f"{name} is {value}" for name, value in _looked_at(semantics, state, instance))
    return f"{semantics.layout.names[instance]} waits at {place(location)}" + (f" ({seen})" if seen else "")


def place(location: Location) -> str:
    """File, line and text of the author's statement a process stands at."""
    return f"{own_line(location.frames)} {location.label}"


def own_line(frames: tuple[Frame, ...]) -> str:
    """``cpu_fault.py:98``: the line that ``shown_frame`` chooses."""
    frame = shown_frame(frames)
    return f"{frame.file.rpartition('/')[2]}:{frame.line}" if frame else "an unknown place"


def _looked_at(semantics: Semantics, state: State, instance: int) -> list[tuple[str, str]]:
    """The shared cells that the guards of the instance's edges read, with their values."""
    process, me = semantics.layout.instances[instance]
    guards = [edge.guard for edge in process.edges if edge.source == state[instance]]
    return cells_read(state, guards, Scope(semantics.layout, me))
