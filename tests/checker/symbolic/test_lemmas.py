# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Invariants: found by dataflow, proved before they are used, and without any influence on verdicts and depths."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from svmcheck.checker.symbolic.dataflow import Dataflow, Facts
from svmcheck.checker.symbolic.inductive import assignment, proved
from svmcheck.checker.symbolic.lemmas import Lemma, candidates
from svmcheck.checker.symbolic.sums import sums
from svmcheck.checker.symbolic.transition import Model
from svmcheck.model.ir.program import Program
from svmcheck.model.semantics import Semantics, Violation
from svmcheck.specs.verdict import Verdict
from tests.checker.symbolic.programs import bounded, disagreements, protocol
from tests.irbuild import Automaton, binary, eq, invariant, load, plus, program, put, variable
from tests.irprograms import increment_locked, increment_race, lock_pair, peterson
from tests.random_ir import random_program


def lemmas(given: Program, *more: Lemma) -> tuple[Model, list[Lemma]]:
    model = Model(given)
    return model, proved(model, [*candidates(model), *more], lambda: None)


def reference_count(users: int) -> Program:
    """Each user takes a reference, uses it and drops it; one is held from the start by a mapping that goes away."""
    user = Automaton("user", users, symmetric=True)
    user.edge("out", "in", put("count", plus(load("count"), 1)), guard=eq(load("mapped"), 1))
    user.edge("in", "done", put("count", binary("-", load("count"), 1, load("count").type))).place("done", ends=True)
    zap = Automaton("zap").edge("start", "unmapped", put("mapped", 0), guard=eq(load("mapped"), 1))
    zap.edge("unmapped", "end", put("count", binary("-", load("count"), 1, load("count").type))).place("end", ends=True)
    return program(
        user.place("out", idle=True), zap, variables=(variable("count", initial=1), variable("mapped", initial=1))
    )


def test_the_owner_of_a_lock_is_between_lock_and_unlock() -> None:
    given = increment_locked(3)
    _, found = lemmas(given)
    assert "owner is inc[0] only while that is at one of 3 locations" in {lemma.text for lemma in found}
    facts = Facts.of(Dataflow(given), 2)  # not one of the two that were analysed
    owner = Semantics(given).layout.offset["owner"]
    names = given.processes[0].locations
    held = {names[at].label for at, possible in facts.possible.items() if possible[owner] == {3}}
    assert held == {"read", "write", "unlock"}
    outside = [possible[owner] for at, possible in facts.possible.items() if names[at].label in ("lock", "done")]
    assert len(outside) == 2
    assert all(3 not in values for values in outside)


def test_a_counter_is_the_sum_of_what_each_location_holds() -> None:
    given = reference_count(2)
    (found,) = sums(given, Dataflow(given))
    at = {given.processes[0].locations[n].label: held for (name, n), held in found.at.items() if name == "user"}
    assert at == {"in": 1}
    _, kept = lemmas(given)
    assert Counter(lemma.kind for lemma in kept)["sum"] == 1


def test_a_sum_that_is_none_is_dropped() -> None:
    """Here one way to the last location adds to the counter and the other does not."""
    p = Automaton("p", 2, symmetric=True)
    p.edge("a", "b", put("x", plus(load("x"), 1))).edge("a", "b").place("b", ends=True)
    model, kept = lemmas(program(p, variables=(variable("x"),)))
    assert Counter(lemma.kind for lemma in candidates(model))["sum"] == 1
    assert Counter(lemma.kind for lemma in kept)["sum"] == 0


def test_wrong_candidates_are_dropped_and_right_ones_stay() -> None:
    model = Model(increment_race(2))
    x = model.layout.offset["x"]
    seen = model.layout.offset["seen"]
    wrong_later = Lemma("value", "x stays 0", (model.now.equals(x, 0),), ("wrong", 1))
    wrong_first = Lemma("value", "x is 1", (model.now.equals(x, 1),), ("wrong", 2))
    true_but_not_alone = Lemma("value", "x is below 3", tuple(model.now.equals(x, v) for v in range(3)), ("weak", 1))
    unmoved = (model.now.equals(seen, 0), -model.now.is_at(0, 0))
    right = Lemma("value", "inc[0] has read 0 or has moved", unmoved, ("right",))
    kept = proved(model, [wrong_later, wrong_first, true_but_not_alone, right], lambda: None)
    assert kept == [right]


@pytest.mark.parametrize("seed", range(25))
def test_what_is_proved_is_true_in_every_reachable_state(seed: int) -> None:
    given = random_program(seed)
    model, kept = lemmas(given)
    semantics = Semantics(given)
    states = list(dict.fromkeys(semantics.initial))
    known = set(states)
    for state in states[:300]:
        inputs = assignment(model, state)
        for lemma in kept:
            assert any(model.circuit.value(literal, inputs) for literal in lemma.holds), lemma.text
        targets = [t for _, _, t in semantics.successors(state) if not isinstance(t, Violation)]
        states += dict.fromkeys(t for t in targets if t not in known)
        known.update(targets)


@pytest.mark.parametrize("seed", range(15))
def test_lemmas_change_no_verdict_of_random_programs(seed: int) -> None:
    given = random_program(seed)
    assert disagreements(given, bounded(given, depth=8, lemmas_after=0.0), depth=8) == []


@pytest.mark.parametrize(
    "given",
    [
        replace(reference_count(2), invariants=(invariant("positive", binary(">", load("count"), 0)),)),
        replace(increment_locked(2), invariants=(invariant("few", binary("<", load("x"), 2)),)),
        lock_pair(),
        peterson(),
        protocol("cpu_fault", generation="g3", release="put-then-unlock"),
    ],
    ids=lambda p: p.processes[0].name,
)
def test_lemmas_change_no_verdict_and_no_depth(given: Program) -> None:
    with_, without = bounded(given, lemmas_after=0.0), bounded(given)
    for one, other in zip(with_.results, without.results, strict=True):
        assert (one.property, one.verdict) == (other.property, other.verdict)
        assert one.depth == other.depth or one.verdict is not Verdict.VIOLATED
    assert "invariants were proved" in with_.notes[0]
    assert without.notes == ()


def test_ownership_and_reference_count_of_cpu_fault_are_proved() -> None:
    _, kept = lemmas(protocol("cpu_fault"))
    kinds = Counter(lemma.kind for lemma in kept)
    assert kinds["owner"] >= 4  # two locks, two threads
    assert kinds["sum"] == 1
