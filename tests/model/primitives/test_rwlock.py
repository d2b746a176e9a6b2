# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Readers together, writers alone; who starves whom; readers in interrupts pass a writer that waits; waiting spins."""

from __future__ import annotations

import pytest

from svmcheck.checker.lockorder.analyse import analyse
from tests.model.primitives.deciding import engines_disagree, program, results, steps_to, undecided, variant, violated

CROWD = variant("rwlocks", "Table", readers=2, writers=2)
TORN = variant("rwlocks", "Table", reads="without")
ENDLESS = variant("rwlocks", "Table", readers=2, writers=2, for_ever=True)
INTERRUPTS = variant("rwlocks", "Table", reads="in-interrupt", readers=2, for_ever=True)
NESTED = variant("rwlocks", "Nested", inner="task")
TRIES = variant("rwlocks", "Tries")
ONE_CPU = variant("rwlocks", "OneCpu")


@pytest.mark.parametrize("reads", ["read-lock", "in-interrupt", "trylock"])
def test_readers_see_nothing_half_written(reads: str) -> None:
    assert violated(variant("rwlocks", "Table", reads=reads, readers=2, writers=2)) == {}


def test_without_the_lock_they_do() -> None:
    """The writer is in, reads, and writes one half; a reader reads one, and the other, and compares."""
    assert set(violated(TORN)) == {"nothing-torn"}
    assert steps_to("nothing-torn", TORN) == 5


def test_neither_readers_nor_writers_starve_in_the_queue() -> None:
    assert violated(ENDLESS) == {}
    assert undecided(ENDLESS) == set()
    assert any("strong" in a for a in results(ENDLESS)["read-completes"].assumptions)


def test_readers_in_interrupts_may_starve_a_writer() -> None:
    assert set(violated(INTERRUPTS)) == {"write-completes", "system-progress"}


def test_a_reader_inside_a_reader_waits_for_a_writer_in_between() -> None:
    assert "no-deadlock" in violated(NESTED)
    assert "lock.writer_waits is True" in violated(NESTED)["no-deadlock"]


def test_not_so_in_an_interrupt() -> None:
    assert violated(variant("rwlocks", "Nested", inner="interrupt")) == {}


def test_nor_one_that_tries_and_fails() -> None:
    chosen = variant("rwlocks", "Nested", inner="tries")
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_trying_to_write_passes_nobody() -> None:
    assert violated(TRIES) == {}


@pytest.mark.parametrize(
    ("what", "property", "message"),
    [
        ("reads-twice", "no-self-deadlock", "already held by this actor"),
        ("writes-and-reads", "no-self-deadlock", "already held by this actor"),
        ("unlocks-twice", "no-unlock-by-non-owner", "not held for reading"),
        ("writes-unlocked", "no-unlock-by-non-owner", "not held for writing"),
        ("never-unlocks", "no-lock-held-at-end", "ends with lock held"),
    ],
)
def test_misuse(what: str, property: str, message: str) -> None:
    found = violated(variant("rwlocks", "Misuse", what=what))
    assert set(found) == {property}
    assert message in found[property]


def test_who_waits_keeps_its_cpu() -> None:
    assert "cpu.owner is spins" in violated(ONE_CPU)["no-deadlock"]


@pytest.mark.parametrize(("second", "cycles"), [("read", 1), ("write", 1), ("interrupt", 0)])
def test_readers_make_an_order_unless_they_pass_writers(second: str, cycles: int) -> None:
    found = analyse(program(variant("rwlocks", "Ordered", second=second))).cycles
    assert [cycle.text for cycle in found] == ["other -> table -> other"] * cycles


def test_the_engines_agree() -> None:
    assert engines_disagree([CROWD, TORN, ENDLESS, INTERRUPTS, NESTED, TRIES, ONE_CPU]) == []
