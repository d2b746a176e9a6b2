# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every rule of the design cites rows that exist: one that must hold, and one of a variant that must break it."""

from __future__ import annotations

import pytest

from svmcheck.specs.catalogue.entry import EVERY, Expectation
from svmcheck.specs.catalogue.load import load_shipped
from svmcheck.specs.principles import Cited, Principle, load_principles
from svmcheck.specs.verdict import Verdict

PRINCIPLES = load_principles()


def expectations(cited: Cited) -> list[Expectation]:
    target = load_shipped().target(cited.target)
    assert target is not None, f"no target {cited.target}"
    assert target.variant(cited.variant) is not None, f"no variant {cited.variant} of {cited.target}"
    rows = [e for e in target.expectations if e.variant == cited.variant]
    every = (e for e in rows if e.properties == (EVERY,) and cited.property not in e.excluded)
    return [*(e for e in rows if cited.property in e.properties), *every]


@pytest.mark.parametrize("principle", PRINCIPLES, ids=lambda p: p.id)
def test_the_design_keeps_the_rule_and_a_mutant_breaks_it(principle: Principle) -> None:
    assert any(e.verdict is Verdict.HOLDS for e in expectations(principle.holds))
    assert any(e.verdict is Verdict.VIOLATED for e in expectations(principle.broken))


def test_names_are_used_once() -> None:
    assert len({p.id for p in PRINCIPLES}) == len(PRINCIPLES)
