# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A table of fingerprints: the same answers, counterexamples found again, and what stays uncertain said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.engine import NativeEngine, decide_by
from svmcheck.checker.native.prints import NOT_DECIDED, ONE_WORD, by_chance, by_distance
from svmcheck.checker.native.reductions import plan
from svmcheck.checker.reductions import SYMMETRY
from svmcheck.checker.verdicts import needs_graph
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.specs.verdict import Verdict
from tests.checker.native.agreement import kept, samples
from tests.checker.native.test_search import counters, explored
from tests.checker.native.together import EAGER, QUICK, searches
from tests.random_symmetric import random_symmetric

COMPACT = ("-DFINGERPRINT=1",)


def decided(programs: list[Program], flags: tuple[str, ...], workers: int = 1) -> list[Outcome]:
    pairs = zip(programs, searches(programs, workers, flags), strict=True)
    return [decide_by(search, properties(program), Limits(), lambda tick: None) for program, search in pairs]


@pytest.mark.parametrize(("flags", "workers"), [(QUICK, 1), (EAGER, 3)])
def test_the_same_answers_on_random_programs(flags: tuple[str, ...], workers: int) -> None:
    programs = [sample.program for sample in samples(30_000, 60)]
    exact, compact = decided(programs, flags, workers), decided(programs, (*flags, *COMPACT), workers)
    traces = 0
    for program, whole, small in zip(programs, exact, compact, strict=True):
        assert (small.states, small.transitions, small.depth) == (whole.states, whole.transitions, whole.depth)
        assert small.coverage == whole.coverage
        for claim, one, other in zip(properties(program), whole.results, small.results, strict=True):
            if needs_graph(claim):
                assert other.verdict is Verdict.TRUNCATED
                continue
            assert (other.verdict, other.depth) == (one.verdict, one.depth)
            traces += other.trace is not None
            shown = claim.kind == "cover" and other.verdict is Verdict.HOLDS
            sure = shown or other.verdict in (Verdict.VIOLATED, Verdict.TRUNCATED)
            assert any("fingerprint" in text for text in other.assumptions) != sure
    assert traces > 20


def test_symmetry_is_kept() -> None:
    programs = [sample.program for sample in samples(40_000, 40, random_symmetric)]
    plans = [plan(program, kept(program), frozenset({SYMMETRY})) for program in programs]
    pairs = zip(searches(programs, 1, QUICK, plans), programs, strict=True)
    exact = [decide_by(search, kept(program), Limits(), lambda tick: None) for search, program in pairs]
    pairs = zip(searches(programs, 1, (*QUICK, *COMPACT), plans), programs, strict=True)
    compact = [decide_by(search, kept(program), Limits(), lambda tick: None) for search, program in pairs]
    for whole, small in zip(exact, compact, strict=True):
        assert small.states == whole.states
        assert [(r.verdict, r.depth) for r in small.results] == [(r.verdict, r.depth) for r in whole.results]
    assert any(r.trace for outcome in compact for r in outcome.results)


def test_less_memory_for_wide_states() -> None:
    wide = counters(8, 4)
    sizes = [
        (n.memory, n.states)
        for flags in (QUICK, (*QUICK, *COMPACT))
        for search in searches([_padded(wide)], 1, flags)
        if (n := explored(search).count())
    ]
    assert sizes[0][1] == sizes[1][1] == 5**8
    assert sizes[1][0] < 0.8 * sizes[0][0]


def _padded(program: Program) -> Program:
    """The same with states of several words."""
    [counter] = program.variables
    more = tuple(replace(counter, name=f"more{k}", type=replace(counter.type, hi=2**40)) for k in range(1))
    [first] = program.initial
    return replace(program, variables=(counter, *more), initial=((*first, *range(8)),))


def test_states_of_one_word_are_kept_whole() -> None:
    small = counters(3, 4)
    outcome = NativeEngine(1, compact=True).decide(small, properties(small), Limits(), lambda tick: None)
    assert outcome.notes == (ONE_WORD,)
    assert NOT_DECIDED not in {r.message for r in outcome.results}


def test_probabilities() -> None:
    assert by_chance(1) == 0
    assert by_chance(2**32) == pytest.approx(0.5, rel=1e-6)
    assert by_chance(10**7) == pytest.approx(2.71e-6, rel=1e-2)
    assert by_distance(0) is None
    assert by_distance(10**6) == 1e-6


def test_the_closest_two_come_as_close_as_random_numbers_do() -> None:
    """n random numbers of 64 bits come about as close as 2 ** 64 / n ** 2; a factor of 1000 would not be chance."""
    for search in searches([counters(6, 5)]):
        n = explored(search).count().states
        closest = search.library.svm_closest(search.handle)
        assert 2**64 / n**2 / 1000 < closest < 2**64 / n**2 * 1000
