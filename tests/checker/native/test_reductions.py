# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Reduced searches against whole ones: the same verdicts, real runs, no more states; counts of the reference's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.compile import Built, build
from svmcheck.checker.native.engine import NativeEngine, decide_by
from svmcheck.checker.native.library import Search, open_library
from svmcheck.checker.native.reductions import plan
from svmcheck.checker.native.unit import translate
from svmcheck.checker.reductions import PARTIAL_ORDER, SYMMETRY
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.verdicts import needs_graph
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from svmcheck.specs.verdict import Verdict
from tests.checker.native.together import EAGER, QUICK
from tests.irbuild import Automaton, check, eq, invariant, load, ne, put, variable
from tests.irbuild import program as program_of
from tests.random_ir import random_program
from tests.random_symmetric import random_symmetric

MOST_STATES = 1500
EVERY_COMBINATION = ([SYMMETRY], [PARTIAL_ORDER], [SYMMETRY, PARTIAL_ORDER])


def kept(program: Program) -> tuple[Property, ...]:
    """The properties that reductions keep."""
    return tuple(p for p in properties(program) if not needs_graph(p))


def reduced(
    programs: Sequence[Program], asked: Sequence[str], workers: int = 1, flags: tuple[str, ...] = QUICK
) -> Iterator[Outcome]:
    """Many programs in one compilation, each decided with these reductions."""
    unit = translate(programs, [plan(p, kept(p), frozenset(asked)) for p in programs])
    built = build(unit.sources, flags)
    assert isinstance(built, Built), built
    library = open_library(built.path)
    for number, numbering in enumerate(unit.programs):
        with Search(library, numbering, workers, None, number) as search:
            yield decide_by(search, kept(numbering.program), Limits(), lambda tick: None)


def small(make: Callable[[int], Program], seeds: range) -> list[tuple[Program, Outcome]]:
    """Those that the reference engine explores quickly, with what it finds."""
    result: list[tuple[Program, Outcome]] = []
    for seed in seeds:
        program = make(seed)
        outcome = ReferenceEngine().decide(program, kept(program), Limits(states=MOST_STATES), lambda tick: None)
        if outcome.states < MOST_STATES:
            result.append((program, outcome))
    return result


def verdicts(outcome: Outcome) -> dict[str, object]:
    return {r.property: r.verdict for r in outcome.results}


@pytest.mark.parametrize("first", [0, 60])
def test_symmetry_counts_what_the_reference_counts(first: int) -> None:
    programs = [program for program, _ in small(random_symmetric, range(first, first + 60))]
    assert len(programs) > 30
    fewer = 0
    for program, native in zip(programs, reduced(programs, [SYMMETRY]), strict=True):
        reference = ReferenceEngine(symmetry=True).decide(program, kept(program), Limits(), lambda tick: None)
        assert (native.states, native.transitions, native.depth) == (
            reference.states,
            reference.transitions,
            reference.depth,
        )
        assert native.coverage == reference.coverage
        assert [(r.property, r.verdict, r.depth) for r in native.results] == [
            (r.property, r.verdict, r.depth) for r in reference.results
        ]
        fewer += bool(native.notes)
    assert fewer


@pytest.mark.parametrize("asked", EVERY_COMBINATION)
@pytest.mark.parametrize(("make", "first"), [(random_symmetric, 200), (random_program, 200)])
def test_reductions_keep_verdicts(make: Callable[[int], Program], first: int, asked: list[str]) -> None:
    """A violation is replayed by the reference interpreter on the way, so every run shown is real."""
    known = small(make, range(first, first + 80))
    programs = [program for program, _ in known]
    saved = 0
    for (_, whole), part in zip(known, reduced(programs, asked), strict=True):
        assert verdicts(part) == verdicts(whole)
        assert part.coverage == whole.coverage
        assert part.states <= whole.states
        saved += whole.states - part.states
    assert saved > 0 or (make is random_program and asked == [SYMMETRY])


def test_a_violating_step_does_not_hide_what_others_do() -> None:
    """One of the walker's two ample steps fails a check, so that nothing follows it; the other's violation counts."""
    walker = Automaton("walker").edge("a", "b", checks=(check(eq(load("x"), 1), "mine"),)).edge("a", "c")
    other = Automaton("other").edge("a", "b").edge("b", "c", checks=(check(eq(load("y"), 1), "theirs"),))
    given = program_of(walker, other, variables=(variable("x"), variable("y")))
    (outcome,) = reduced([given], [PARTIAL_ORDER])
    assert verdicts(outcome) | {"mine": Verdict.VIOLATED, "theirs": Verdict.VIOLATED} == verdicts(outcome)


def test_steps_merged_into_one_are_all_in_the_run() -> None:
    """Four steps of an instance that nobody else cares for, then the violation."""
    walker = Automaton("walker")
    walker.edge("a", "b", put("x", 1)).edge("b", "c", put("x", 2)).edge("c", "d", put("x", 3))
    walker.edge("d", "e", put("y", 1)).place("e", ends=True)
    given = program_of(
        walker, variables=(variable("x"), variable("y")), invariants=(invariant("never", ne(load("y"), 1)),)
    )
    (outcome,) = reduced([given], [PARTIAL_ORDER])
    result = next(r for r in outcome.results if r.property == "never")
    assert result.trace is not None
    assert [step.changes[0].after for step in result.trace.steps] == ["1", "2", "3", "1"]
    assert outcome.states == 3  # the first, the one before y is set, the last


def test_liveness_switches_reductions_off() -> None:
    given = random_symmetric(0)
    asked = frozenset({SYMMETRY, PARTIAL_ORDER})
    told = plan(given, properties(given), asked)
    assert not told.reduces
    assert told.notes == ("reduction was switched off: it does not keep no-partial-deadlock and properties like it",)
    assert plan(given, properties(given), None).notes == ()
    assert plan(given, kept(given), asked).reduces
    assert not plan(given, kept(given), frozenset()).reduces


def test_comparing_tells_of_both_counts() -> None:
    given = next(p for p, whole in small(random_symmetric, range(40)) if whole.states > 50)
    engine = NativeEngine(1, reductions=frozenset({SYMMETRY}), compare=True)
    outcome = engine.decide(given, kept(given), Limits(), lambda tick: None)
    whole = NativeEngine(1).decide(given, kept(given), Limits(), lambda tick: None)
    assert f"{outcome.states:,} states; {whole.states:,} without reduction" in outcome.notes
    assert outcome.states < whole.states


def test_threads_change_nothing() -> None:
    programs = [program for program, _ in small(random_symmetric, range(400, 430))]
    both = [SYMMETRY, PARTIAL_ORDER]
    for alone, together in zip(reduced(programs, both, 1, EAGER), reduced(programs, both, 3, EAGER), strict=True):
        assert (alone.states, alone.transitions, alone.depth) == (together.states, together.transitions, together.depth)
        assert [r.trace for r in alone.results] == [r.trace for r in together.results]
