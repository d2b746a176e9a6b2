# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who waits for what, and who holds it: the wait-for graph of a deadlock, in words."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType

from ...model.kernel.sched import Task
from .frames import kernel_frames
from .places import own_line


def holders(lock: object, tasks: list[Task]) -> list[Task]:
    """The tasks that hold ``lock``."""
    return [t for t in tasks if any(held is lock for held, _ in t.held)]


def wait_for(waiting: list[Task], frame: Callable[[Task], FrameType | None]) -> str:
    """One clause for each task that waits: its operation with its line, and who holds what it waits for."""
    clauses: list[str] = []
    for task in waiting:
        clause = f"{task.name} waits at '{task.op.name}'"
        line = own_line(kernel_frames(frame(task)))
        if line:
            clause += f" ({line})"
        owners = holders(task.waits, waiting)
        if owners:
            clause += f" held by {', '.join(t.name for t in owners)}"
        if task.held:
            clause += f", holding {', '.join(repr(lock) for lock, _ in task.held)}"
        clauses.append(clause)
    return "nobody can go on: " + "; ".join(clauses)
