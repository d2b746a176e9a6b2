# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""DPOR on random lock programs: the same final states, deadlocks, failures and traces as all interleavings.

``$SVMCHECK_RANDOM_PROGRAMS`` says how many; the continuous integration asks for more than one waits for by hand.
"""

from __future__ import annotations

import os
import random

import pytest

from svmcheck.checker.schedule.strategies.dpor import Dpor
from tests.checker.schedule.strategies.random_programs import BruteForce, Generator, Program, Seen, explore

BATCH = 50
PROGRAMS = int(os.environ.get("SVMCHECK_RANDOM_PROGRAMS", "100"))
SEEDS = 100_000  # between batches: more than one of them uses up
MOST_RUNS = 700  # by brute force; programs with more interleavings are left out


def everything(program: Program) -> set[Seen] | None:
    """What all interleavings come to; None if there are too many."""
    runs = list(explore(program, BruteForce(), MOST_RUNS))
    return None if len(runs) == MOST_RUNS else {run for run in runs if run is not None}


def broken(seen: Seen) -> bool:
    """Cut off in the middle, so that what else happened meanwhile does not matter."""
    return seen.end == "failed" and seen.check != "deadlock"


def difference(program: Program, expected: set[Seen]) -> str:
    """What DPOR sees otherwise; empty if nothing."""
    strategy = Dpor()
    found = {run for run in explore(program, strategy) if run is not None}
    explored = strategy.explored
    if strategy.fault or not explored.complete:
        return f"not complete: {strategy.fault}"
    if found != expected:
        return f"{len(expected - found)} of {len(expected)} traces are missing, {len(found - expected)} are too many"
    if not any(map(broken, expected)) and explored.traces != len(expected):
        return f"{explored.traces} runs for {len(expected)} traces"
    return ""


@pytest.mark.parametrize("batch", range((PROGRAMS + BATCH - 1) // BATCH))
def test_agrees_with_brute_force(batch: int) -> None:
    compared = 0
    seed = batch * SEEDS
    while compared < BATCH:
        program = Generator(random.Random(seed), urgent=batch % 4 == 3).program()
        expected = everything(program)
        if expected is not None:
            assert (seed, program, difference(program, expected)) == (seed, program, "")
            compared += 1
        seed += 1


def test_the_programs_are_not_trivial() -> None:
    """Most have several traces, some deadlock, some fail, some wait for ever without a deadlock."""
    programs = [Generator(random.Random(seed)).program() for seed in range(60)]
    traces = [expected for program in programs if (expected := everything(program)) is not None]
    assert sum(len(expected) > 1 for expected in traces) > len(traces) / 2
    assert any(seen.check == "deadlock" for expected in traces for seen in expected)
    assert any(broken(seen) for expected in traces for seen in expected)


SHARED_AND_DATA_DEPENDENT = Program((
    (("both", 1, 2), ("lock", 0, ())),
    (("lock", 0, (("lock", 1, (("both", 0, 1),)),)),),
    (("both", 0, 0),),
))  # fmt: skip
LAST_WRITE_IS_NOT_THE_ONE = Program((
    (("write", 0, 2), ("write", 0, 0)),
    (("spin", 0, ()), ("spin", 0, (("write", 0, 1),))),
    (("wait_value", 0, 0),),
))  # fmt: skip
BLOCKED_FOR_EVER = Program(((("spawn", (("lock", 0, (("write", 0, 2),)),)),), (("spawn", (("wait_value", 0, 0),)),)))
WRITER_BETWEEN_READERS = Program((
    (("down_read", 1, (("read", 0),)),),
    (("down_read", 1, ()),),
    (("down_write", 1, False, ()),),
))  # fmt: skip
WRITER_AFTER_THE_FIRST_READER = Program((
    (("down_read", 1, (("wait", 0),)),),
    (("complete", 0), ("down_read", 1, ())),
    (("down_write", 1, False, ()),),
))  # fmt: skip
URGENT_WITHOUT_END = Program((
    (("lock", 0, ()), ("read", 0)),
    (("read", 0), ("lock", 0, (("hurry", (("wait_unlocked", 0, False),)),))),
))  # fmt: skip


@pytest.mark.parametrize(
    ("program", "traces"),
    [
        (SHARED_AND_DATA_DEPENDENT, 7),
        (LAST_WRITE_IS_NOT_THE_ONE, 7),
        (BLOCKED_FOR_EVER, None),
        (WRITER_BETWEEN_READERS, None),
        (WRITER_AFTER_THE_FIRST_READER, None),
        (URGENT_WITHOUT_END, 3),
    ],
)
def test_programs_that_were_hard(program: Program, traces: int | None) -> None:
    """Each was a counterexample to a simpler rule of what has to be reversed."""
    expected = everything(program)
    assert expected is not None
    assert difference(program, expected) == ""
    assert traces is None or len(expected) == traces
