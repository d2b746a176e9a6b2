# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Code of a scenario that the scheduler cannot go on with: it keeps the processor, or its task cannot be ended."""

from __future__ import annotations

from types import FrameType

from ...model.kernel.sched import Task
from ..selection import BadRequest
from .frames import kernel_frames
from .places import own_line


class Hung(BaseException):
    """Raised inside code that reaches no point. ``told``: what the user is told."""

    def __init__(self, told: BadRequest) -> None:
        super().__init__(str(told))
        self.told = told


def no_point(task: Task | None, frame: FrameType | None, seconds: float) -> Hung:
    """``task``: None for the set-up."""
    if task is None:
        return Hung(BadRequest(f"the set-up has not come to its end in {seconds:g} s", "make it shorter", _line(frame)))
    what = f'task "{task.name}" has reached no point for {seconds:g} s, and no other task can run meanwhile'
    advice = "put a point into the loop, such as read() of a Kobject; wait with what model/kernel/sync has, and no lock"
    return Hung(BadRequest(what, f"{advice} of Python", _line(frame)))


def catches_all(task: Task, frame: FrameType | None) -> BadRequest:
    what = f'task "{task.name}" cannot be ended: it catches what ends it at every point'
    return BadRequest(what, "write `except Exception:` and not `except:` or `except BaseException:`", _line(frame))


def _line(frame: FrameType | None) -> str:
    return own_line(kernel_frames(frame))
