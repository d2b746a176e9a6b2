# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The trend of the frontier, on levels whose sum is known."""

from __future__ import annotations

import pytest

from svmcheck.checker.cli.progress import tick_text
from svmcheck.checker.cli.trend import Trend, about
from svmcheck.checker.engine import Tick


def tick(depth: int, frontier: int, phase: str = "search") -> Tick:
    return Tick(phase, 1000, 1000, depth, frontier, 2.0)


def trend(*frontiers: int) -> Trend:
    found = Trend()
    for depth, frontier in enumerate(frontiers):
        found.note(tick(depth, frontier))
    return found


@pytest.mark.parametrize(
    ("frontiers", "word"),
    [((10,), ""), ((10, 20), "rising"), ((40, 20), "falling"), ((1000, 1001), "steady"), ((1, 500, 400), "rising")],
)
def test_word(frontiers: tuple[int, ...], word: str) -> None:
    assert trend(*frontiers).word() == word


def test_only_the_last_levels_count() -> None:
    assert trend(1, 1000, *(900 - 10 * k for k in range(8))).word() == "steady"
    assert trend(1, 10**6, *(900 - 90 * k for k in range(8))).word() == "falling"


def test_what_is_left_of_halving_levels() -> None:
    """800 + 400 + 200 + ... = 1600 states at 500 a second."""
    assert trend(3200, 1600, 800).seconds_left(tick(2, 800)) == pytest.approx(3.2)
    assert trend(800, 1600).seconds_left(tick(1, 1600)) is None


def test_another_phase_is_another_trend() -> None:
    found = trend(3200, 1600, 800)
    found.note(tick(2, 5, "liveness"))
    assert found.word() == ""


def test_line() -> None:
    assert tick_text(tick(2, 800), trend(3200, 1600, 800)) == (
        "search: 1,000 states, 500/s, depth 2, frontier 800 falling, 2 s, perhaps 3 s more"
    )


@pytest.mark.parametrize(("seconds", "text"), [(40.2, "40 s"), (700, "12 min"), (10800, "3 h")])
def test_about(seconds: float, text: str) -> None:
    assert about(seconds) == text
