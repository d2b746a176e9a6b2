# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""When an expectation is met, missed, or neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.specs.catalogue.entry import Expectation, Place
from svmcheck.specs.catalogue.row import Row, Standing
from svmcheck.specs.verdict import Grade, Result, Verdict

MET, MISSED, UNDECIDED = Standing.MET, Standing.MISSED, Standing.UNDECIDED


def row(expected: Verdict, expected_grade: Grade | None, found: Verdict, grade: Grade | None) -> Row:
    place = Place(Path("c.toml"), "expect 1")
    expectation = Expectation("v", (), (), ("p",), (), expected, expected_grade, "s", place)
    result = Result("p", "livelock", found, "reference", 1, 1, 1, 0.0, grade, message="because")
    return Row("t", "t.py", (), (), expectation, result)


@pytest.mark.parametrize(
    ("expected", "found", "standing"),
    [
        (Verdict.HOLDS, Verdict.HOLDS, MET),
        (Verdict.HOLDS, Verdict.PROVED, MET),
        (Verdict.PROVED, Verdict.HOLDS, MISSED),
        (Verdict.HOLDS, Verdict.VIOLATED, MISSED),
        (Verdict.VIOLATED, Verdict.HOLDS, MISSED),
        (Verdict.VIOLATED, Verdict.VIOLATED, MET),
        *((v, w, UNDECIDED) for v in (Verdict.HOLDS, Verdict.VIOLATED)
          for w in (Verdict.BOUNDED, Verdict.SAMPLED, Verdict.TRUNCATED, Verdict.VACUOUS)),
        (Verdict.VACUOUS, Verdict.VACUOUS, MET),
        (Verdict.VACUOUS, Verdict.HOLDS, MISSED),
    ],
)
def test_verdicts(expected: Verdict, found: Verdict, standing: Standing) -> None:
    assert row(expected, None, found, None).standing is standing


def test_grades() -> None:
    adversarial, inevitable = Grade.ADVERSARIAL, Grade.INEVITABLE
    assert row(Verdict.VIOLATED, inevitable, Verdict.VIOLATED, inevitable).standing is MET
    assert row(Verdict.VIOLATED, None, Verdict.VIOLATED, inevitable).standing is MET
    missed = row(Verdict.VIOLATED, inevitable, Verdict.VIOLATED, adversarial)
    assert missed.standing is MISSED
    assert missed.reason == "expected VIOLATED inevitable, found VIOLATED adversarial: because"
    assert row(Verdict.HOLDS, None, Verdict.HOLDS, None).reason == ""
