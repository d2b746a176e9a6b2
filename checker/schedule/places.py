# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where in somebody's source something happened, as it is shown: frames of the scheduler are left out."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from itertools import dropwhile, takewhile
from pathlib import Path
from types import CodeType, FrameType

from ...model.kernel import object as kobject
from ...model.kernel import sched, sync
from ...model.kernel.sched import Task

PACKAGE = Path(__file__).parents[2]
_SCHEDULER = (str(Path(__file__).parent), sched.__file__)
_PRIMITIVES = (str(Path(sync.__file__).parent), kobject.__file__)


def shown_file(name: str) -> str:
    """Relative to the package for its own files, else to the current folder where the file is inside it."""
    path = Path(name)
    for root in (PACKAGE, PACKAGE.resolve(), Path.cwd()):
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return name


def described(error: BaseException, task: Task | None = None) -> str:
    """What was raised, and at which line. ``task``: whose function was called, and may not be callable like that."""
    entries = dropwhile(_is_scheduler, traceback.extract_tb(error.__traceback__))
    places = [(e.filename, e.lineno) for e in takewhile(lambda entry: not _is_scheduler(entry), entries)]
    outside = [place for place in places if not place[0].startswith(_PRIMITIVES)] or places
    what = ": ".join(text for text in (type(error).__name__, str(error)) if text)
    if not outside and task is not None:
        what = f'the function of task "{task.name}" cannot be called without arguments: {what}'
        code = getattr(task.function, "__code__", None)
        outside = [(code.co_filename, code.co_firstlineno)] if isinstance(code, CodeType) else []
    return f"{what}, at {shown_file(outside[-1][0])}:{outside[-1][1]}" if outside else what


def _is_scheduler(entry: traceback.FrameSummary) -> bool:
    """What it calls itself, for a task at a point, comes further inside."""
    return entry.filename.startswith(_SCHEDULER)


def own_line(frames: Sequence[FrameType]) -> str:
    """FILE:LINE of the innermost of these frames that is no part of the kernel's primitives; empty without any."""
    outside = [frame for frame in frames if not frame.f_code.co_filename.startswith(_PRIMITIVES)]
    return f"{shown_file(outside[-1].f_code.co_filename)}:{outside[-1].f_lineno}" if outside else ""
