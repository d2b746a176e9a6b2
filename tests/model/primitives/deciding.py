# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The worlds of ``protocols/``, decided by the reference engine, and by the native one to compare."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.compile import NoCompiler, find_compiler
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Result, Verdict
from tests.checker.native.agreement import Sample, disagreements

PROTOCOLS = Path(__file__).parent / "protocols"
Variant = tuple[str, str, tuple[tuple[str, str], ...]]
"""File, world, options and sizes."""


def variant(file: str, world: str, /, **settings: object) -> Variant:
    return file, world, tuple((name, str(value).lower()) for name, value in settings.items())


@cache
def program(chosen: Variant) -> Program:
    file, world, settings = chosen
    options = {name: value for name, value in settings if not value.isdigit()}
    sizes = {name: int(value) for name, value in settings if value.isdigit()}
    return compile_program(load_protocol(PROTOCOLS / f"{file}.py"), world, options, sizes)


@cache
def outcome(chosen: Variant) -> Outcome:
    found = program(chosen)
    return ReferenceEngine().decide(found, properties(found), Limits(), lambda tick: None)


def results(chosen: Variant) -> dict[str, Result]:
    return {result.property: result for result in outcome(chosen).results}


def violated(chosen: Variant) -> dict[str, str]:
    """The properties that do not hold, with what is said of them; lock order is not among them."""
    return {name: r.message for name, r in results(chosen).items() if r.verdict is Verdict.VIOLATED}


def steps_to(property: str, chosen: Variant) -> int:
    """Of the counterexample."""
    trace = results(chosen)[property].trace
    assert trace is not None
    return len(trace.steps)


def undecided(chosen: Variant) -> set[str]:
    decided = {Verdict.HOLDS, Verdict.VIOLATED}
    return {n for n, r in results(chosen).items() if r.verdict not in decided and r.kind != "lock-order"}


def engines_disagree(chosen: Iterable[Variant]) -> list[str]:
    """Where the native engine says something else than the reference, in verdicts, counts or lengths of runs."""
    found = find_compiler()
    if isinstance(found, NoCompiler):
        pytest.skip(f"{found.reason} {found.remedy}")
    return list(disagreements([Sample(n, program(c), outcome(c)) for n, c in enumerate(chosen)]))
