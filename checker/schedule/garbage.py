# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How often Python looks for garbage while runs follow each other."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 50_000  # objects: some fifty worlds; the default of 700 looks through a world three times while it lives


@contextmanager
def rare_collections() -> Generator[None]:
    """The structures of a run refer to each other in circles, and are garbage as a whole when the next run begins.

    Looked for that rarely, they are found dead the first time: this makes runs half as fast again.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
