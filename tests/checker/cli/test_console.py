# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is printed comes out as it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import svmcheck.checker.cli
from svmcheck.checker.cli.console import console


@pytest.mark.parametrize("text", ["a.py:100: never taken", "k.f: true :100:", "[bold]x[/bold]", "pages[0] [1]"])
def test_no_text_is_markup_or_an_emoji(text: str) -> None:
    out = io.StringIO()
    console(out).print(text)
    assert out.getvalue() == f"{text}\n"


def test_every_command_prints_by_it() -> None:
    folder = Path(svmcheck.checker.cli.__file__).parent
    assert [p.name for p in folder.glob("*.py") if "Console(" in p.read_text()] == ["console.py"]
