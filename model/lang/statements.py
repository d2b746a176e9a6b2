# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The words a protocol function is written with, for editors and type checkers. The compiler gives them their meaning
(docs/language.md); calling one is an error, because a protocol is compiled and never run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Literal, NoReturn, TypeVar

from .declare import Pid, Record

T = TypeVar("T")
WORDS = frozenset({
    "me", "alive", "touch", "wait", "choose", "atomic", "pending", "urgent", "rest", "resched", "cover", "counter",
    "demand", "acquired", "released",
})  # fmt: skip


def _never_run() -> NoReturn:
    raise RuntimeError("a protocol is compiled, never run: use 'svmcheck check FILE'")


def me() -> Pid:
    """The id of the process that takes the step."""
    _never_run()


def alive(record: object) -> bool:
    """Whether the reference points to an allocated record (neither null nor dangling)."""
    _never_run()


def touch(record: object) -> None:
    """Read the record for its own sake: a violation if the reference is null or dangling."""
    _never_run()


def wait(
    condition: bool, *, handover: Literal["strong", "weak"] = "weak", idle: bool = False, spin: bool = False
) -> None:
    """Block until the condition holds, and go on in the same step.

    ``handover="strong"``: whoever finds it true infinitely often gets through (a fair lock). ``idle``: the actor may
    stay here for ever (a worker with nothing to do). ``spin``: waits on the CPU and does not give up its CPU slot.
    """
    _never_run()


def choose(*options: T, eventually: Any = None) -> T:
    """Any of the options. ``eventually``: the option that is taken infinitely often if it could be."""
    _never_run()


def atomic() -> AbstractContextManager[None]:
    """The block is one step. It exists if some path through the block exists."""
    _never_run()


def pending(goal: str) -> AbstractContextManager[None]:
    """While inside, the actor owes the goal; leaving the block completes it."""
    _never_run()


def urgent(on: bool = True) -> AbstractContextManager[None]:
    """A timing assumption: steps inside come before all ordinary steps (one pass between two ordinary own steps)."""
    _never_run()


def rest() -> None:
    """The actor may stop here for ever."""
    _never_run()


def resched() -> None:
    """Give up the CPU slot."""
    _never_run()


def cover(label: str) -> None:
    """This point must be reachable, or the check is vacuous. Also the events of ``never``."""
    _never_run()


def counter(init: int, lo: int, hi: int) -> int:
    """A local integer that will stay between lo and hi."""
    _never_run()


def demand(condition: bool, property: str, message: str) -> None:
    """As ``assert``, reported under the given property. For primitives."""
    _never_run()


def acquired(
    lock: Record,
    *,
    mode: Literal["exclusive", "shared"] = "exclusive",
    blocking: bool = True,
    recursive: bool = False,
    nested: bool = False,
    family: Record | None = None,
) -> None:
    """This step takes the lock: for the lock-order graph. For primitives. By itself it is no step.

    ``blocking=False``: it did not wait (a trylock). ``recursive``: a reader that passes queued writers. ``nested``: the
    order among the locks of this kind is fixed, and one before it is held. ``family``: locks taken so in the same one
    may be taken in any order, since one of two who wait for each other backs off; against others they count as one.
    ``acquired`` and ``released`` at once stand for a wait that only the holder can end.
    """
    _never_run()


def released(lock: Record, *, mode: Literal["exclusive", "shared"] = "exclusive") -> None:
    """This step releases the lock: for the lock-order graph. For primitives."""
    _never_run()
