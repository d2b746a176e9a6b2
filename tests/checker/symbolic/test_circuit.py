# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Gates and their clauses against truth tables, and symbolic expressions against the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.checker.symbolic.circuit import FALSE, TRUE, Circuit, at_most_one
from svmcheck.checker.symbolic.expressions import is_set
from svmcheck.checker.symbolic.inductive import assignment
from svmcheck.checker.symbolic.transition import Model
from svmcheck.model.evaluate import EvaluationError, Scope, State, evaluator
from svmcheck.model.ir.expr import Expr
from svmcheck.model.ir.program import Program
from tests.random_ir import random_program

INPUTS = 4


def formula(circuit: Circuit, inputs: list[int], random: Random, depth: int) -> int:
    if depth == 0:
        return random.choice((*inputs, *(-x for x in inputs), TRUE, FALSE))
    parts = [formula(circuit, inputs, random, depth - 1) for _ in range(random.randint(1, 6))]
    if random.random() < 0.2:
        return circuit.choose(parts[0], parts[-1], parts[len(parts) // 2])
    return circuit.all_of(parts) if random.random() < 0.5 else circuit.any_of(parts)


def satisfiable(clauses: list[tuple[int, ...]], fixed: dict[int, bool]) -> bool:
    """By trying: unit clauses first, then a value for some variable."""
    left: list[tuple[int, ...]] = []
    for clause in clauses:
        if any(fixed.get(abs(x)) == (x > 0) for x in clause):
            continue
        open_ = tuple(x for x in clause if abs(x) not in fixed)
        if not open_:
            return False
        left.append(open_)
    if not left:
        return True
    shortest = min(left, key=len)
    return any(satisfiable(left, {**fixed, abs(x): x > 0}) for x in shortest)


@given(st.integers(0, 10**6))
def test_clauses_say_what_the_gates_are(seed: int) -> None:
    random, circuit = Random(seed), Circuit()
    inputs = [circuit.variable() for _ in range(INPUTS)]
    demands = [[formula(circuit, inputs, random, 3) for _ in range(random.randint(1, 3))] for _ in range(2)]
    clauses = circuit.clauses(demands)
    for values in product((False, True), repeat=INPUTS):
        given_ = {TRUE: True, **dict(zip(inputs, values, strict=True))}
        wanted = all(any(circuit.value(x, given_) for x in demand) for demand in demands)
        assert satisfiable(clauses, given_) == wanted


@given(st.integers(0, 10**6))
def test_exclusive_literals_make_gates_simpler_and_nothing_else(seed: int) -> None:
    plain, grouped = Circuit(), Circuit()
    inputs = [plain.variable() for _ in range(INPUTS)]
    assert inputs == [grouped.variable() for _ in range(INPUTS)]
    grouped.exactly_one(inputs)
    first = formula(plain, inputs, Random(seed), 3)
    second = formula(grouped, inputs, Random(seed), 3)
    for chosen in inputs:
        values = {TRUE: True, **{x: x == chosen for x in inputs}}
        assert plain.value(first, values) == grouped.value(second, values)


@pytest.mark.parametrize("count", range(1, 10))
def test_at_most_one(count: int) -> None:
    circuit = Circuit()
    literals = [circuit.variable() for _ in range(count)]
    clauses = at_most_one(circuit, literals)
    for values in product((False, True), repeat=count):
        assert satisfiable(clauses, dict(zip(literals, values, strict=True))) == (sum(values) <= 1)


def some_states(program: Program, model: Model, random: Random) -> Iterator[State]:
    places = [random.randrange(len(process.locations)) for process, _ in model.layout.instances]
    for _ in range(6):
        cells = [
            model.shape.fixed.get(position, random.randint(kind.lo, kind.hi))
            for position, kind in model.shape.types.items()
        ]
        yield (*(process.entry for process, _ in model.layout.instances), *cells)
    assert places


def expressions(program: Program) -> Iterator[tuple[int | None, Expr]]:
    """Every expression that is evaluated without a test before it, with the class it belongs to."""
    for number, process in enumerate(program.processes):
        for edge in process.edges:
            yield number, edge.guard
            for update in edge.updates:
                yield number, update.value
    for invariant in program.invariants:
        yield None, invariant.expr


@pytest.mark.parametrize("seed", range(60))
def test_expressions_have_the_value_that_the_interpreter_gives_them(seed: int) -> None:
    program, random = random_program(seed), Random(seed)
    model = Model(program)
    first = {process.name: n for n, (process, _) in reversed(list(enumerate(model.layout.instances)))}
    compared = 0
    for state in some_states(program, model, random):
        inputs = assignment(model, state)
        for owner, expr in expressions(program):
            me = None if owner is None else 0
            scope = model.outside if owner is None else model.scope(first[program.processes[owner].name])
            try:
                wanted = int(evaluator(expr, Scope(model.layout, me=me))(state))
            except (EvaluationError, ArithmeticError, ValueError):
                continue  # legal as long as a check fails first
            if is_set(expr):
                bits = scope.bits(expr)
                assert sum(model.circuit.value(bit, inputs) << n for n, bit in enumerate(bits)) == wanted
            else:
                cases = scope.cases(expr)
                assert [v for v, literal in cases.items() if model.circuit.value(literal, inputs)] == [wanted]
                assert model.circuit.value(scope.truth(expr), inputs) == bool(wanted)
            compared += 1
    assert compared
