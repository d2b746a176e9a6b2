# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Many programs in one compilation, each decided by the native engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.native.compile import Built, build
from svmcheck.checker.native.engine import decide_by
from svmcheck.checker.native.library import Search, open_library
from svmcheck.checker.native.reductions import Plan
from svmcheck.checker.native.unit import translate
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties

QUICK = ("-O0",)  # compiles three times as fast
EAGER = ("-O0", "-DSMALL=1", "-DSLICE=3")  # threads share out even the smallest work, in many rounds


def searches(
    programs: Sequence[Program], workers: int = 1, flags: tuple[str, ...] = QUICK, plans: Sequence[Plan] = ()
) -> Iterator[Search]:
    """A search of each program that has not begun, open until the next is asked for."""
    unit = translate(programs, plans)
    built = build(unit.sources, flags)
    assert isinstance(built, Built), built
    library = open_library(built.path)
    for number, numbering in enumerate(unit.programs):
        with Search(library, numbering, workers, None, number) as search:
            yield search


def outcomes(programs: Sequence[Program], workers: int = 1, flags: tuple[str, ...] = QUICK) -> Iterator[Outcome]:
    for program, search in zip(programs, searches(programs, workers, flags), strict=True):
        yield decide_by(search, properties(program), Limits(), lambda tick: None)
