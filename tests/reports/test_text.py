# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Widths and wrapping on a grid of cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svmcheck.reports.text import expand, width, wrap


def test_widths() -> None:
    assert [width(t) for t in ("abc", "漢字", "e\u0301", "")] == [3, 4, 1, 0]


def test_tabs_and_control_characters() -> None:
    assert expand("a\tb\tc") == "a   b   c"
    assert expand("漢\tb") == "漢  b"
    assert expand("\x1b[31mred") == "\N{REPLACEMENT CHARACTER}[31mred"


def test_wrapping_at_blanks_else_anywhere() -> None:
    assert wrap("if page.refs != 1", 12) == ["if page.refs", "  != 1"]
    assert wrap("abcdefghijklmnop", 10) == ["abcdefghij", "  klmnop"]
    assert wrap("", 10) == [""]


@given(st.text(max_size=60), st.integers(2, 30))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(expand(text).split())
