# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Text on a grid of cells: tabs, wide and combining characters, wrapping, and lines of styled parts.

A line is a tuple of (text, style) parts, so that one layout serves plain text and colour; the styles are rich's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

Part = tuple[str, str]
Line = tuple[Part, ...]

TAB = 4  # cells: editors differ, and carets only have to agree with the line above them


def expand(text: str) -> str:
    """Tabs as spaces up to the next multiple of ``TAB`` cells, control characters as a visible stand-in."""
    if text.isprintable():
        return text
    result: list[str] = []
    column = 0
    for char in text:
        shown = " " * (TAB - column % TAB) if char == "\t" else char if _visible(char) else "\N{REPLACEMENT CHARACTER}"
        result.append(shown)
        column += width(shown)
    return "".join(result)


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")


def width(text: str) -> int:
    """Cells of a terminal that the text fills: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most ``columns`` cells, broken at blanks where there are any; at least one line.

    Continued lines are indented by two cells. A single character wider than ``columns`` stands alone.
    """
    lines: list[str] = []
    line = ""
    for word in re.findall(r"\s*\S+", expand(text)):
        while width(line) + width(word) > columns:
            if line.strip():
                lines.append(line)
                line, word = _indent(columns), word.lstrip()
            else:
                fitting = _fitting(word, columns - width(line))
                lines.append(line + word[:fitting])
                line, word = _indent(columns), word[fitting:]
        line += word
    return [*lines, line] if line.strip() or not lines else lines


def _indent(columns: int) -> str:
    return "  " if columns > 8 else ""


def _fitting(word: str, columns: int) -> int:
    """How many characters of the word fit; at least one, so that wrapping comes to an end."""
    count = 1
    while count < len(word) and width(word[: count + 1]) <= columns:
        count += 1
    return count


def plain_text(lines: Iterable[Line]) -> str:
    """The lines without styles; ends with a newline."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def rich_text(lines: Iterable[Line]) -> Text:
    """The lines for a rich console, to print with ``soft_wrap=True``, lest rich wraps or cuts them."""
    from rich.text import Text

    rows = [Text.assemble(*line) for line in lines]
    for row in rows:
        row.rstrip()
    return Text("\n").join(rows)
