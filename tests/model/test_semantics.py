# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.model.evaluate import EvaluationError, Scope, evaluator
from svmcheck.model.ir.expr import FALSE, TRUE, Expr, Unary, integer
from svmcheck.model.ir.layout import Layout
from svmcheck.model.ir.program import Dim
from svmcheck.model.ir.types import RefType
from svmcheck.model.semantics import Semantics, Violation
from tests.irbuild import (
    ME,
    SMALL,
    Automaton,
    binary,
    both,
    bound,
    check,
    either,
    eq,
    invariant,
    ite,
    load,
    local,
    mine,
    ne,
    negated,
    plus,
    program,
    put,
    put_mine,
    quant,
    variable,
)
from tests.irprograms import increment_race

ARRAY = program(Automaton("p", 2).edge("a", "b"), variables=(variable("x"), variable("a", 3), variable("m", 2, 3)))
LAYOUT = Layout(ARRAY)
STATE = (0, 0, 2, 10, 20, 30, 1, 2, 3, 4, 5, 6)  # two locations, x, a, m


def value(expr: Expr, me: int | None = None) -> int:
    return evaluator(expr, Scope(LAYOUT, me))(STATE)


def test_loads_are_row_major() -> None:
    assert value(load("m", integer(1), integer(0))) == 4
    assert value(load("a", load("x"))) == 30
    assert value(load("m", ME, load("x")), me=1) == 6


def test_nothing_after_the_deciding_operand_is_evaluated() -> None:
    outside = load("a", plus(load("x"), 1))
    assert not value(both(eq(load("x"), 0), eq(outside, 1)))
    assert value(either(eq(load("x"), 2), eq(outside, 1)))
    assert value(ite(eq(load("x"), 2), 7, outside)) == 7
    in_turn = quant("any", "i", 9, eq(load("a", bound("i")), 20))
    assert value(in_turn)
    with pytest.raises(EvaluationError, match="index 3 is outside a"):
        value(outside)


def test_a_constant_load_outside_its_array_fails_only_when_it_is_reached() -> None:
    outside = load("a", integer(3))
    assert not value(both(eq(load("x"), 0), eq(outside, 1)))
    with pytest.raises(EvaluationError):
        value(outside)


@pytest.mark.parametrize(
    ("op", "left", "right", "result"),
    [("//", -7, 2, -4), ("%", -7, 2, 1), ("has", 6, 1, 1), ("has", 6, 0, 0), ("with", 4, 1, 6), ("without", 6, 1, 4),
     ("union", 5, 3, 7), ("minus", 7, 5, 2), ("meet", 6, 3, 2), ("<=", 2, 2, 1), ("*", 3, -2, -6)],
)  # fmt: skip
def test_operators(op: str, left: int, right: int, result: int) -> None:
    assert value(binary(op, left, right)) == result  # pyright: ignore[reportArgumentType]


@given(st.integers(-3, 3), st.integers(-3, 3), st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "+", "-", "*"]))
def test_folding_constants_changes_no_value(left: int, right: int, op: str) -> None:
    """The same operation on constants, on one load and on two."""
    prog = program(Automaton("p").edge("a", "b"), variables=(variable("u"), variable("v")))
    scope = Scope(Layout(prog))
    state = (0, left, right)
    expected = evaluator(binary(op, left, right), scope)(state)  # pyright: ignore[reportArgumentType]
    for a, b in ((load("u"), integer(right)), (integer(left), load("v")), (load("u"), load("v"))):
        assert evaluator(binary(op, a, b), scope)(state) == expected  # pyright: ignore[reportArgumentType]


def test_quantifiers() -> None:
    assert value(quant("sum", "i", 3, load("a", bound("i")))) == 60
    assert value(quant("all", "i", 3, binary(">=", load("a", bound("i")), 10)))
    assert not value(quant("all", "i", 3, binary(">", load("a", bound("i")), 10)))
    nested = quant("any", "i", 2, quant("all", "j", 3, binary(">", load("m", bound("i"), bound("j")), 3)))
    assert value(nested)
    assert not value(negated(nested))
    assert value(Unary("popcount", integer(7), SMALL)) == 3


def test_me_in_an_invariant_is_refused() -> None:
    with pytest.raises(EvaluationError):
        value(ME)


def test_updates_read_the_old_state_and_the_last_write_wins() -> None:
    swap = Automaton("p").edge("a", "b", put("x", load("y")), put("y", load("x")), put("x", 5), put("z", 1, load("x")))
    variables = (variable("x", initial=1), variable("y", initial=3), variable("z", 2))
    semantics = Semantics(program(swap, variables=variables))
    ((_, _, target),) = semantics.successors(semantics.initial[0])
    assert target == (1, 5, 1, 0, 1)


def test_the_index_of_an_update_is_evaluated_in_the_old_state_too() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1), put("a", 7, load("x")))
    semantics = Semantics(program(p, variables=(variable("x"), variable("a", 2))))
    assert semantics.successors(semantics.initial[0])[0][2] == (1, 1, 7, 0)


def test_a_violating_step_needs_no_true_guard_and_the_first_failing_check_counts() -> None:
    checks = (
        check(FALSE, "not-here", when=FALSE),
        check(ne(load("x"), 0), "first"),
        check(FALSE, "second"),
    )
    p = Automaton("p").edge("a", "b", guard=FALSE, checks=checks)
    semantics = Semantics(program(p, variables=(variable("x"),)))
    ((instance, edge, target),) = semantics.successors(semantics.initial[0])
    assert (instance, edge) == (0, 0)
    assert isinstance(target, Violation)
    assert target.check.property == "first"
    assert not semantics.is_deadlock(semantics.initial[0])


def test_locals_are_each_instance_s_own() -> None:
    semantics = Semantics(increment_race(2))
    assert [(i, e, t) for i, e, t in semantics.successors((1, 0, 4, 3, 0))] == [
        (0, 1, (2, 0, 4, 3, 0)),
        (1, 0, (1, 1, 4, 3, 4)),
    ]


def test_an_urgent_process_moves_first_if_it_can() -> None:
    fast = Automaton("fast").place("a", urgent=eq(load("x"), 0)).edge("a", "b", guard=eq(load("go"), 1))
    slow = Automaton("slow").edge("a", "b")
    semantics = Semantics(program(fast, slow, variables=(variable("x"), variable("go"))))
    assert [i for i, _, _ in semantics.successors((0, 0, 0, 1))] == [0]
    assert [i for i, _, _ in semantics.successors((0, 0, 0, 0))] == [1]  # it cannot move
    assert [i for i, _, _ in semantics.successors((0, 0, 1, 1))] == [0, 1]  # it is not urgent
    assert semantics.able((0, 0, 0, 1), 1)  # before urgency


def test_urgency_may_depend_on_me() -> None:
    p = Automaton("p", 2).place("a", urgent=eq(mine("flag"), 1)).edge("a", "b")
    semantics = Semantics(program(p, variables=(local("flag", p),)))
    assert [i for i, _, _ in semantics.successors((0, 0, 0, 1))] == [1]


@pytest.mark.parametrize(
    ("traits", "dead"), [({}, True), ({"rests": True}, False), ({"idle": True}, False), ({"ends": True}, False)]
)
def test_deadlock_is_somebody_who_must_move_and_nobody_who_can(traits: dict[str, bool], dead: bool) -> None:
    p = Automaton("p").place("a", **traits).edge("a", "b", guard=eq(load("x"), 1))
    semantics = Semantics(program(p, variables=(variable("x"),)))
    assert semantics.is_deadlock((0, 0)) is dead
    assert not semantics.is_deadlock((0, 1))


def test_settled_is_ended_or_resting_or_idle_with_nothing_to_do() -> None:
    worker = Automaton("worker").place("idle", idle=True).edge("idle", "idle", put("x", 0), guard=eq(load("x"), 1))
    actor = Automaton("actor").place("rest", rests=True).edge("rest", "end", put("x", 1)).place("end", ends=True)
    semantics = Semantics(program(worker, actor, variables=(variable("x"),)))
    assert semantics.is_settled((0, 0, 0))
    assert not semantics.is_settled((0, 1, 1))
    assert semantics.is_settled((0, 1, 0))
    assert semantics.is_stuttering((0, 0, 0))
    assert not semantics.is_stuttering((0, 1, 1))
    assert semantics.is_stuttering((0, 1, 0))


def test_a_failing_invariant_names_the_objects_it_fails_for() -> None:
    page = RefType("pages", 3)
    expr = quant(
        "all", "page", 3,
        either(
            eq(load("used", binary("-", bound("page"), 1)), 0),
            quant("all", "other", 2, ne(load("used", bound("other")), 2)),
        ),
        first=1, domain=page,
    )  # fmt: skip
    stated = invariant("one-user", both(TRUE, expr))
    p = Automaton("p").edge("a", "b")
    semantics = Semantics(program(p, variables=(variable("used", 3),), invariants=(stated,)))
    assert semantics.failing_invariants((0, 0, 0, 1)) == []
    (failure,) = semantics.failing_invariants((0, 0, 2, 1))
    assert failure.objects == (("page", "pages[1]"), ("other", "1"))
    assert failure.message == "one-user does not hold for page = pages[1], other = 1"


def test_a_load_the_invariant_may_not_do_violates_it_without_being_done() -> None:
    guarded = check(binary("<", load("x"), 2), "no-null-dereference", "x leads nowhere")
    stated = invariant("safe", eq(load("a", load("x")), 0), guarded)
    semantics = Semantics(
        program(Automaton("p").edge("a", "b"), variables=(variable("x"), variable("a", 2)), invariants=(stated,))
    )
    (failure,) = semantics.failing_invariants((0, 2, 0, 0))
    assert failure.check == guarded
    assert failure.message == "safe does not hold: x leads nowhere"
    assert failure.frames == guarded.frames


def test_balance_is_demanded_only_where_everybody_has_settled() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1)).edge("b", "c").place("c", ends=True)
    stated = invariant("released", eq(load("x"), 0), balance=True)
    semantics = Semantics(program(p, variables=(variable("x"),), invariants=(stated,)))
    assert semantics.failing_invariants((1, 1)) == []
    assert [f.invariant.name for f in semantics.failing_invariants((2, 1))] == ["released"]


def test_every_initial_state_starts_at_the_entries() -> None:
    p = Automaton("p", 2).edge("a", "b")
    given = program(p, variables=(variable("x", Dim(2, "p")),), initial=({"x": (1, 2)}, {"x": (3, 4)}))
    assert Semantics(given).initial == ((0, 0, 1, 2), (0, 0, 3, 4))


def test_a_local_update_touches_only_me() -> None:
    p = Automaton("p", 2).edge("a", "b", put_mine("v", 6))
    semantics = Semantics(program(p, variables=(local("v", p),)))
    assert [t for _, _, t in semantics.successors((0, 0, 1, 2))] == [(1, 0, 6, 2), (0, 1, 1, 6)]
