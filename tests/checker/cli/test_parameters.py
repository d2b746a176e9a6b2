# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Amounts and assignments as people write them."""

from __future__ import annotations

import click
import pytest

from svmcheck.checker.cli.parameters import assignment, duration, memory, size_assignment


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5h", 5400), ("10m", 600), ("2 s", 2), ("0.5", 0.5), ("3M", 180)]
)
def test_time(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("1000", 1000), ("512M", 512 << 20), ("4G", 4 << 30), ("1.5g", 3 << 29), ("2KiB", 2048), ("1TB", 1 << 40)],
)
def test_memory(text: str, size: int) -> None:
    assert memory(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "4X", "G", "1e9", "four", "nan", "inf"])
def test_what_is_no_amount(text: str) -> None:
    for kind in (memory, duration):
        with pytest.raises(click.BadParameter, match="write for example"):
            kind(text)


def test_assignments() -> None:
    assert assignment("a = b=c") == ("a", "b=c")
    assert size_assignment("threads=3") == ("threads", 3)
    for text in ("a", "=b", "a=", ""):
        with pytest.raises(click.BadParameter, match="NAME=VALUE"):
            assignment(text)
    for text in ("threads=three", "threads=1.5", "threads=1e3"):
        with pytest.raises(click.BadParameter, match="not an integer"):
            size_assignment(text)
