# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The source text that a frame points at, for showing it beside a step. A file that cannot be read is blank."""

from __future__ import annotations

import tokenize
from dataclasses import dataclass, field
from pathlib import Path

from .ir.program import Frame

PACKAGE = Path(__file__).resolve().parents[1]
"""Where frames of the shipped primitives and protocols start from, whatever the current directory is."""


@dataclass(frozen=True)
class Sources:
    """Source files by path, each read once. ``root``: where relative paths start (default: the current directory)."""

    root: Path = Path()
    _lines: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def lines(self, file: str) -> tuple[str, ...]:
        """All lines of a file without their ends; none if it is missing or is no text."""
        if file not in self._lines:
            self._lines[file] = _read(self.root / file) or _read(PACKAGE / file)
        return self._lines[file]

    def line(self, frame: Frame) -> str:
        """The line a frame starts on; blank if there is none."""
        lines = self.lines(frame.file)
        return lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""

    def statement(self, frame: Frame) -> str:
        """What the frame spans of its first line, written as the label of a step; blank if there is none."""
        end = frame.end_column - 1 if frame.end_line == frame.line else None
        return self.line(frame)[frame.column - 1 : end].strip().removesuffix(":")


def _read(path: Path) -> tuple[str, ...]:
    try:
        with tokenize.open(path) as file:  # honours the coding line of a Python file
            text = file.read()
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(line.rstrip("\r") for line in text.split("\n"))
