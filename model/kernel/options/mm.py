# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the memory management."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MmOptions:
    """``generation``: how do_swap_page() keeps a device page, as in ``model/protocols/cpu_fault.py``."""

    generation: Literal["g0", "g1", "g2", "g3"] = "g3"
    urgent_refault: bool = False
