# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Ctrl-C told from code of a user that raises ``KeyboardInterrupt`` by itself."""

from __future__ import annotations

import signal


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C, and a handler of ours noticed."""


def by_keyboard(error: BaseException) -> bool:
    """Whether Ctrl-C raised it. Where Python's own handler is in charge nobody can tell, and it counts as Ctrl-C."""
    if isinstance(error, Interrupted):
        return True
    return isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is signal.default_int_handler
