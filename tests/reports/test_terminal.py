# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The report of a check on a terminal."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import pytest

from svmcheck.reports.terminal import STYLES, remarks, report, shown_with, verdict_text, violations_first
from svmcheck.specs.verdict import Result, Verdict
from tests.golden import check_golden
from tests.reports.examples import RESULTS, livelock


def printed(columns: int, terminal: bool = False, results: tuple[Result, ...] = RESULTS) -> str:
    from rich.console import Console

    out = io.StringIO()
    colours = "standard" if terminal else "auto"
    Console(file=out, width=columns, force_terminal=terminal, color_system=colours).print(report(results))
    return out.getvalue()


@pytest.mark.parametrize("columns", [120, 70])
def test_report(columns: int) -> None:
    check_golden(f"terminal/report_{columns}.txt", printed(columns))


@pytest.mark.parametrize("columns", [40, 60, 90, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    assert max(map(len, printed(columns).splitlines())) <= columns


def test_colour_on_a_terminal() -> None:
    assert "\x1b[1;31mVIOLATED" in printed(120, terminal=True)


def test_every_verdict_has_a_style() -> None:
    assert set(STYLES) == set(Verdict)


def test_the_grade_is_told() -> None:
    assert [verdict_text(r) for r in RESULTS] == ["HOLDS", "TRUNCATED", "VIOLATED (adversarial)"]


def result(name: str, verdict: Verdict, message: str) -> Result:
    return Result(name, "assertion", verdict, "native", 1, 1, 1, 0.0, message=message)


def test_violations_come_first_and_the_rest_as_it_was() -> None:
    verdicts = [Verdict.TRUNCATED, Verdict.VIOLATED, Verdict.HOLDS, Verdict.TRUNCATED, Verdict.VIOLATED]
    found = violations_first(result(str(n), verdict, "") for n, verdict in enumerate(verdicts))
    assert [r.property for r in found] == ["1", "4", "0", "2", "3"]


@pytest.mark.parametrize(("count", "who"), [(1, "p0"), (4, "p0, p1, p2, p3"), (5, "5 properties")])
def test_one_reason_to_be_undecided_is_told_once(count: int, who: str) -> None:
    undecided = [result(f"p{n}", Verdict.TRUNCATED, "not decided beyond the violation of x") for n in range(count)]
    broken = [result(name, Verdict.VIOLATED, "the same sentence") for name in ("x", "y")]
    assert [line.plain.strip() for line in remarks((*broken, *undecided))] == [
        "x: the same sentence",
        "y: the same sentence",
        f"{who}: not decided beyond the violation of x",
    ]


def cut(name: str, steps: int, loop: bool = False) -> Result:
    """The first steps of the livelock; all of them with the loop, if wanted."""
    whole = livelock()
    trace = whole if loop else replace(whole, steps=whole.steps[:steps], loop=None)
    return replace(result(name, Verdict.VIOLATED, "broken"), trace=trace)


@pytest.mark.parametrize(
    ("lengths", "shown"),
    [
        ((5, 5), (None, "p0")),
        ((4, 5), ("p1", None)),
        ((5, 4), (None, "p0")),
        ((3, 5, 4, 5), ("p1", None, "p1", "p1")),
    ],
)
def test_a_run_is_drawn_once(lengths: tuple[int, ...], shown: tuple[str | None, ...]) -> None:
    results = [cut(f"p{n}", length) for n, length in enumerate(lengths)]
    others = (shown_with(r, results) for r in results)
    assert tuple(other and other.property for other in others) == shown


def test_another_run_is_drawn_for_itself() -> None:
    first, goal, other = cut("first", 4), cut("goal", 0, loop=True), cut("other", 4)
    assert other.trace is not None
    changed = (*other.trace.steps[:-1], replace(other.trace.steps[-1], edge=77))
    other = replace(other, trace=replace(other.trace, steps=changed))
    later = replace(other, trace=replace(other.trace, initial=1)) if other.trace else other
    results = [first, goal, other, later]
    assert [shown_with(r, results) for r in results] == [None] * 4
    assert shown_with(cut("system-progress", 0, loop=True), results) == goal


def test_what_is_drawn_elsewhere_is_told() -> None:
    text = printed(100, results=(cut("whole", 5), cut("part", 4), cut("same", 5)))
    assert "part: counterexample of 4 steps, the beginning of the run for whole\n" in text
    assert "same: counterexample of 5 steps, the same run as for whole\n" in text
    assert text.count("get_page(page)") == 1


def test_rich_is_imported_only_to_print() -> None:
    modules = "svmcheck.reports." + ", svmcheck.reports.".join(["terminal", "swimlane", "diagnostics", "json_check"])
    code = f"import {modules}, sys; print([m for m in ('rich', 'jinja2', 'graphviz') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
