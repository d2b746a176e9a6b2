# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Diagnostics with their source: carets under the right cells, secondary labels, call chain, help."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from svmcheck.model.ir.program import Frame
from svmcheck.model.lang.diagnostics import Diagnostic, Label
from svmcheck.reports.diagnostics import diagnostic_json, plain, plain_all, show
from svmcheck.reports.source import Sources
from tests.golden import check_golden

PROTOCOL = """\
def take(k: World) -> None:
    with k.lock:
        drop(k)
\twait(k.lock.trylock())
    name = "漢字"; k.pte = 漢
    while (
        k.pte
        != Pte.RAM
    ):
        pass
    x = 1
    y = 2
    z = 3
"""


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    (tmp_path / "p.py").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "other.py").write_text("def drop(k):\n    k.lock.unlock()\n", encoding="utf-8")
    return Sources(tmp_path)


def at(line: int, column: int, end_line: int, end_column: int, file: str = "p.py", function: str = "take") -> Frame:
    return Frame(file, line, column, end_line, end_column, function)


SIMPLE = Diagnostic("SVM204", "a wait cannot take a lock", at(4, 7, 4, 23), "write a loop with trylock in its test")
RICH = Diagnostic(
    "SVM310",
    "drop() releases the lock of this `with`",
    at(3, 9, 3, 16),
    "use k.lock.lock() and k.lock.unlock()\nor declare drop() with @releases",
    (Label(at(2, 5, 2, 16), "held from here"), Label(at(2, 5, 2, 18, "other.py", "drop"), "released here")),
    (at(40, 5, 40, 12, function="cpu_fault"), at(30, 5, 30, 12, function="fault")),
)
CASES = {
    "simple": SIMPLE,
    "labels_and_chain": RICH,
    "wide": Diagnostic("SVM101", "not a name", at(5, 26, 5, 27), "", severity="warning"),
    "multi_line": Diagnostic("SVM102", "a loop without a step", at(6, 5, 10, 13), "put a step in it", severity="hint"),
    "long_span": Diagnostic("SVM103", "too long", at(1, 1, 13, 10), "split it", (Label(at(11, 5, 11, 6), "here"),)),
    "to_line_start": Diagnostic("SVM104", "ends early", at(11, 5, 12, 1), "", (Label(at(12, 5, 13, 1), "this"),)),
    "outside": Diagnostic("SVM105", "past the end of the file", at(99, 1, 99, 2), "see the file"),
    "end_of_line": Diagnostic("SVM106", "a colon is missing", at(11, 10, 11, 10), "add one"),
    "no_file": Diagnostic("SVM001", "no such file", Frame("none.py", 1, 1, 1, 1, ""), "check the path"),
}


@pytest.mark.parametrize("name", CASES)
def test_rendering(name: str, sources: Sources) -> None:
    check_golden(f"diagnostics/{name}.txt", plain(CASES[name], sources))


def test_the_first_line_is_what_editors_parse(sources: Sources) -> None:
    assert plain(SIMPLE, sources).splitlines()[0] == "p.py:4:7: error[SVM204]: a wait cannot take a lock"


def printed(*diagnostics: Diagnostic, sources: Sources, terminal: bool = False) -> str:
    from rich.console import Console

    out = io.StringIO()
    colours = "standard" if terminal else None
    show(Console(file=out, force_terminal=terminal, width=20, color_system=colours), diagnostics, sources)
    return out.getvalue()


def test_a_narrow_console_keeps_the_carets_under_their_line(sources: Sources) -> None:
    assert printed(RICH, SIMPLE, sources=sources) == plain_all([RICH, SIMPLE], sources)


def test_colour_on_a_terminal(sources: Sources) -> None:
    assert "\x1b[1;31merror" in printed(SIMPLE, sources=sources, terminal=True)


def test_brackets_in_a_headline_are_no_markup(sources: Sources) -> None:
    text = printed(Diagnostic("X", "[bold]x[/bold]", at(1, 1, 1, 2), ""), sources=sources)
    assert text.splitlines()[0] == "p.py:1:1: error[X]: [bold]x[/bold]"


def test_several(sources: Sources) -> None:
    assert plain_all([SIMPLE, RICH], sources) == plain(SIMPLE, sources) + "\n" + plain(RICH, sources)


def test_json() -> None:
    value = diagnostic_json(RICH)
    assert json.loads(json.dumps(value)) == value
    place = {"file": "p.py", "line": 3, "column": 9, "end_line": 3, "end_column": 16, "function": "take"}
    assert [value[k] for k in ("code", "severity", "frame")] == ["SVM310", "error", place]
    labels, chain = value["labels"], value["chain"]
    assert isinstance(labels, list)
    assert isinstance(chain, list)
    assert (len(labels), len(chain)) == (2, 2)
