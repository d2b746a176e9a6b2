# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The native engine on random programs: against the reference engine, and against itself with more threads.

``$SVMCHECK_RANDOM_PROGRAMS`` says how many; the continuous integration asks for more than one waits for by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from svmcheck.checker.engine import Outcome
from svmcheck.model.ir.program import Program
from svmcheck.specs.verdict import Verdict
from tests.checker.native import agreement
from tests.checker.native.agreement import Sample, disagreements, samples, summary
from tests.checker.native.together import EAGER, QUICK, outcomes
from tests.random_ir import random_program

BATCH = 50  # programs in one compilation
PROGRAMS = int(os.environ.get("SVMCHECK_RANDOM_PROGRAMS", "200"))
SEEDS = 1000  # between batches: more than one of them uses up


def checked(seed: int) -> Program:
    return random_program(seed, checks=True)


@pytest.mark.parametrize("batch", range((PROGRAMS + BATCH - 1) // BATCH))
def test_agrees_with_the_reference(batch: int) -> None:
    flags = ("-O1",) if batch % 10 == 3 else QUICK  # most are compiled fast, some as for a user
    assert list(disagreements(samples(batch * SEEDS, BATCH), flags)) == []


def test_a_disagreement_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(sample: Sample) -> Outcome:
        first, *others = sample.reference.results
        return replace(sample.reference, results=(replace(first, verdict=Verdict.PROVED), *others), states=0)

    def natively(batch: list[Sample], *_: object) -> Iterator[Outcome]:
        return (wrong(sample) if sample.seed == batch[1].seed else sample.reference for sample in batch)

    monkeypatch.setattr(agreement, "natively", natively)
    found = samples(0, 3)
    told = list(disagreements(found))
    assert len(told) == 1
    assert told[0].startswith(f"seed {found[1].seed}: {found[1].reference.states} became 0; ")


def test_threads_change_nothing() -> None:
    programs = [sample.program for sample in samples(500, 25, checked)]
    one, three = outcomes(programs, 1, EAGER), outcomes(programs, 3, EAGER)
    for program, alone, together in zip(programs, one, three, strict=True):
        assert summary(alone, program) == summary(together, program)
        assert [r.trace for r in alone.results] == [r.trace for r in together.results]
