# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The shipped scenarios of the executable kernel: each module registers its own (``model/kernel/scenario.py``)."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..scenario import SCENARIOS, Scenario


def load() -> dict[str, Scenario]:
    """All scenarios by name; modules of this folder are imported on the first call."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return SCENARIOS
