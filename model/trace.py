# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A counterexample as a value: the steps of a run with what they changed, and for a lasso where it loops."""

from __future__ import annotations

from dataclasses import dataclass

from .ir.program import Frame


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of the state that a step changed, both values as text for people."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who, what, where. ``process`` and ``edge`` number the instance and the edge of its class, for replay.

    ``edge`` is -1 for the stutter of a run in which nobody has to move any more.
    """

    actor: str
    process: int
    edge: int
    label: str
    frames: tuple[Frame, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A run from an initial state.

    ``initial``: the number of the initial state; ``start``: all visible cells of it, name and value, as text.
    ``loop``: the index of the first step of the part that repeats for ever, or None for a finite run.
    ``actors``: the display names of all instances, in program order.
    ``violation``: what the last step (or the last state) breaks, in one sentence.
    ``holders``: the names of the cells that say who holds a lock. A set of actors may also be a queue.
    """

    initial: int
    start: tuple[tuple[str, str], ...]
    actors: tuple[str, ...]
    steps: tuple[Step, ...]
    loop: int | None = None
    violation: str = ""
    holders: frozenset[str] = frozenset()
