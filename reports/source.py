# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The source text that a frame points at, for showing it beside a step. A file that cannot be read is blank."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..model.ir.program import Frame, shown_frame

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


def _read(path: Path) -> tuple[str, ...]:
    try:
        with tokenize.open(path) as file:  # honours the coding line of a Python file
            text = file.read()
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(line.rstrip("\r") for line in text.split("\n"))


def place(frames: tuple[Frame, ...]) -> str:
    """``file:line`` of the shown frame, or nothing for a step without a place (a stutter)."""
    frame = shown_frame(frames)
    return f"{frame.file}:{frame.line}" if frame else ""


def short_names(files: Iterable[str]) -> dict[str, str]:
    """Each path by its shortest tail that no other of the paths ends with."""
    paths = {file: Path(file).parts for file in files}
    return {file: _shortest(parts, [p for f, p in paths.items() if f != file]) for file, parts in paths.items()}


def _shortest(parts: tuple[str, ...], others: list[tuple[str, ...]]) -> str:
    for count in range(1, len(parts) + 1):
        if all(other[-count:] != parts[-count:] for other in others):
            return str(Path(*parts[-count:]))
    return str(Path(*parts))
