# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which kernel runs: generations, policies of drivers, and rules broken on purpose.

An option is a field of a frozen dataclass whose type is ``Literal`` of names or ``bool``, made by ``option()`` with
one sentence on what it decides; the default is the current kernel. Names and choices are those of the protocols in
``model/protocols`` where a protocol has them. The class that declares an option is its group in listings.
"""

from __future__ import annotations

from dataclasses import dataclass

from .gpu import GpuOptions
from .mm import MirrorOptions, MmOptions
from .window import WindowOptions


@dataclass(frozen=True)
class Config(MmOptions, MirrorOptions, GpuOptions, WindowOptions):
    """All options of one kernel."""
