# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The printed IR: a golden program, and expressions whose text Python evaluates to the value they have."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svmcheck.model.ir.expr import Binary, BinaryOp, Const, Expr, Ite, Load, Me, Unary, integer
from svmcheck.model.ir.printer import Scope, cell_text, edge_text, expr_text, lock_text, program_text, type_text
from svmcheck.model.ir.program import LockEvent
from svmcheck.model.ir.types import BOOL, IntType, SetType
from tests.golden import check_golden
from tests.reports.examples import EVICTOR, FAULT, MYSELF, OWNER, PAGE, PID, PROGRAM, PTE

INT = IntType(-100, 100)
A, B, C = (Load(name, (), INT) for name in "abc")


def op(operator: BinaryOp, left: Expr, right: Expr) -> Binary:
    return Binary(operator, left, right, INT)


def test_program() -> None:
    check_golden("printer/cpu_fault.txt", program_text(PROGRAM))


def test_parentheses_only_where_needed() -> None:
    assert expr_text(op("-", op("-", A, B), C)) == "a - b - c"
    assert expr_text(op("-", A, op("-", B, C))) == "a - (b - c)"
    assert expr_text(op("+", A, op("+", B, C))) == "a + b + c"
    assert expr_text(op("*", op("+", A, B), C)) == "(a + b) * c"
    assert expr_text(op("or", A, op("and", B, C))) == "a or b and c"
    assert expr_text(op("and", op("or", A, B), C)) == "(a or b) and c"
    assert expr_text(op("==", op("<", A, B), C)) == "(a < b) == c"
    assert expr_text(Unary("not", op("==", A, B), BOOL)) == "not a == b"
    assert expr_text(op("==", Unary("not", A, BOOL), B)) == "(not a) == b"
    assert expr_text(Unary("-", integer(-1), INT)) == "-(-1)"
    assert expr_text(op("+", Ite(A, B, C, INT), C)) == "(b if a else c) + c"


def test_constants_read_by_their_type() -> None:
    assert [Const(v, PTE).type.show(v) for v in (0, 2)] == ["DEVICE", "RAM"]
    assert expr_text(Binary("==", OWNER, Const(2, PID), BOOL)) == "ptl.owner == cpu_fault[1]"
    assert expr_text(Const(3, PAGE)) == "dangling pages[0]"
    readers = Load("readers", (), SetType(PID, 1, 3))
    assert expr_text(Binary("has", readers, integer(1), BOOL)) == "readers has cpu_fault[1]"
    assert expr_text(Binary("with", readers, Me(INT), readers.type)) == "readers with me"
    assert type_text(readers.type) == "set of {cpu_fault[0], cpu_fault[1], evictor}"


def test_the_own_process_id_is_me_only_for_its_own_class() -> None:
    assert expr_text(MYSELF, Scope(PROGRAM, FAULT)) == "me"
    assert expr_text(MYSELF, Scope(PROGRAM, EVICTOR)) == "pid(me + 1)"
    assert expr_text(MYSELF) == "pid(me + 1)"


def test_cells_are_named_as_in_reports_if_the_program_is_known() -> None:
    scope = Scope(PROGRAM, FAULT)
    assert cell_text("pages.refs", (integer(1),), scope) == "pages[1].refs"
    assert cell_text("pages.refs", (integer(1),)) == "pages.refs[1]"
    assert cell_text("cpu_fault.page", (Me(INT),), scope) == "me.page"
    assert cell_text("cpu_fault.page", (integer(0),), scope) == "cpu_fault[0].page"
    assert cell_text("history", (integer(0),), scope) == "history[0]"


def test_an_edge_on_one_line() -> None:
    assert edge_text(FAULT.edges[0], PROGRAM, FAULT) == "k.ptl.lock()  [ptl.owner == null]  ptl.owner := me"
    assert edge_text(FAULT.edges[1]) == "page = k.mapped  cpu_fault.page[me] := mapped"


def arithmetic(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    operators = st.sampled_from(["and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*"])
    return st.one_of(
        st.builds(op, operators, inner, inner),
        st.builds(lambda o, x: Unary(o, x, INT), st.sampled_from(["not", "-"]), inner),
        st.builds(lambda t, x, y: Ite(t, x, y, INT), inner, inner, inner),
    )


LEAVES = st.one_of(st.integers(-3, 3).map(integer), st.sampled_from([A, B, C]))
EXPRESSIONS = st.recursive(LEAVES, arithmetic, max_leaves=12)
VALUES = {"a": -2, "b": 0, "c": 3}


def value(expr: Expr) -> int:
    """What an expression over a, b, c means, with Booleans as 0 and 1 (written out so as not to trust the printer)."""
    match expr:
        case Const(number, _):
            return number
        case Load(var, _, _):
            return VALUES[var]
        case Unary(operator, arg, _):
            return int(not value(arg)) if operator == "not" else -value(arg)
        case Ite(test, then, other, _):
            return value(then) if value(test) else value(other)
        case Binary("and", left, right, _):
            return value(left) and value(right)
        case Binary("or", left, right, _):
            return value(left) or value(right)
        case Binary(operator, left, right, _):
            x, y = value(left), value(right)
            table = {"==": x == y, "!=": x != y, "<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}
            return int(table[operator]) if operator in table else {"+": x + y, "-": x - y, "*": x * y}[operator]
        case _:
            raise AssertionError(expr)


@given(EXPRESSIONS)
def test_the_text_is_a_python_expression_of_the_same_value(expr: Expr) -> None:
    assert int(eval(expr_text(expr), {}, dict(VALUES))) == value(expr)


def test_what_a_lock_event_says_of_the_order() -> None:
    assert lock_text(LockEvent("acquire", "ptl", (), "shared", True, (), nested=True)) == "acquire ptl shared nested"
    assert lock_text(LockEvent("acquire", "bo", (), "exclusive", False, (), family="ww")) == (
        "acquire bo of family ww by trylock"
    )
