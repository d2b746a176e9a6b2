# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The report of a check on a terminal."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from svmcheck.reports.terminal import STYLES, remarks, report, verdict_text, violations_first
from svmcheck.specs.verdict import Result, Verdict
from tests.golden import check_golden
from tests.reports.examples import RESULTS


def printed(columns: int, terminal: bool = False) -> str:
    from rich.console import Console

    out = io.StringIO()
    colours = "standard" if terminal else "auto"
    Console(file=out, width=columns, force_terminal=terminal, color_system=colours).print(report(RESULTS))
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


def test_rich_is_imported_only_to_print() -> None:
    modules = "svmcheck.reports." + ", svmcheck.reports.".join(["terminal", "swimlane", "diagnostics", "json_check"])
    code = f"import {modules}, sys; print([m for m in ('rich', 'jinja2', 'graphviz') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
