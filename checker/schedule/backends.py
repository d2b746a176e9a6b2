# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How tasks are suspended and resumed: greenlets, or operating-system threads that pass a baton.

Both run one task at a time and give the same schedules the same results; greenlets switch about a hundred times
faster, threads work where greenlet cannot be installed and let a debugger show every task's stack.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from ...model.kernel.sched import Task
from ..selection import BadRequest


class Backend(Protocol):
    """``thread``: the identifier of the thread that the task runs in whose turn it is."""

    @property
    def thread(self) -> int: ...

    def create(self, task: Task, body: Callable[[], None]) -> None:
        """Give ``task`` a stack of its own that will execute ``body``."""
        ...

    def switch(self, task: Task) -> None:
        """Go on with ``task``; returns when somebody switches back to the caller."""
        ...

    def home(self) -> None:
        """Go on with whoever called ``run``; the calling task is not resumed unless by ``switch``."""
        ...

    def run(self, task: Task) -> None:
        """Called by the runtime, outside of every task: go on with ``task`` until some task goes home or ends."""
        ...

    def frame(self, task: Task) -> FrameType | None:
        """The innermost frame of a task, suspended or the caller; None for one that has not begun or has ended."""
        ...


class Greenlets:
    """The backend for speed."""

    def __init__(self) -> None:
        import greenlet

        self._new: Any = greenlet.greenlet
        self._main: Any = greenlet.getcurrent()
        self._current: Callable[[], object] = greenlet.getcurrent
        self.thread = threading.get_ident()

    def create(self, task: Task, body: Callable[[], None]) -> None:
        task.backing = self._new(body, self._main)

    def switch(self, task: Task) -> None:
        backing: Any = task.backing
        backing.switch()

    def home(self) -> None:
        self._main.switch()

    def run(self, task: Task) -> None:
        backing: Any = task.backing
        backing.switch()

    def frame(self, task: Task) -> FrameType | None:
        backing: Any = task.backing
        return sys._getframe(1) if backing is self._current() else backing.gr_frame  # pyright: ignore[reportPrivateUsage]


class _Baton:
    """A thread that runs only while it holds the baton. ``frame``: where it gave it away, while somebody else has it.

    It notes that itself: ``sys._current_frames()`` has been seen to hang where threads come and go.
    """

    def __init__(self, body: Callable[[], None], over: Callable[[], None]) -> None:
        self.turn = threading.Semaphore(0)
        self.frame: FrameType | None = None

        def main() -> None:
            self.turn.acquire()
            try:
                body()
            finally:
                over()

        self.thread = threading.Thread(target=main, daemon=True)
        self.thread.start()


class Threads:
    """The backend with real threads."""

    def __init__(self) -> None:
        self._main = threading.Semaphore(0)
        self._local = threading.local()
        self.thread = 0

    def create(self, task: Task, body: Callable[[], None]) -> None:
        def marked() -> None:
            self._local.baton = baton
            body()

        baton = task.backing = _Baton(marked, self._main.release)

    def switch(self, task: Task) -> None:
        mine: _Baton = self._local.baton
        mine.frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        self._resume(task)
        self._wait(mine)

    def home(self) -> None:
        mine: _Baton = self._local.baton
        mine.frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        self._main.release()
        self._wait(mine)

    def _wait(self, mine: _Baton) -> None:
        mine.turn.acquire()
        mine.frame = None

    def run(self, task: Task) -> None:
        self._resume(task)
        self._main.acquire()

    def frame(self, task: Task) -> FrameType | None:
        backing = task.backing
        assert isinstance(backing, _Baton)
        if backing.thread.ident == threading.get_ident():
            return sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        if backing.frame is None and backing.thread.ident == self.thread:  # it runs: asked for where it hangs
            return sys._current_frames().get(self.thread)  # pyright: ignore[reportPrivateUsage]
        return backing.frame

    def _resume(self, task: Task) -> None:
        backing = task.backing
        assert isinstance(backing, _Baton)
        self.thread = backing.thread.ident or 0
        backing.turn.release()


BACKENDS = ("greenlets", "threads")


def make_backend(name: str) -> Backend:
    """Raises BadRequest where greenlet cannot be imported."""
    if name == "threads":
        return Threads()
    try:
        return Greenlets()
    except ImportError:
        raise BadRequest("greenlet is not installed", "install it, or use the slower --backend threads") from None
