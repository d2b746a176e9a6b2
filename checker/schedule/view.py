# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What fairness and progress ask of a state of a run, as bit masks over tasks (bit i is task number i + 1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...model.kernel.sched import ACQUIRE, SHARE, Task

Goal = tuple[int, str]  # the number of the task that owes it, and its name
Offer = tuple[int, str]  # the number of the task that is offered a lock, and the lock


@dataclass(frozen=True, slots=True)
class View:
    """``alive``: tasks that began and have not ended. ``enabled``: those that can go on; ``able``: that could, were
    nothing urgent. ``content``: those that may stay where they are for ever. ``offers``: locks that a task waits for
    and can take now. ``owed``: goals that are pending."""

    alive: int
    enabled: int
    able: int
    content: int
    offers: frozenset[Offer]
    owed: frozenset[Goal]


NOBODY = View(0, 0, 0, 0, frozenset(), frozenset())
"""The state after the end of a complete run."""


def mask(tasks: Iterable[Task]) -> int:
    return sum(1 << (task.number - 1) for task in tasks)


def view(alive: list[Task], enabled: list[Task]) -> View:
    """What there is to see when a strategy is asked who goes on."""
    able = [task for task in alive if task.op.ready is None or task.op.ready()]
    can = mask(able)
    return View(
        mask(alive),
        mask(enabled),
        can,
        mask(task for task in alive if task.daemon) & ~can,
        frozenset(offer(task) for task in enabled if task.op.mode in (ACQUIRE, SHARE)),
        frozenset((task.number, goal) for task in alive for goal in task.pending),
    )


def offer(task: Task) -> Offer:
    """The lock that the task is about to take: it stays at this operation until it has it."""
    waits = task.waits
    return task.number, task.op.name if waits is None or isinstance(waits, str) else repr(waits)


def completions(task: Task) -> dict[str, int]:
    """How often the task completed each of its goals, to compare with later."""
    return dict(task.completed)


def completed(task: Task, before: dict[str, int]) -> frozenset[str]:
    """The goals that the task completed since."""
    return frozenset(goal for goal, count in task.completed.items() if count != before.get(goal, 0))
