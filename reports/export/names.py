# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Identifiers that another language accepts, close to the names people know."""

from __future__ import annotations

import re

# Names that exporters make themselves: saved values, labels, marks.
MADE = re.compile(r"(saved|completed|able|accept)_\d+|(end_)?l\d+|i\d+")


class Names:
    """Gives every name once. Words and names given are compared without case, as some languages do."""

    def __init__(self, reserved: str) -> None:
        """``reserved``: words that cannot be names, separated by blanks."""
        self._taken = {word.lower() for word in reserved.split()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._taken or MADE.fullmatch(name.lower()) is not None

    def take(self, wanted: str) -> str:
        """``pages.lock.owner`` becomes ``pages_lock_owner``; a clash is settled by a number behind."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_") or "x"
        if plain[0].isdigit():
            plain = f"v_{plain}"
        name, number = plain, 1
        while name in self:
            number += 1
            name = f"{plain}_{number}"
        self._taken.add(name.lower())
        return name


def comment_text(text: str) -> str:
    """What may stand in a comment or a string of every language: one line of plain characters."""
    return re.sub(r"[\s\"\\*%']+", " ", text.encode("ascii", "replace").decode()).strip()
