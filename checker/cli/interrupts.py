# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether somebody pressed Ctrl-C: an engine may catch that to keep what it has found; we must know all the same."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from ..keyboard import Interrupted


class Interrupts:
    """While entered, notes every SIGINT before it becomes a KeyboardInterrupt as usual."""

    def __init__(self) -> None:
        self.seen = False
        self._before: signal.Handlers | object = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python does not allow handlers
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # pyright: ignore[reportArgumentType] - what signal() gave us

    def check(self) -> None:
        """Raises the KeyboardInterrupt that somebody caught in the meantime."""
        if self.seen:
            raise Interrupted

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        raise Interrupted
