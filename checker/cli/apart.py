# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Standard output belongs to results: what a user's scenario prints while it runs goes to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def apart() -> Generator[None]:
    """While entered, ``print()``, writes to descriptor 1, and child processes write to standard error."""
    saved = _moved()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if saved is not None:
            os.dup2(saved, 1)
            os.close(saved)


def _moved() -> int | None:
    """A copy of descriptor 1, which is one of standard error now; None where standard output is something else."""
    try:
        if sys.stdout.fileno() != 1:
            return None
        sys.stdout.flush()
        saved = os.dup(1)
    except (OSError, ValueError):
        return None
    try:
        os.dup2(2, 1)
    except OSError:  # there is no standard error
        os.close(saved)
        return None
    return saved
