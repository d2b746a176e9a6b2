# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which locations are ample, one condition at a time: each program is ample but for the one thing its test adds."""

from __future__ import annotations

import pytest

from svmcheck.checker.independence.ample import Danger, ample_locations, without_cycles
from svmcheck.checker.independence.ownership import Ownership
from svmcheck.model.ir.expr import Expr, Unary
from svmcheck.model.ir.layout import Layout
from svmcheck.model.ir.program import Program, Update, Variable
from svmcheck.model.ir.types import IntType, PidType, SetType
from tests.irbuild import (
    TRUE,
    Automaton,
    binary,
    check,
    const,
    eq,
    invariant,
    load,
    ne,
    pids,
    plus,
    program,
    put,
    variable,
)

FIRST, SECOND = 1, 2  # ids


def walker(*updates: Update, guard: Expr = TRUE, **traits: object) -> Automaton:
    """One step, from ``here``."""
    return Automaton("walker").place("here", **traits).edge("here", "there", *updates, guard=guard)


def other(*updates: Update, guard: Expr = TRUE) -> Automaton:
    """One step that is independent of whatever is told, and the one that is told."""
    return Automaton("other").edge("a", "b").edge("b", "c", *updates, guard=guard)


def place_of(given: Program, location: int = 0) -> Danger | None:
    """What is dangerous for a location of the first class; None if it is ample in no state."""
    return ample_locations(given).places[0].get(location)


def judged(mine: Automaton, theirs: Automaton, *variables: Variable, **more: object) -> Danger | None:
    return place_of(program(mine, theirs, variables=(*variables, variable("x"), variable("y")), **more))  # pyright: ignore[reportArgumentType]


def test_steps_that_share_nothing_are_ample() -> None:
    assert judged(walker(put("x", 1)), other(put("y", 1))) == {}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (walker(put("x", 1)), other(guard=eq(load("x"), 1))),
        (walker(guard=eq(load("x"), 1)), other(put("x", 1))),
        (walker(put("x", 1)), other(put("x", 2))),
        (walker(put("y", load("x"))), other(put("x", 2))),
    ],
    ids=["they read", "I read", "both write", "I copy"],
)
def test_a_shared_variable_is_dangerous_until_it_is_behind(mine: Automaton, theirs: Automaton) -> None:
    """``c`` is safe: the other has touched the variable and never will again."""
    assert judged(mine, theirs) == {1: frozenset({0, 1})}


def test_what_an_invariant_reads_is_visible() -> None:
    assert judged(walker(put("x", 1)), other(), invariants=(invariant("inv", ne(load("x"), 3)),)) is None
    assert judged(walker(put("y", 1)), other(), invariants=(invariant("inv", ne(load("x"), 3)),)) == {}


def test_a_place_to_rest_at_is_seen_by_balance() -> None:
    assert judged(walker(put("x", 1), rests=True), other()) is None


def test_urgency_forbids_reduction() -> None:
    assert ample_locations(program(walker(put("x", 1), urgent=TRUE), other(), variables=(variable("x"),))).why_not


def test_a_check_of_another_that_the_step_decides() -> None:
    """The other's step cannot succeed, but whether it violates depends on who comes first."""
    never = Automaton("other").edge("b", "c", guard=eq(const(1), 2), checks=(check(eq(load("x"), 1)),))
    assert judged(walker(put("x", 1)), never) == {1: frozenset({0})}


def test_each_cycle_keeps_a_location_that_is_not_ample() -> None:
    ring = Automaton("ring").edge("a", "b", put("x", 1)).edge("b", "c", put("x", 2)).edge("c", "a", put("x", 0))
    places = ample_locations(program(ring, other(put("y", 1)), variables=(variable("x"), variable("y")))).places[0]
    assert set(places) == {0, 1}
    assert without_cycles(ring.process(), [2, 0, 1]) == {2, 0}
    assert without_cycles(Automaton("loop").edge("a", "a").process(), [0]) == frozenset()


def locked(field: Update, *, with_lock: bool = True, by: str = "other") -> Automaton:
    """Takes a lock, makes a step, and lets go."""
    me = FIRST if by == "walker" else SECOND
    owner = PidType(("walker", "other"))
    one = Automaton(by)
    one.edge("free", "held", put("owner", const(me)), guard=eq(load("owner", type=owner), 0) if with_lock else TRUE)
    one.edge("held", "done", field).edge("done", "end", put("owner", 0), guard=eq(load("owner", type=owner), me))
    return one


def owner() -> Variable:
    return variable("owner", type=PidType(("walker", "other")))


def test_what_a_lock_protects_is_ample_while_it_is_held() -> None:
    both = program(locked(put("x", 1), by="walker"), locked(put("x", 2)), variables=(owner(), variable("x")))
    places = ample_locations(both).places[0]
    assert places[1] == {}  # the step inside
    assert places[2] == {}  # and letting go: the other only waits for it
    assert 0 not in places or places[0]


def test_a_lock_that_one_side_takes_from_the_other_protects_nothing() -> None:
    thief = locked(put("x", 2), with_lock=False)
    both = program(locked(put("x", 1), by="walker"), thief, variables=(owner(), variable("x")))
    assert Ownership(Layout(both)).at(0, 1) == frozenset()
    assert ample_locations(both).places[0].get(1) != {}


def readers_and_writer(*, excluded: bool) -> Program:
    """A writer that waits for readers, or not, and a reader that waits for the writer."""
    kind = SetType(PidType(("walker", "other")), 1, 2)
    pid = PidType(("walker", "other"))
    nobody_reads = eq(Unary("popcount", load("readers", type=kind), IntType(0, 2)), 0)
    nobody_writes = eq(load("owner", type=pid), 0)
    writer, reader = Automaton("walker"), Automaton("other")
    free = binary("and", nobody_writes, nobody_reads) if excluded else nobody_writes
    writer.edge("free", "held", put("owner", FIRST), guard=free).edge("held", "done", put("x", 1))
    writer.edge("done", "end", put("owner", 0), guard=eq(load("owner", type=pid), FIRST))
    inside = binary("with", load("readers", type=kind), const(1), kind)
    outside = binary("without", load("readers", type=kind), const(1), kind)
    reader.edge("free", "held", put("readers", inside), guard=nobody_writes)
    reader.edge("held", "done", put("y", load("x"))).edge("done", "end", put("readers", outside))
    variables = (owner(), variable("readers", type=kind), variable("x"), variable("y"))
    return program(writer, reader, variables=variables)


def test_readers_and_writers_exclude_each_other_if_both_wait() -> None:
    assert ample_locations(readers_and_writer(excluded=True)).places[0][1] == {}
    assert ample_locations(readers_and_writer(excluded=False)).places[0][1] == {1: frozenset({1})}  # it may be inside


def test_elements_of_a_set_are_independent() -> None:
    kind = SetType(IntType(0, 3), 0, 4)
    held = load("s", type=kind)
    mine = walker(put("s", binary("with", held, const(0), kind)))
    theirs = other(put("s", binary("with", held, const(1), kind)), guard=binary("has", held, const(2)))
    assert judged(mine, theirs, variable("s", type=kind)) == {}
    whole = other(guard=eq(Unary("popcount", held, IntType(0, 4)), 0))
    assert judged(mine, whole, variable("s", type=kind)) == {1: frozenset({0, 1})}


def test_comparisons_with_other_values_are_independent() -> None:
    mine = walker(put("x", 1), guard=eq(load("x"), 0))
    assert judged(mine, other(guard=eq(load("x"), 3))) == {}
    assert judged(mine, other(guard=eq(load("x"), 1))) == {1: frozenset({0, 1})}
    assert judged(walker(put("x", 1)), other(guard=eq(load("x"), 3))) == {1: frozenset({0, 1})}  # from any value


def test_instances_of_one_class_see_each_other() -> None:
    crowd = Automaton("crowd", 2, True).edge("a", "b").edge("b", "c", put("x", plus(load("x"), 1)))
    assert place_of(program(crowd, variables=(variable("x"),)), 1) == {0: frozenset({0, 1})}
    assert place_of(program(crowd, variables=(variable("x"),)), 0) == {}


def test_two_steps_in_a_row_are_judged_with_each_branch() -> None:
    branching = Automaton("walker").edge("here", "left", put("x", 1)).edge("here", "right", put("y", 1))
    assert judged(branching, other(put("y", 2))) == {1: frozenset({0, 1})}
    assert judged(branching, other()) == {}


def test_ids_of_instances_are_told_apart() -> None:
    one, two = Automaton("one"), Automaton("two")
    kind = pids(one, two)
    one.edge("a", "b", put("owner", FIRST), guard=eq(load("owner", type=kind), 0))
    two.edge("a", "b", guard=eq(load("owner", type=kind), SECOND))
    places = ample_locations(program(one, two, variables=(variable("owner", type=kind),))).places
    assert places[0][0] == {}
