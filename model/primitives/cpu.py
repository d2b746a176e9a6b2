# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One CPU that runs one actor at a time: ``@process(on=World.cpu1, preemptible=False)`` binds an actor to it.

``handover``: whether an actor that waits for the CPU gets it eventually each time it becomes free infinitely often.
"""

from __future__ import annotations

from typing import Literal

from ..lang import Record, pid


class CpuSlot(Record):
    handover: Literal["strong", "weak"] = "weak"
    owner = pid()
