# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A fence is waited for from when it is made, not only from when its job is submitted; of two signals one is first."""

from __future__ import annotations

import pytest

from tests.model.primitives.deciding import engines_disagree, steps_to, undecided, variant, violated

PUBLISHED = variant("fences", "Published")
LATE = variant("fences", "Published", made="by-submitting")
FAILS = variant("fences", "Published", fails=True)
RACED = variant("fences", "Raced")


def test_who_finds_a_new_fence_waits_for_its_job() -> None:
    assert violated(PUBLISHED) == {}
    assert undecided(PUBLISHED) == set()


def test_nobody_waits_for_a_fence_before_it_is_made() -> None:
    """Allocated, published, found, followed, waited for, and relied upon."""
    assert set(violated(LATE)) == {"the-result-is-there"}
    assert steps_to("the-result-is-there", LATE) == 6


def test_a_fence_that_is_never_submitted_is_waited_for_in_vain() -> None:
    assert set(violated(FAILS)) == {"no-deadlock"}


def test_of_two_that_signal_one_is_the_first() -> None:
    assert violated(RACED) == {}


def test_where_it_must_be_the_first_the_second_is_a_violation() -> None:
    assert set(violated(variant("fences", "Raced", by="signal"))) == {"no-double-signal"}


@pytest.mark.parametrize(
    ("what", "property"),
    [
        ("inits-twice", "no-fence-reuse"),
        ("inits-a-pending-one", "no-fence-reuse"),
        ("tries-none", "no-signal-before-submit"),
        ("signals-none", "no-double-signal"),
    ],
)
def test_misuse(what: str, property: str) -> None:
    assert set(violated(variant("fences", "Misuse", what=what))) == {property}


def test_proper_use() -> None:
    assert violated(variant("fences", "Misuse")) == {}


def test_the_engines_agree() -> None:
    assert engines_disagree([PUBLISHED, LATE, FAILS, RACED]) == []
