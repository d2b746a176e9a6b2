# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Comparison with golden files in ``tests/golden``; ``UPDATE_GOLDEN=1 pytest ...`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Fails unless ``text`` is what the golden file holds; pytest shows the difference."""
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: run with UPDATE_GOLDEN=1 to write it, and read it before you commit it"
    assert text == path.read_text(encoding="utf-8")
