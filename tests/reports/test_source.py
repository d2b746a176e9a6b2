# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Source lines, the frame that stands for a step, and short names of files."""

from __future__ import annotations

from pathlib import Path

from svmcheck.reports.source import Sources, place, short_names, shown_frame
from tests.reports.examples import FILE, called, frame


def test_a_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("# -*- coding: latin-1 -*-\r\nx = '\xe9'\r\n".encode("latin-1"))
    assert Sources(tmp_path).line(frame(2, file="a.py")) == "x = 'é'"


def test_what_cannot_be_read_is_blank(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    sources = Sources(tmp_path)
    assert [sources.line(frame(n, file=f)) for n, f in ((1, "none.py"), (1, "binary"), (1, "."))] == ["", "", ""]


def test_a_line_outside_the_file_is_blank(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n")
    assert Sources(tmp_path).line(frame(9, file="a.py")) == ""
    assert Sources(tmp_path).line(frame(0, file="a.py")) == ""


def test_the_call_in_the_own_file_stands_for_the_step() -> None:
    assert place(called(61, 14, "lock")) == f"{FILE}:61"
    assert place((frame(90), frame(61))) == f"{FILE}:61"
    assert shown_frame(()) is None
    assert place(()) == ""


def test_short_names_stay_apart() -> None:
    names = short_names(["a/b/x.py", "a/c/x.py", "a/c/y.py", "x.py"])
    assert names == {"a/b/x.py": "b/x.py", "a/c/x.py": "c/x.py", "a/c/y.py": "y.py", "x.py": "x.py"}
