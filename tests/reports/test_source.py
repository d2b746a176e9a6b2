# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The frame that stands for a step, and short names of files."""

from __future__ import annotations

from svmcheck.reports.source import place, short_names, shown_frame
from tests.reports.examples import FILE, called, frame


def test_the_call_in_the_own_file_stands_for_the_step() -> None:
    assert place(called(61, 14, "lock")) == f"{FILE}:61"
    assert place((frame(90), frame(61))) == f"{FILE}:61"
    assert shown_frame(()) is None
    assert place(()) == ""


def test_short_names_stay_apart() -> None:
    names = short_names(["a/b/x.py", "a/c/x.py", "a/c/y.py", "x.py"])
    assert names == {"a/b/x.py": "b/x.py", "a/c/x.py": "c/x.py", "a/c/y.py": "y.py", "x.py": "x.py"}
