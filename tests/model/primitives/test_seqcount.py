# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Readers of a seqcount see what belongs together if they retry, and have no claim to get through."""

from __future__ import annotations

import pytest

from svmcheck.checker.lockorder.analyse import analyse
from svmcheck.specs.verdict import Grade
from tests.model.primitives.deciding import engines_disagree, program, results, undecided, variant, violated


def pair(how: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return variant("seqcounts", "Pair", how=how)


@pytest.mark.parametrize("how", ["retries", "looks-on-the-way", "tries", "takes-the-lock"])
def test_a_reader_that_retries_sees_no_torn_pair(how: str) -> None:
    assert violated(pair(how)) == {}
    assert undecided(pair(how)) == set()


def test_one_that_forgets_to_retry_does() -> None:
    assert set(violated(pair("forgets-to-retry"))) == {"no-torn-pair"}


def test_a_writer_that_never_stops_may_starve_readers() -> None:
    storm = variant("seqcounts", "Storm")
    assert set(violated(storm)) == {"reader-gets-through", "system-progress"}
    assert results(storm)["reader-gets-through"].grade is Grade.ADVERSARIAL


@pytest.mark.parametrize(
    ("what", "property", "message"),
    [
        ("end-without-begin", "no-unbalanced-seqcount", "has not begun to write"),
        ("begin-twice", "no-overlapping-writers", "is open already"),
        ("two-writers", "no-overlapping-writers", "is open already"),
        ("begin-without-its-lock", "no-overlapping-writers", "the lock of this seqcount is not held"),
        ("retry-without-begin", "no-unbalanced-seqcount", "has not begun to read"),
        ("retry-twice", "no-unbalanced-seqcount", "has not begun to read"),
        ("read-inside-write", "no-self-deadlock", "would wait for itself"),
        ("never-ends", "no-lock-held-at-end", "ends with seq held"),
    ],
)
def test_misuse(what: str, property: str, message: str) -> None:
    found = violated(variant("seqcounts", "Misuse", what=what))
    assert set(found) == {property}
    assert message in found[property]


@pytest.mark.parametrize("what", ["nothing", "invalidates"])
def test_proper_use(what: str) -> None:
    assert violated(variant("seqcounts", "Misuse", what=what)) == {}


def test_a_reader_waits_for_the_writer_and_so_for_its_locks() -> None:
    world = variant("seqcounts", "UnderALock")
    assert "no-deadlock" in violated(world)
    assert [cycle.text for cycle in analyse(program(world)).cycles] == ["lock -> seq -> lock"]


def test_the_engines_agree() -> None:
    chosen = [pair(how) for how in ("retries", "tries", "forgets-to-retry")]
    assert engines_disagree([*chosen, variant("seqcounts", "Storm"), variant("seqcounts", "UnderALock")]) == []
