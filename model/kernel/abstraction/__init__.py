# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How worlds of the executable kernel look to the protocols in ``model/protocols``: one file per protocol."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .abstraction import PRESENT, Abstraction, Observed, Slot, same


def load() -> dict[str, Abstraction]:
    """Every abstraction, by the name of its protocol in the catalogue."""
    found: dict[str, Abstraction] = {}
    for module in iter_modules(__path__):
        value: object = getattr(import_module(f"{__name__}.{module.name}"), "ABSTRACTION", None)
        if isinstance(value, Abstraction):
            found[value.protocol] = value
    return found


__all__ = ["PRESENT", "Abstraction", "Observed", "Slot", "load", "same"]
