# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""On which line of a TOML file a key stands.

``tomllib`` keeps no positions. This scan is no parser: it reads headers and the keys that begin a line, and steps over
strings and brackets that go on for several lines. The text is known to be valid TOML when it is scanned, and a key it
cannot find (in an inline table) has the line of what it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
# What may hide a bracket or go on behind the end of the line: strings, comments; and brackets themselves.
_TOKEN = re.compile(
    r'"""(?:\\.|(?!""").)*(?P<basic>""")?|\'\'\'(?:(?!\'\'\').)*(?P<literal>\'\'\')?'
    r'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[{]|[\]}]'
)


@dataclass(frozen=True)
class Lines:
    """``known``: the line, from 1, of every key that was found, by its dotted name as ``Place.key`` spells it: the
    third ``[[expect]]`` is ``expect 3``."""

    known: Mapping[str, int] = field(default_factory=dict[str, int])

    def of(self, key: str) -> int | None:
        """The line of the key or of the innermost thing around it that was found; None for nothing at all."""
        while key and key not in self.known:
            entry = re.search(r"\s\d+$", key)
            key = key[: entry.start()] if entry else key.rpartition(".")[0]
        return self.known.get(key)


NOWHERE = Lines()


def lines_of(text: str) -> Lines:
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in _beginnings(text):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            table = _name(header[2], counts, grows=header[1] == "[[")
            found.setdefault(table, number)
        elif key is not None:
            found.setdefault(".".join(filter(None, (table, *_parts(key[1])))), number)
    return Lines(found)


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, dotted)]


def _name(dotted: str, counts: dict[str, int], *, grows: bool) -> str:
    """The name of a table below the arrays of tables it stands in: always below the last entry so far."""
    *outer, last = _parts(dotted)
    name = ""
    for part in outer:
        name = f"{name}.{part}" if name else part
        if name in counts:
            name = f"{name} {counts[name]}"
    name = f"{name}.{last}" if name else last
    if grows:
        counts[name] = counts.get(name, 0) + 1
        name = f"{name} {counts[name]}"
    return name


def _beginnings(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of the lines on which something begins, rather than goes on from the line before."""
    depth, quotes = 0, ""
    for number, whole in enumerate(text.splitlines(), start=1):
        line = whole
        if quotes:
            _, closed, line = line.partition(quotes)
            if not closed:
                continue
            quotes = ""
        elif depth == 0:
            yield number, line
        header = _HEADER.match(whole) if depth == 0 else None
        for token in _TOKEN.finditer(line, header.end() if header and line is whole else 0):
            word = token[0]
            if word[:3] in ('"""', "'''") and not (token["basic"] or token["literal"]):
                quotes = word[:3]
            depth += (word in "[{") - (word in "]}")
        depth = 0 if header else depth
