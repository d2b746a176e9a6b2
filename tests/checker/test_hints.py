# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The shipped protocols say what they owe and count under locks: none of these hints is drawn by them."""

from __future__ import annotations

import pytest

from svmcheck.checker.selection import select

LOOPS_AND_COUNTS = {"SVM501", "SVM508", "SVM509"}


@pytest.mark.parametrize(
    ("target", "variant"),
    [
        ("cpu-fault", "g3"),
        ("hmm-range-fault", "pressure"),  # an invalidator that goes round for ever and owes nothing: an environment
        ("notifier", "gpusvm"),
        ("device-exclusive", "before"),
        ("userptr", "build-sg-unlocked"),
        ("eviction", "physical"),
    ],
)
def test_loops_and_counts(target: str, variant: str) -> None:
    warnings = select(target, variant).compile().warnings
    assert [f"{d.frame.file}:{d.frame.line} {d.headline}" for d in warnings if d.code in LOOPS_AND_COUNTS] == []
