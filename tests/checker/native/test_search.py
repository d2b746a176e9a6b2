# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The search on programs whose state graphs are known by arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest

from svmcheck.checker.native.compile import Built, build
from svmcheck.checker.native.library import Search, Status, open_library
from svmcheck.checker.native.unit import translate
from svmcheck.model.ir.expr import Expr, Me
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK
from svmcheck.model.ir.types import IntType
from svmcheck.model.semantics import Semantics
from tests.checker.native.together import EAGER, QUICK, searches
from tests.irbuild import Automaton, binary, check, const, eq, load, local, mine, negated, plus, program, put, variable

COUNTERS, TOP = 6, 5


def counters(count: int, top: int) -> Program:
    """Instances that each count from 0 to ``top`` and end: (top + 1) ** count states, one per tuple of counts."""
    counter = Automaton("counter", count)
    counter.edge("count", "count", put("n", plus(mine("n"), 1), Me(IntType(0, count))), guard=below(mine("n"), top))
    counter.place("count", idle=True)
    return program(counter, variables=(local("n", counter, IntType(0, top)),))


def below(left: Expr, right: int) -> Expr:
    return binary("<", left, right)


def begin(search: Search) -> None:
    for state in Semantics(search.numbering.program).initial:
        assert search.begin(state)


def explored(search: Search) -> Search:
    begin(search)
    assert search.run(60.0, None) is Status.DONE
    return search


@pytest.mark.parametrize(("workers", "flags"), [(1, QUICK), (2, ()), (5, EAGER)])
def test_counts_of_independent_counters(workers: int, flags: tuple[str, ...]) -> None:
    for search in searches([counters(COUNTERS, TOP)], workers, flags):
        n = explored(search).count()
        states = (TOP + 1) ** COUNTERS
        assert (n.states, n.depth, n.frontier) == (states, COUNTERS * TOP, 0)
        assert n.transitions == COUNTERS * TOP * (TOP + 1) ** (COUNTERS - 1)


def test_numbers_parents_and_runs() -> None:
    for search in searches([counters(3, 4)]):
        explored(search)
        numbers = {search.number(state): state for state in _all_counts(3, 4)}
        assert len(numbers) == 5**3
        for number, state in numbers.items():
            assert search.state(number) == state
            root, moves = search.path(number)
            assert search.state(root) == (0,) * 6
            assert len(moves) == sum(state)
        with pytest.raises(KeyError):
            search.number((0, 0, 0, 0, 0, 7))


def _all_counts(count: int, top: int) -> list[tuple[int, ...]]:
    states: list[tuple[int, ...]] = [()]
    for _ in range(count):
        states = [(*s, n) for s in states for n in range(top + 1)]
    return [(0,) * count + s for s in states]


def test_states_of_several_words() -> None:
    """Three numbers of 45 bits that double together, which no two fit one word."""
    walker = Automaton("walker")
    names = ("a", "b", "c")
    wide = IntType(0, 2**45 - 1)
    doubled = [put(name, binary("*", load(name, type=wide), 2, wide)) for name in names]
    walker.edge("go", "go", *doubled, guard=below(load("a", type=wide), 2**43))
    walker.place("go", idle=True)
    variables = tuple(variable(name, type=wide, initial=first) for name, first in zip(names, (1, 0, 3), strict=True))
    for search in searches([program(walker, variables=variables)]):
        assert search.numbering.packing.words == 3
        n = explored(search).count()
        assert (n.states, n.transitions, n.depth) == (44, 43, 43)
        assert search.number((0, 2**43, 0, 3 * 2**43)) != search.number((0, 1, 0, 3))


def test_a_violating_step_is_no_transition_and_needs_no_guard() -> None:
    lone = Automaton("lone")
    lone.edge("a", "b", guard=eq(const(1), 0), checks=(check(eq(load("x"), 1)),))
    for search in searches([program(lone, variables=(variable("x"),))]):
        n = explored(search).count()
        assert (n.states, n.transitions) == (1, 0)
        found = search.found("asserted")
        assert found is not None
        assert found.move is not None
        assert search.found(DEADLOCK) is None  # a failing check enables its process
        assert search.taken() == b"\1"


def test_the_first_failing_check_counts() -> None:
    lone = Automaton("lone")
    bad = eq(load("x"), 1)
    skipped = check(bad, "skipped", when=bad)
    lone.edge("a", "b", checks=(check(negated(bad), "fine"), skipped, check(bad, "first"), check(bad, "second")))
    for search in searches([program(lone, variables=(variable("x"),))]):
        explored(search)
        assert [name for name in search.numbering.faults if search.found(name)] == ["first"]


def test_limit_of_states() -> None:
    for search in searches([counters(6, 5)]):
        begin(search)
        assert search.run(60.0, 1000) is Status.STATE_LIMIT
        assert 1000 <= search.count().states < 10_000


def test_limit_of_memory() -> None:
    big = counters(6, 5)
    unit = translate([big])
    built = build(unit.sources, QUICK)
    assert isinstance(built, Built)
    limit = 1 << 20
    with Search(open_library(built.path), unit.programs[0], 1, limit) as search:
        begin(search)
        assert search.run(60.0, None) is Status.MEMORY_LIMIT
        assert 0 < search.count().states < 6**6
        assert search.count().memory <= limit


def test_pauses_and_goes_on() -> None:
    for search in searches([counters(COUNTERS, TOP)]):
        begin(search)
        counts = [search.count().states]
        while search.run(0.0, None) is Status.PAUSED:
            counts.append(search.count().states)
        assert all(a <= b for a, b in pairwise(counts))
        assert len(counts) > 10
        assert search.count().states == (TOP + 1) ** COUNTERS
