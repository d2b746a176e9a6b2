# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""SPIN and Rumur count the states of an exported program that the reference engine counts, and agree on the verdict.

A few programs by default; ``SVMCHECK_PEERS=all pytest tests/reports/export`` takes every variant of the catalogue and
150 random programs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from benchmarks.peers import available, rumur, spin
from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.selection import select
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK, properties
from svmcheck.reports.export.claims import Claims, safety
from svmcheck.reports.export.formats import export
from svmcheck.reports.export.murphi import murphi
from svmcheck.reports.export.promela import promela
from svmcheck.specs.catalogue.load import load_shipped
from svmcheck.specs.verdict import Verdict
from tests.irprograms import contended_lock, increment_locked, increment_race, lock_pair, peterson
from tests.random_ir import random_program

ALL = os.environ.get("SVMCHECK_PEERS") == "all"
MOST_STATES = 20_000
NOTHING = Claims()  # failing checks end runs without an error, so that a peer counts to the end

FIXED: dict[str, Callable[[], Program]] = {
    "increment-race-3": lambda: increment_race(3),
    "increment-locked-3": lambda: increment_locked(3),
    "peterson": peterson,
    "lock-pair": lock_pair,
    "contended-lock": lambda: contended_lock(strong=True),
}


def catalogue_program(target: str, variant: str | None) -> Callable[[], Program]:
    return lambda: select(target, variant).compile().program


def programs() -> dict[str, Callable[[], Program]]:
    seeds = range(150) if ALL else (6, 8, 25)  # failing checks; urgency; three first states
    variants = {
        f"{target.name}-{variant.name}": catalogue_program(target.name, variant.name)
        for target in load_shipped().targets
        for variant in target.variants
    }
    chosen = variants if ALL else {name: variants[name] for name in ("cpu-fault-g0", "cpu-fault-g3")}
    return {**FIXED, **chosen, **{f"random-{seed}": lambda seed=seed: random_program(seed) for seed in seeds}}


PROGRAMS = programs()

# Building a peer takes most of the time: by default two verdicts of each kind.
VERDICTS = PROGRAMS if ALL else ("peterson", "lock-pair", "cpu-fault-g0", "random-6", "random-8")


@cache
def reference(name: str) -> tuple[Program, Outcome]:
    program = PROGRAMS[name]()
    outcome = ReferenceEngine().decide(program, properties(program), Limits(states=MOST_STATES), lambda tick: None)
    if outcome.states >= MOST_STATES:
        pytest.skip(f"more than {MOST_STATES} states")
    return program, outcome


def breaks_safety(program: Program, outcome: Outcome) -> bool:
    names = {p.name for p in properties(program) if p.is_safety} | {DEADLOCK}
    return any(r.property in names and r.verdict is Verdict.VIOLATED for r in outcome.results)


def first_states(program: Program) -> int:
    """How many states SPIN has more: one if an init process sets up the first state."""
    return "init\n{" in promela(program, NOTHING)


@pytest.fixture
def needs_spin() -> None:
    if not available("spin"):
        pytest.skip("SPIN is not installed: apt-get install spin gcc")


@pytest.fixture
def needs_rumur() -> None:
    if not available("rumur"):
        pytest.skip("Rumur is not installed: apt-get install rumur gcc")


@pytest.mark.usefixtures("needs_spin")
@pytest.mark.parametrize("name", PROGRAMS)
def test_spin_counts_the_same_states(name: str, tmp_path: Path) -> None:
    program, outcome = reference(name)
    found = spin(promela(program, NOTHING), tmp_path, deadlock=False, optimize=("-O0",))
    assert found.errors == 0
    assert found.states - first_states(program) == outcome.states
    if not breaks_safety(program, outcome) and not first_states(program):
        assert found.transitions == outcome.transitions


@pytest.mark.usefixtures("needs_spin")
@pytest.mark.parametrize("name", VERDICTS)
def test_spin_finds_an_error_where_there_is_one(name: str, tmp_path: Path) -> None:
    program, outcome = reference(name)
    found = spin(promela(program, safety(program)), tmp_path, optimize=("-O0",))
    assert (found.errors > 0) == breaks_safety(program, outcome)


@pytest.mark.usefixtures("needs_rumur")
@pytest.mark.parametrize("name", PROGRAMS)
def test_rumur_counts_the_same_states(name: str, tmp_path: Path) -> None:
    program, outcome = reference(name)
    found = rumur(murphi(program, NOTHING), tmp_path, deadlock=False, optimize=("-O0",))
    assert found.errors == 0
    assert found.states == outcome.states
    if not breaks_safety(program, outcome):
        assert found.transitions == outcome.transitions


@pytest.mark.usefixtures("needs_rumur")
@pytest.mark.parametrize("name", VERDICTS)
def test_rumur_finds_an_error_where_there_is_one(name: str, tmp_path: Path) -> None:
    program, outcome = reference(name)
    found = rumur(murphi(program, safety(program)), tmp_path, optimize=("-O0",))
    assert (found.errors > 0) == breaks_safety(program, outcome)


def weakly_fair(program: Program) -> Program:
    """Without strong fairness, which SPIN cannot assume."""
    processes = [replace(p, edges=tuple(replace(e, fairness=None) for e in p.edges)) for p in program.processes]
    return replace(program, processes=tuple(processes))


LIVE = {
    "contended-lock": lambda: contended_lock(strong=False),
    "one-thread": lambda: contended_lock(strong=False, threads=1),
    **{f"random-{n}": lambda n=n: random_program(n, checks=False) for n in (range(150) if ALL else (2, 12))},
}


@pytest.mark.usefixtures("needs_spin")
@pytest.mark.parametrize("name", LIVE)
def test_spin_agrees_on_liveness_under_weak_fairness(name: str, tmp_path: Path) -> None:
    program = weakly_fair(LIVE[name]())
    outcome = ReferenceEngine().decide(program, properties(program), Limits(states=2_000), lambda tick: None)
    for result in outcome.results:
        decided = result.verdict in (Verdict.VIOLATED, Verdict.HOLDS)
        if decided and (result.property in program.goals or result.kind in ("leads-to", "always-eventually")):
            found = spin(export(program, "promela", result.property).text, tmp_path, live=True, optimize=("-O0",))
            assert (found.errors > 0) == (result.verdict is Verdict.VIOLATED), result.property
