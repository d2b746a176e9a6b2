# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An error in a protocol file as a value: code, headline, where, what to do. Rendering is for reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..ir.program import Frame


@dataclass(frozen=True, slots=True)
class Label:
    """A place worth pointing at beside the primary one, with what it has to do with the error."""

    frame: Frame
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """``frame`` is the primary place; ``chain`` the calls that led there, outermost first (for inlined functions).

    ``severity``: an error stops the compilation, a warning or a hint does not.
    """

    code: str
    headline: str
    frame: Frame
    help: str
    labels: tuple[Label, ...] = ()
    chain: tuple[Frame, ...] = ()
    severity: Literal["error", "warning", "hint"] = "error"


class ProtocolError(Exception):
    """A protocol file that cannot be used. Carries every diagnostic found, by place, at most ``MOST``."""

    MOST = 20

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)[: self.MOST]
        places = (f"{d.frame.file}:{d.frame.line}:{d.frame.column}: {d.headline}" for d in self.diagnostics)
        super().__init__("\n".join(places))


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file, line and column."""
    return tuple(sorted(diagnostics, key=lambda d: (d.frame.file, d.frame.line, d.frame.column, d.code)))
