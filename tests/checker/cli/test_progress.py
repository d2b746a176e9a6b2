# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Progress: one changing line on a terminal, now and then a line in a log."""

from __future__ import annotations

import io

import pytest

from svmcheck.checker.cli import progress
from svmcheck.checker.cli.progress import ProgressLine, tick_text
from svmcheck.checker.engine import Tick

TICK = Tick("searching", 120_345, 400_000, 34, 1_204, 6.7, 84 * 1024**2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return clock


def test_text() -> None:
    assert tick_text(TICK) == "searching: 120,345 states, 17,962/s, depth 34, frontier 1,204, 84 MB, 7 s"
    assert tick_text(Tick("liveness", 10, 12, 3, 0, 0.2)) == "liveness: 10 states, depth 3, frontier 0, 0 s"


def test_a_terminal_shows_one_line_and_is_left_clean(clock: Clock) -> None:
    stream = Terminal()
    with ProgressLine(stream) as line:
        line.tick(TICK)
        line.show("too soon")
        clock.now += 1
        line.show("later")
    shown = stream.getvalue()
    assert shown == f"\r\x1b[K{tick_text(TICK)[:39]}\r\x1b[Klater\r\x1b[K"
    assert line.last_tick is TICK


def test_a_log_gets_a_line_every_few_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    with ProgressLine(stream) as line:
        line.show("a short search says nothing")
        clock.now += 6
        line.show("one")
        clock.now += 1
        line.show("two")
        clock.now += 6
        line.show("three")
    assert stream.getvalue() == "one\nthree\n"


def test_a_dumb_terminal_is_a_log(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not ProgressLine(Terminal()).live
