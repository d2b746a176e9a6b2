# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a thread in user mode does to memory: loads and stores, which fault until they succeed or a signal ends them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .address_space import Mm


class Signal(Enum):
    """How an access ended that could not be made."""

    SIGSEGV = "SIGSEGV"
    SIGBUS = "SIGBUS"
    OOM = "OOM"


def cpu_read(mm: Mm, vpn: int, offset: int = 0, size: int = 1) -> bytes | Signal:
    """A load of ``size`` bytes from one page."""
    raise NotImplementedError


def cpu_write(mm: Mm, vpn: int, offset: int, data: bytes) -> Signal | None:
    """A store to one page; None: done."""
    raise NotImplementedError
