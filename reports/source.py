# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How the place of a step is written: file and line, the file by a short name where space is dear."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..model.ir.program import Frame, shown_frame
from ..model.source_lines import Sources

__all__ = ["Sources", "place", "short_names", "shown_frame"]


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
