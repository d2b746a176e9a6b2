# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

from dataclasses import dataclass

from ...model.ir.program import Program


@dataclass(frozen=True)
class Ample:
    locations: tuple[frozenset[int], ...]
    why_not: str = ""


def ample_locations(program: Program) -> Ample:
    return Ample(())
