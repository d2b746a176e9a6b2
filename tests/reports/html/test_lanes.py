# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Rows, lanes and bars of the page's swimlane."""

from __future__ import annotations

from svmcheck.reports.html.lanes import Row, swimlanes
from tests.reports.examples import finite, livelock, stuck


def bars(row: Row, lane: int) -> dict[str, str]:
    return {bar.lock: bar.part for bar in row.lanes[lane].bars}


def test_a_bar_lasts_from_lock_to_unlock() -> None:
    rows = swimlanes(finite()).rows
    assert [bars(row, 0) for row in rows[1:]] == [{"ptl": p} for p in ("from", "through", "through", "to", "none")]
    assert bars(rows[5], 1) == {"ptl": "from"}


def test_a_lock_has_one_colour_in_every_lane() -> None:
    lanes = swimlanes(livelock())
    assert dict(lanes.locks).keys() == {"ptl", "pages[0].lock"}
    used = {(bar.lock, bar.colour) for row in lanes.rows for lane in row.lanes for bar in lane.bars}
    assert used == set(lanes.locks)


def test_a_hand_over_is_told_in_a_word_and_other_changes_in_values() -> None:
    first, third = swimlanes(livelock()).rows[1], swimlanes(livelock()).rows[3]
    assert [(p.verb, p.lock) for p in first.passed] == [("takes", "ptl")]
    assert first.changes == ()
    assert third.passed == ()
    assert [c.name for c in third.changes] == ["pages[0].refs"]
    assert first.cells == "ptl.owner"


def test_the_loop_is_marked() -> None:
    assert [row.loop for row in swimlanes(livelock()).rows] == [""] * 9 + ["first"] + ["inner"] * 6 + ["last"]
    assert [row.loop for row in swimlanes(stuck()).rows] == [""] * 4 + ["only"]
    assert {row.loop for row in swimlanes(finite()).rows} == {""}


def test_nobody_moves_in_a_stutter_and_at_the_start() -> None:
    rows = swimlanes(stuck()).rows
    assert [row.actor for row in (rows[0], rows[1], rows[-1])] == ["", "cpu_fault[0]", ""]
