# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The comparison's arithmetic: ratios and agreement. Nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks.compare import Comparison, Limit, Line, agree, markdown
from benchmarks.tools import Measured, Took, Tool


def measured(states: int = 1000, search: float = 1.0, errors: int = 0) -> Measured:
    return Measured(states, 4000, errors, search, search + 2, search, 16_000, 16)


def tool(explores_all: bool = True) -> Tool:
    return Tool("peer", 1, lambda model: measured(), explores_all=explores_all)


def test_the_fastest_round_counts_and_the_slowest_is_told() -> None:
    own = Line("svmcheck", 1, (measured(search=2.0), measured(search=0.5)))
    peer = Line("peer", 1, (measured(search=5.0),))
    text = markdown([Comparison("m", (own, peer), (Limit(1, "state", Took(0.25, 0.25)),))])
    assert "0.50 (to 2.00)" in text
    assert text.splitlines()[5].endswith("| 10.0x | 10.0x |")
    assert text.splitlines()[6].endswith("| 0.50x | 0.50x |")


def test_memory_is_told_by_state() -> None:
    assert "| 16 (16) |" in markdown([Comparison("m", (Line("svmcheck", 1, (measured(),)),), ())])


def test_a_tool_that_counts_otherwise_ends_the_comparison() -> None:
    with pytest.raises(SystemExit, match="999 states"):
        agree(tool(), measured(), measured(states=999))


def test_a_reduction_may_see_fewer_states_but_not_more() -> None:
    agree(tool(explores_all=False), measured(), measured(states=900))
    with pytest.raises(SystemExit, match="1001 states"):
        agree(tool(explores_all=False), measured(), measured(states=1001))


def test_a_tool_that_finds_an_error_alone_ends_the_comparison() -> None:
    with pytest.raises(SystemExit, match="1 errors"):
        agree(tool(), measured(), measured(errors=1))
