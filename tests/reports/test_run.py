# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is read off a trace: states, movers, and who holds what."""

from __future__ import annotations

from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.run import hand_overs, holdings, lock_name, movers, states, still
from tests.reports.examples import finite, livelock, stuck


def test_states_follow_the_changes() -> None:
    trace = finite()
    all_states = states(trace)
    assert len(all_states) == len(trace.steps) + 1
    assert [s["pages[0].refs"] for s in all_states] == ["1", "1", "1", "2", "2", "2"]
    assert all_states[0] == dict(trace.start)


def test_who_moves() -> None:
    assert movers(livelock()) == ("cpu_fault[0]", "cpu_fault[1]")
    assert still(livelock()) == ("evictor",)
    assert movers(stuck()) == ("cpu_fault[0]",), "a stutter is nobody's move"


def test_who_holds_what() -> None:
    held = holdings(livelock())
    assert held[0] == {}
    assert held[1] == {"cpu_fault[0]": ("ptl.owner",)}
    assert held[13] == {"cpu_fault[0]": ("pages[0].lock.owner",), "cpu_fault[1]": ("ptl.owner",)}


def test_readers_hold_a_lock_and_who_stands_in_its_queue_does_not() -> None:
    start = (("mm.readers", "{a, b}"), ("mm.queued", "{}"), ("b.other", "a"))
    changes = Change("mm.readers", "{a, b}", "{b}"), Change("mm.queued", "{}", "{a}")
    steps = (Step("a", 0, 0, "up_read()", (), changes),)
    trace = Trace(0, start, ("a", "b"), steps, holders=frozenset({"mm.readers"}))
    assert holdings(trace) == ({"a": ("mm.readers",), "b": ("mm.readers",)}, {"b": ("mm.readers",)})
    (passed,) = hand_overs(trace, trace.steps[0])
    assert (passed.cell, passed.released, passed.taken) == ("mm.readers", ("a",), ())


def test_names() -> None:
    assert lock_name("pages[0].lock.owner") == "pages[0].lock"
    assert lock_name("mm.readers") == "mm.readers"
