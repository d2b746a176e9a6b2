# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Reduced searches against whole ones: the same verdicts, real runs, no more states; counts of the reference's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.compile import Built, build
from svmcheck.checker.native.engine import decide_by
from svmcheck.checker.native.library import Search, open_library
from svmcheck.checker.native.reductions import plan
from svmcheck.checker.native.unit import translate
from svmcheck.checker.reductions import PARTIAL_ORDER, SYMMETRY
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.verdicts import needs_graph
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from tests.checker.native.together import EAGER, QUICK
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
    built = build(unit.source, *flags)
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


def test_threads_change_nothing() -> None:
    programs = [program for program, _ in small(random_symmetric, range(400, 430))]
    both = [SYMMETRY, PARTIAL_ORDER]
    for alone, together in zip(reduced(programs, both, 1, EAGER), reduced(programs, both, 3, EAGER), strict=True):
        assert (alone.states, alone.transitions, alone.depth) == (together.states, together.transitions, together.depth)
        assert [r.trace for r in alone.results] == [r.trace for r in together.results]
