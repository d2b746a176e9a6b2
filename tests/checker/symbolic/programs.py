# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The shipped protocols at small sizes, and the comparison of the smt engine with the reference engine."""

from __future__ import annotations

from pathlib import Path

import svmcheck.model.protocols
from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.symbolic.engine import SmtEngine
from svmcheck.checker.symbolic.targets import is_decidable
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import Property, properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Result, Verdict

PROTOCOLS = Path(next(iter(svmcheck.model.protocols.__path__)))
DEPTH = 12
REFERENCE_STATES = 60_000  # of a larger program, what the reference finds in so many is compared


def protocol(name: str, world: str | None = None, **choices: int | str) -> Program:
    sizes = {k: v for k, v in choices.items() if isinstance(v, int)}
    options = {k: v for k, v in choices.items() if isinstance(v, str)}
    return compile_program(load_protocol(PROTOCOLS / f"{name}.py"), world, options, sizes)


def decidable(program: Program) -> tuple[Property, ...]:
    return tuple(p for p in properties(program) if is_decidable(p))


def bounded(program: Program, depth: int | None = DEPTH, lemmas_after: float | None = None) -> Outcome:
    return SmtEngine(depth, lemmas_after).decide(program, decidable(program), Limits(), lambda tick: None)


def result(outcome: Outcome, name: str) -> Result:
    return next(r for r in outcome.results if r.property == name)


def disagreements(program: Program, outcome: Outcome, depth: int = DEPTH) -> list[str]:
    """Where verdict or shortest depth differ from the reference engine's, for runs of at most ``depth`` steps."""
    limits = Limits(states=REFERENCE_STATES)
    reference = ReferenceEngine().decide(program, decidable(program), limits, lambda tick: None)
    seen = depth if reference.coverage.complete or reference.states < REFERENCE_STATES else reference.depth
    wrong: list[str] = []
    for expected, found in zip(reference.results, outcome.results, strict=True):
        is_near = expected.verdict is Verdict.VIOLATED and expected.depth <= depth
        was_found = found.verdict is Verdict.VIOLATED
        if is_near != was_found and (is_near or found.depth <= seen):
            wrong.append(f"{found.property}: {expected.verdict} at {expected.depth}, but {found.verdict}")
        elif is_near and expected.depth != found.depth:
            wrong.append(f"{found.property}: depth {expected.depth}, but {found.depth}")
        elif found.verdict.passes and not expected.verdict.passes:
            wrong.append(f"{found.property}: {expected.verdict}, but {found.verdict}")
    return wrong
