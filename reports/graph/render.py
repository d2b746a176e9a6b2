# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Pictures of dot sources by graphviz's ``dot``; without it the source is written all the same."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Format = Literal["svg", "pdf", "png"]
PATIENCE = 60  # seconds; layouts of thousands of nodes can take hours, and nobody reads such a drawing
MISSING = "dot is not installed: apt-get install graphviz"


@dataclass(frozen=True, slots=True)
class Rendered:
    """``picture``: the file made, or None with ``message`` saying why and what to do. ``source``: the dot source."""

    picture: Path | None
    source: Path
    message: str = ""


def render(gv_text: str, path: Path, format: Format | None = None) -> Rendered:
    """Writes ``path`` (by default in the format its suffix names, else svg) and the source beside it as ``.gv``.

    Raises OSError if the folder cannot be written.
    """
    wanted = format or _format_of(path)
    source = path.with_suffix(".gv")
    path.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(gv_text, encoding="utf-8")
    picture, problem = _run(gv_text, wanted)
    if picture is None:
        return Rendered(None, source, f"{problem}; the source is in {source}")
    path.write_bytes(picture)
    return Rendered(path, source)


def svg(gv_text: str) -> str | None:
    """The drawing as an ``<svg>`` element for a page, or None if there is no ``dot`` or it fails."""
    picture, _ = _run(gv_text, "svg")
    if picture is None:
        return None
    text = picture.decode("utf-8")
    return text[text.index("<svg") :].strip()


def _format_of(path: Path) -> Format:
    match path.suffix:
        case ".pdf":
            return "pdf"
        case ".png":
            return "png"
        case _:
            return "svg"


def _run(gv_text: str, format: Format) -> tuple[bytes | None, str]:
    """The picture, or None with the problem in a few words."""
    command, text = ["dot", f"-T{format}"], gv_text.encode("utf-8")
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        return None, MISSING
    except subprocess.TimeoutExpired:
        return None, f"dot found no layout within {PATIENCE} seconds"
    except OSError as error:
        return None, f"dot cannot be run: {error.strerror}"
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
        return None, f"dot failed: {lines[0]}"
    return done.stdout, ""
