# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is read off a trace: states, movers, and who holds what."""

from __future__ import annotations

from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.run import hand_overs, holdings, is_local, lock_name, movers, states, still
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


def test_readers_of_a_set_hold_it_and_locals_are_left_out() -> None:
    start = (("mm.readers", "{a, b}"), ("a.other", "b"), ("b[0].other", "a"), ("owner", "abc"))
    trace = Trace(0, start, ("a", "b"), (Step("a", 0, 0, "up_read()", (), (Change("mm.readers", "{a, b}", "{b}"),)),))
    assert holdings(trace) == ({"a": ("mm.readers",), "b": ("mm.readers",)}, {"b": ("mm.readers",)})
    (passed,) = hand_overs(trace, trace.steps[0])
    assert (passed.cell, passed.released, passed.taken) == ("mm.readers", ("a",), ())


def test_names() -> None:
    assert lock_name("pages[0].lock.owner") == "pages[0].lock"
    assert lock_name("mm.readers") == "mm.readers"
    assert is_local("evictor[0].page", frozenset({"evictor"}))
    assert not is_local("ptl.owner", frozenset({"evictor"}))
