# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random programs decided by the reference and by the native engine, and in what the two disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.engine import decide_by
from svmcheck.checker.native.packing import Unsupported
from svmcheck.checker.native.reductions import plan
from svmcheck.checker.native.unit import translate
from svmcheck.checker.reductions import NONE
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.verdicts import needs_graph
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from tests.checker.native.together import QUICK, searches
from tests.random_ir import random_program
from tests.random_symmetric import random_symmetric

MOST_STATES = 1000  # larger programs are left out: the reference engine would take most of the time


@dataclass(frozen=True)
class Sample:
    """A program with what the reference engine found about all its properties."""

    seed: int
    program: Program
    reference: Outcome


def varied(seed: int) -> Program:
    """Every construct: with checks and without, states of one word and of several, and classes that are symmetric."""
    if seed % 8 == 7:
        return random_symmetric(seed)
    return random_program(seed, checks=seed % 2 == 0, wide=seed % 4 == 1)


def by_reference(program: Program) -> Outcome | None:
    """The reference engine's outcome, or None if the program is too large for it."""
    limits = Limits(states=MOST_STATES)
    outcome = ReferenceEngine().decide(program, properties(program), limits, lambda tick: None)
    return None if outcome.states >= MOST_STATES else outcome


def samples(first: int, wanted: int, make: Callable[[int], Program] = varied) -> list[Sample]:
    """So many programs that are small enough, by seeds from ``first`` on."""
    found: list[Sample] = []
    for seed in count(first):
        if len(found) == wanted:
            break
        outcome = by_reference(program := make(seed))
        if outcome is not None and translatable(program):
            found.append(Sample(seed, program, outcome))
    return found


def translatable(program: Program) -> bool:
    """Whether C's integers are wide enough for its arithmetic; if not, the native engine leaves it to the reference."""
    try:
        return bool(translate([program]).sources)
    except Unsupported:
        return False


def disagreements(batch: Sequence[Sample], flags: tuple[str, ...] = QUICK) -> Iterator[str]:
    """One sentence for each program on which the engines differ in verdicts, counts, coverage, or shortest runs."""
    for sample, native in zip(batch, natively(batch, NONE, flags), strict=True):
        expected, found = (summary(o, sample.program) for o in (sample.reference, native))
        if expected != found:
            parts = [f"{a} became {b}" for a, b in zip(expected, found, strict=True) if a != b]
            yield f"seed {sample.seed}: {'; '.join(parts)}"


def reduced_disagreements(batch: Sequence[Sample], reductions: frozenset[str]) -> Iterator[str]:
    """The same for a reduced search: other verdicts, or more states."""
    for sample, native in zip(batch, natively(batch, reductions, QUICK), strict=True):
        expected = {r.property: r.verdict for r in sample.reference.results}
        for result in native.results:
            if result.verdict is not expected[result.property]:
                what = f"{expected[result.property].value} became {result.verdict.value}"
                yield f"seed {sample.seed}, {sorted(reductions)}: {result.property}: {what}"
        if native.states > sample.reference.states:
            yield f"seed {sample.seed}, {sorted(reductions)}: {sample.reference.states} states became {native.states}"


def natively(batch: Sequence[Sample], reductions: frozenset[str], flags: tuple[str, ...]) -> Iterator[Outcome]:
    """All of a batch in one compilation. With reductions: the properties that they keep."""
    programs = [sample.program for sample in batch]
    plans = [plan(p, kept(p), reductions) for p in programs] if reductions else []
    for program, search in zip(programs, searches(programs, flags=flags, plans=plans), strict=True):
        asked = kept(program) if reductions else properties(program)
        yield decide_by(search, asked, Limits(), lambda tick: None)


def kept(program: Program) -> tuple[Property, ...]:
    """The properties that reductions keep."""
    return tuple(p for p in properties(program) if not needs_graph(p))


def summary(outcome: Outcome, program: Program) -> tuple[object, ...]:
    """What has to be the same. Of several shortest runs an engine may show any, and of fair cycles any short one."""
    results = [
        (r.property, r.verdict, r.grade, r.assumptions, None if needs_graph(claim) else r.depth)
        for r, claim in zip(outcome.results, properties(program), strict=True)
    ]
    return outcome.states, outcome.transitions, outcome.depth, outcome.coverage, results
