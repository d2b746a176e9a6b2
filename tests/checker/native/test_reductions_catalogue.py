# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Reductions on protocols of the catalogue and on published models: the published counts, and the same verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svmcheck.checker.engine import Limits
from svmcheck.checker.gate import Job
from svmcheck.checker.gate import plan as jobs_of
from svmcheck.checker.reductions import PARTIAL_ORDER, SYMMETRY
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.selection import Selection, find_world, load
from svmcheck.model.ir.program import Program
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.catalogue.load import load_shipped
from tests.checker.native.test_reductions import reduced, verdicts
from tests.checker.test_oracles import ORACLES, PUBLISHED, SYMMETRIC

MOST_STATES = 1500  # which the reference engine says
VARIANTS = 1  # of each entry of the catalogue: more are a matter of time
BOTH = [SYMMETRY, PARTIAL_ORDER]


def oracle(file: str, sizes: dict[str, int]) -> Program:
    return compile_program(load_protocol(ORACLES / f"{file}.py"), None, {}, sizes)


def test_published_counts_up_to_symmetry() -> None:
    programs = [oracle(file, sizes) for file, sizes, _, _ in SYMMETRIC]
    counts = [(outcome.states, outcome.transitions) for outcome in reduced(programs, [SYMMETRY])]
    expected = [(states, transitions) for _, _, states, transitions in SYMMETRIC]
    assert [(s, None if e[1] is None else t) for (s, t), e in zip(counts, expected, strict=True)] == expected


def test_published_models_keep_their_verdicts() -> None:
    assert saved([oracle(file, sizes) for file, sizes, _, _ in PUBLISHED]) > 0


def test_the_catalogue_keeps_its_verdicts() -> None:
    programs = [program for job in few_jobs() if is_small(program := compiled(job))]
    assert len(programs) > 5
    assert saved(programs) > 0


def saved(programs: Sequence[Program]) -> int:
    """How many states both reductions save together on these programs, on which they have to agree."""
    total = 0
    for program, whole, part in zip(programs, reduced(programs, []), reduced(programs, BOTH), strict=True):
        assert verdicts(part) == verdicts(whole), program.name
        assert part.coverage == whole.coverage, program.name
        assert part.states <= whole.states, program.name
        total += whole.states - part.states
    return total


def few_jobs() -> Iterator[Job]:
    """The first programs of each entry, of different variants."""
    seen: dict[str, set[str]] = {}
    for job in jobs_of(load_shipped(), "native"):
        variants = seen.setdefault(job.target.name, set())
        if job.variant not in variants and len(variants) < VARIANTS:
            variants.add(job.variant)
            yield job


def compiled(job: Job) -> Program:
    protocol = load(job.target.protocol)
    world = find_world(protocol, job.target.world)
    chosen = Selection(job.target.name, protocol, world, job.variant, dict(job.options), dict(job.sizes), job.target)
    return chosen.compile().program


def is_small(program: Program) -> bool:
    outcome = ReferenceEngine().decide(program, (), Limits(states=MOST_STATES), lambda tick: None)
    return outcome.states < MOST_STATES
