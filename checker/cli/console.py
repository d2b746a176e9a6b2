# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The one way to rich's console: what is printed is source code and names of users, of which nothing is markup."""

from __future__ import annotations

import errno
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(stream: IO[str] | None = None) -> Console:
    """A console on the stream, or on standard output. Texts come out as they are: ``:100:`` is a line number."""
    from rich.console import Console

    class PipedConsole(Console):
        """One whose reader may leave: rich ends the program with status 1, which here means a violation."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return PipedConsole(file=stream, highlight=False, markup=False, emoji=False)
