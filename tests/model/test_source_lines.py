# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Source lines, and the statement that a frame spans."""

from __future__ import annotations

from pathlib import Path

from svmcheck.model.ir.program import Frame
from svmcheck.model.source_lines import Sources
from tests.reports.examples import frame


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


def test_a_statement_is_what_its_frame_spans_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("    x = 1  # one\n    if (x\n        == 1):\n    while x:\n        pass\n")
    sources = Sources(tmp_path)
    assert sources.statement(Frame("a.py", 1, 5, 1, 10, "")) == "x = 1"
    assert sources.statement(Frame("a.py", 2, 5, 3, 14, "")) == "if (x"
    assert sources.statement(Frame("a.py", 4, 5, 5, 13, "")) == "while x"
    assert sources.statement(Frame("none.py", 4, 5, 5, 13, "")) == ""
