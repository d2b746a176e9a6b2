# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The states of an exported TLA+ module are the program's; TLC being no package, a reader of our own explores it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.selection import select
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK, properties
from svmcheck.reports.export.claims import safety
from svmcheck.reports.export.tla import tla
from svmcheck.specs.verdict import Verdict
from tests.irprograms import contended_lock, increment_race, lock_pair, peterson
from tests.random_ir import random_program
from tests.reports.export.tla_reader import Explorer

PROGRAMS: dict[str, Callable[[], Program]] = {
    "increment-race-3": lambda: increment_race(3),
    "peterson": peterson,
    "lock-pair": lock_pair,
    "contended-lock": lambda: contended_lock(strong=True),
    "cpu-fault": lambda: select("cpu-fault", None, {}, {"cpu_threads": 1}).compile().program,
    **{f"random-{n}": lambda n=n: random_program(n, wide=n % 5 == 0) for n in range(40)},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_module_has_the_states_and_failures_of_the_program(name: str) -> None:
    program = PROGRAMS[name]()
    asked = properties(program)
    outcome = ReferenceEngine().decide(program, asked, Limits(states=400), lambda tick: None)
    if outcome.states >= 400:
        pytest.skip("too many states for a reader this slow")
    module = Explorer(tla(program, safety(program)))
    states = module.explore()
    assert len(states) == outcome.states
    decided = {p.name for p in asked if p.is_safety} | {DEADLOCK}
    for result in outcome.results:
        if result.property in decided and result.verdict in (Verdict.VIOLATED, Verdict.HOLDS):
            (holds,) = module.definitions[result.property.replace("-", "_")].bullets
            everywhere = all(module.value(holds, state) for state in states.values())
            assert everywhere == (result.verdict is Verdict.HOLDS), result.property
