# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from svmcheck.model.ir.program import Frame
from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.run import states
from svmcheck.reports.slices import Slice, counted, sliced, slices


def trace_of(moves: list[tuple[int, int, int]], loop: int | None) -> Trace:
    """Actors 0 and 1 that set cells 0 to 2 to other values; each move is (actor, cell, value)."""
    cells = {f"cell{n}": "0" for n in range(3)}
    start = tuple(cells.items())
    steps: list[Step] = []
    for number, (actor, cell, value) in enumerate(moves):
        name, after = f"cell{cell}", str(value)
        changes = (Change(name, cells[name], after),) if cells[name] != after else ()
        cells[name] = after
        frame = Frame("file.py", number + 1, 1, number + 1, 1, "f")
        steps.append(Step(f"t{actor}", actor, 0, f"op{number}", (frame,), changes))
    return Trace(0, start, ("t0", "t1"), tuple(steps), loop)


MOVES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20)


@given(MOVES, st.integers(0, 19))
def test_slices_tell_the_same_run(moves: list[tuple[int, int, int]], loop: int) -> None:
    trace = trace_of(moves, loop if loop < len(moves) else None)
    short, parts = sliced(trace), slices(trace)
    assert [part.actor for part in parts] == [step.actor for step in short.steps]
    assert [name for part in parts for name in part.operations] == [step.label for step in trace.steps]
    ends = [part.first for part in parts[1:]] + [len(trace.steps)]
    assert [states(short)[n + 1] for n in range(len(parts))] == [states(trace)[end] for end in ends]
    assert all(change.before != change.after for step in short.steps for change in step.changes)


@given(MOVES, st.integers(0, 19))
def test_neighbours_differ_but_at_the_beginning_of_the_loop(moves: list[tuple[int, int, int]], loop: int) -> None:
    trace = trace_of(moves, loop if loop < len(moves) else None)
    short, parts = sliced(trace), slices(trace)
    for number, (one, two) in enumerate(pairwise(parts), start=1):
        assert one.actor != two.actor or short.loop == number
    assert trace.loop == (None if short.loop is None else parts[short.loop].first)


def test_what_is_counted() -> None:
    trace = trace_of([(0, 0, 1), (0, 1, 1), (1, 0, 0), (0, 0, 2), (0, 0, 1)], 3)
    assert slices(trace) == (Slice("t0", 0, ("op0", "op1")), Slice("t1", 2, ("op2",)), Slice("t0", 3, ("op3", "op4")))
    assert counted(trace) == "3 slices (5 steps), of which 1 (2) repeat for ever"
    assert counted(trace_of([(0, 0, 1)], None)) == "1 slice (1 step)"
    assert sliced(trace).steps[0].label == "op0; op1"
    assert sliced(trace).steps[2].changes == (Change("cell0", "0", "1"),)
