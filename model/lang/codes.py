# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The catalogue of diagnostics: what each code means, with a wrong and a right example (which are tests)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeInfo:
    headline: str
    explanation: str
    wrong: str
    right: str


CODES: dict[str, CodeInfo] = {}
