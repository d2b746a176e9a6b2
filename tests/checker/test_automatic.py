# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which engine decides what, and that nothing but a name depends on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from svmcheck.checker.automatic import LEAST_STATES, MOST_STATES, AutoEngine, most_states
from svmcheck.checker.engine import Coverage, Keeping, Limits, Outcome, Progress
from svmcheck.checker.native.compile import NoCompiler, find_compiler
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.registry import Wishes, make
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from svmcheck.specs.verdict import Verdict
from tests.checker.native.test_search import counters
from tests.random_ir import random_program

SMALL, LARGE = counters(3, 4), counters(5, 5)  # 125 and 7776 states


@dataclass
class Noted:
    """An engine that only notes what it is asked."""

    name: str = "noted"
    asked: list[Limits] = field(default_factory=list[Limits])

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        self.asked.append(limits)
        return Outcome((), Coverage((), (), complete=True), 7, 7, 7, 0.0)


def decided(given: Program, limits: Limits | None = None) -> tuple[Outcome, Noted]:
    large = Noted()
    outcome = AutoEngine(large).decide(given, properties(given), limits or Limits(), lambda tick: None)
    return outcome, large


def test_small_programs_are_for_the_reference_engine() -> None:
    outcome, large = decided(SMALL)
    assert {r.engine for r in outcome.results} == {"reference"}
    assert outcome.states == 125
    assert large.asked == []


def test_large_ones_are_not() -> None:
    outcome, large = decided(LARGE, Limits(memory=1 << 30))
    assert outcome.states == 7
    assert large.asked == [Limits(memory=1 << 30)]


def test_time_spent_on_the_first_try_counts() -> None:
    _, large = decided(LARGE, Limits(seconds=60.0))
    assert large.asked[0].seconds is not None
    assert large.asked[0].seconds < 60.0


def test_a_small_limit_of_states_needs_no_compiler() -> None:
    outcome, large = decided(LARGE, Limits(states=50))
    assert outcome.states == 50
    cut = {r.message for r in outcome.results if r.verdict is Verdict.TRUNCATED}
    assert cut == {"stopped at the limit of 50 states"}
    assert large.asked == []


def test_a_limit_of_time_ends_it() -> None:
    outcome, large = decided(LARGE, Limits(seconds=0.0))
    assert {r.message for r in outcome.results} == {"stopped at the limit of 0 seconds"}
    assert large.asked == []


@pytest.mark.parametrize("given", [SMALL, LARGE, *(random_program(seed) for seed in range(8))])
def test_what_is_small(given: Program) -> None:
    assert LEAST_STATES <= most_states(given) <= MOST_STATES


@pytest.mark.skipif(isinstance(find_compiler(), NoCompiler), reason="the native engine needs a C compiler")
def test_the_results_do_not_depend_on_which_engine_ran() -> None:
    given = replace(LARGE, name="either")
    outcomes = [
        engine.decide(given, properties(given), Limits(), lambda tick: None)
        for engine in (ReferenceEngine(), make("auto", Wishes(workers=1)).engine)
    ]
    by_reference, by_auto = outcomes
    assert {r.engine for r in by_auto.results} != {"reference"}
    same = [tuple(replace(r, engine="", seconds=0.0) for r in o.results) for o in outcomes]
    assert same[0] == same[1]
    assert (by_auto.states, by_auto.transitions, by_auto.coverage) == (
        by_reference.states, by_reference.transitions, by_reference.coverage,
    )  # fmt: skip


def test_who_asks_for_more_than_an_answer_gets_the_native_engine(tmp_path: Path) -> None:
    assert make("auto", Wishes()).engine.name == "auto"
    assert make("auto", Wishes(keeping=Keeping(tmp_path))).engine.name == "native"
