# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the GPU driver and the GPU SVM library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GpuOptions:
    """``driver_lock``: the driver's migrate_to_ram() takes a mutex of its own, which the design forbids."""

    driver_lock: bool = False
