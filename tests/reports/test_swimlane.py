# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The swimlane: golden layouts for several widths, and that no width breaks it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svmcheck.model.trace import Trace
from svmcheck.reports.source import Sources
from svmcheck.reports.swimlane import ASCII, REPEAT_HEADING, Swimlane, plain
from svmcheck.reports.text import width
from tests.golden import check_golden
from tests.reports.examples import FILE, SPINLOCK, finite, livelock, stuck
from tests.reports.test_json_check import traces


@pytest.mark.parametrize("columns", [120, 80, 50])
def test_livelock(columns: int) -> None:
    check_golden(f"swimlane/livelock_{columns}.txt", plain(livelock(), columns))


def test_a_finite_run_ends_with_the_call_chain_and_its_source(tmp_path: Path) -> None:
    for name, line, text in ((FILE, 61, "    k.ptl.lock()"), (SPINLOCK, 14, "    wait(self.owner == null)")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("\n" * (line - 1) + text + "\n")
    text = plain(finite(), 100, sources=Sources(tmp_path))
    check_golden("swimlane/finite_100.txt", text)
    assert text.splitlines()[-3:] == [
        "no-use-after-free: cpu_fault[1] follows page after evictor freed pages[0]",
        f"  at {FILE}:61 in take_fault:  k.ptl.lock()",
        f"  at {SPINLOCK}:14 in lock:  wait(self.owner == null)",
    ]


def test_a_loop_in_which_nobody_moves() -> None:
    check_golden("swimlane/stuck_100.txt", plain(stuck(), 100))


def test_ascii_only() -> None:
    text = plain(livelock(), 100, ASCII)
    assert text.isascii()
    check_golden("swimlane/livelock_ascii.txt", text)


def test_a_long_trace_repeats_the_names_with_what_they_hold() -> None:
    whole = livelock()
    text = plain(replace(whole, steps=(*whole.steps[:12], *(whole.steps[10],) * REPEAT_HEADING), loop=None), 120)
    headings = [n for n, line in enumerate(text.splitlines()) if line.lstrip().startswith("step  source")]
    assert len(headings) == 2
    assert text.splitlines()[headings[1] + 1].split("holds ")[1:] == [f"{'pages[0].lock':<41}", "ptl"]


def test_what_is_held_stays_in_its_lane() -> None:
    whole = livelock()
    first, second = (f"cpu_fault[{n}]" for n in range(2))
    names = [f"pages[{n}].a_lock_with_a_long_name" for n in range(4)]
    start = (*whole.start, *((f"{name}.owner", first) for name in names), ("mmap.owner", second))
    steps = (*whole.steps[:12], *(whole.steps[10],) * (REPEAT_HEADING + 1))
    holders = whole.holders | {name for name, _ in start if name.endswith(".owner")}
    text = plain(replace(whole, start=start, steps=steps, loop=None, holders=holders), 120)
    heading, *rows = text[text.rindex("  step  source") :].splitlines()
    left, right = heading.index(first), heading.index(second)
    held = rows[: next(n for n, row in enumerate(rows) if row.strip()[0].isdigit())]
    assert all(row[right - 1 : right] in ("", " ") for row in held)
    said = "".join(row[left:right].strip() + " " for row in held)
    assert all(name in said for name in names)
    assert held[0][right:] == "holds ptl, mmap"


def test_nothing_happens_before_a_violation_of_the_initial_state() -> None:
    shown = plain(Trace(0, (), ("a", "b"), (), None, "broken: at once"))
    assert shown == "  no step in this run: a, b\n\nbroken: at once\n"


@settings(max_examples=60)
@given(traces(), st.integers(30, 150))
def test_no_line_is_wider_than_the_terminal(trace: Trace, columns: int) -> None:
    assert all(width(line) <= columns for line in plain(trace, columns).splitlines())


def test_output_that_is_no_terminal_has_no_colour_and_no_trailing_blanks() -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=120).print(Swimlane(livelock()))
    assert out.getvalue() == plain(livelock(), 120)
