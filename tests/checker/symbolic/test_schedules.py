# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Schedules to order, each replayed; and the example of the documentation as it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.symbolic.schedules import Pattern, PatternError, event, find_schedule, never
from svmcheck.model.ir.program import Program
from svmcheck.model.trace import Trace
from tests.irbuild import eq, load
from tests.irprograms import increment_locked, increment_race, peterson

DOCUMENT = Path(__file__).parents[3] / "docs" / "smt.md"


def actors(trace: Trace | None) -> str:
    assert trace is not None
    return "".join(step.actor[-2] for step in trace.steps)


def test_events_happen_in_order_and_the_run_is_as_short_as_can_be() -> None:
    answer = find_schedule(increment_race(2), Pattern((event("inc[1]", "write to"), event("inc[0]", "read to"))))
    assert answer.message == "found in 3 steps"
    assert actors(answer.trace) == "110"


def test_an_event_between_two_others() -> None:
    race = Pattern((event("inc[0]", "read to"), event("inc[1]", "write to"), event("inc[0]", "write to")))
    answer = find_schedule(increment_race(2), race)
    assert answer.depth == 4
    assert actors(answer.trace).index("0") < actors(answer.trace).rindex("1") < 3
    locked = find_schedule(increment_locked(2), race)
    assert (locked.trace, locked.everywhere, locked.message) == (None, True, "in no run")


def test_an_event_that_does_not_happen_meanwhile() -> None:
    order = (event("inc[0]", "read to"), never("inc[1]"), event("inc[0]", "write to"))
    assert find_schedule(increment_race(2), Pattern(order, ends=eq(load("x"), 1))).depth == 2
    lost = Pattern(order, ends={"x": "1", "inc[0] at": "2", "inc[1] at": "2"})
    with pytest.raises(PatternError, match="no cell 'inc\\[0\\] at'"):
        find_schedule(increment_race(2), lost)
    both_done = (event("inc[0]", "write to"), event("inc[1]", "write to"))
    overlapping = Pattern((event("inc[0]", "read to"), never("inc[1]", "read to"), *both_done), ends={"x": "1"})
    assert actors(find_schedule(increment_race(2), overlapping).trace) == "1001"


def test_events_that_never_happen() -> None:
    program = increment_race(2)
    assert find_schedule(program, Pattern(never=(event("inc[0]"),), ends={"x": "1"})).depth == 2
    assert find_schedule(program, Pattern(never=(event("inc"),), ends={"x": "1"})).everywhere


@pytest.mark.parametrize(("switches", "found"), [(0, False), (1, False), (2, True), (5, True)])
def test_context_switches_are_counted(switches: int, found: bool) -> None:
    order = (event("inc[0]", "read to"), event("inc[1]", "write to"), event("inc[0]", "write to"))
    answer = find_schedule(increment_race(3), Pattern(order, switches=switches))
    assert (answer.trace is not None) == found
    if found:
        assert sum(a != b for a, b in zip(actors(answer.trace), actors(answer.trace)[1:], strict=False)) <= switches
    else:
        assert answer.everywhere


def test_not_within_so_many_steps_is_no_proof() -> None:
    answer = find_schedule(peterson(), Pattern(ends={"turn": "null"}), depth=9)
    assert (answer.trace, answer.everywhere, answer.message) == (None, False, "not within 9 steps")


def test_source_lines_and_marks_find_steps() -> None:
    assert find_schedule(increment_race(2), Pattern((event(line=2),))).depth == 2
    with pytest.raises(PatternError, match="no step of test is"):
        find_schedule(increment_race(2), Pattern((event(mark="no-such-mark"),)))
    with pytest.raises(PatternError, match="x is never '9', but 0, 1"):
        find_schedule(increment_race(2), Pattern(ends={"x": "9"}))


def test_the_example_of_the_documentation() -> None:
    text = DOCUMENT.read_text()
    code = text.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(compile(code, str(DOCUMENT), "exec"), names)
    trace, program = names["trace"], names["program"]
    assert isinstance(trace, Trace)
    assert isinstance(program, Program)
    assert f"{len(trace.steps)} steps" in text
