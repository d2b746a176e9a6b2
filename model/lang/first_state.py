# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The first states: the ``@initial`` functions run on concrete values, one outcome for each way to choose."""

from __future__ import annotations

from collections.abc import Mapping

from ..ir.build import ARITHMETIC, COMPARE, SETS
from ..ir.expr import Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ..ir.program import Check
from ..ir.types import RefType, Type
from .diagnostics import Diagnostic
from .graph import Assume, Demand, Op, Poison, RawGraph, Store
from .onestep import FuseError

Cells = Mapping[tuple[str, tuple[int, ...]], int]
MOST_STEPS = 100_000  # raw edges executed for the first states; a loop in them is far below


def evaluate(expr: Expr, cells: Cells, bound: Mapping[str, int]) -> int:
    """The value of an expression over concrete cells; a cell never written is 0."""
    match expr:
        case Const(value):
            return value
        case Me():
            return 0
        case Bound(name):
            return bound[name]
        case Load(var, index):
            return cells.get((var, tuple(evaluate(i, cells, bound) for i in index)), 0)
        case Unary(op, arg):
            value = evaluate(arg, cells, bound)
            return int(not value) if op == "not" else -value if op == "-" else value.bit_count()
        case Binary("and", left, right):
            return evaluate(left, cells, bound) and evaluate(right, cells, bound)
        case Binary("or", left, right):
            return evaluate(left, cells, bound) or evaluate(right, cells, bound)
        case Binary(op, left, right):
            table = COMPARE | ARITHMETIC | SETS
            return int(table[op](evaluate(left, cells, bound), evaluate(right, cells, bound)))
        case Ite(test, then, other):
            return evaluate(then if evaluate(test, cells, bound) else other, cells, bound)
        case Quant(op, name, first, count, body):
            values = (evaluate(body, cells, {**bound, name: v}) for v in range(first, first + count))
            return int(all(values)) if op == "all" else int(any(values)) if op == "any" else sum(values)


def run(graph: RawGraph, start: dict[tuple[str, tuple[int, ...]], int], types: Mapping[str, Type]) -> list[Cells]:
    """All outcomes of the set-up, without duplicates, in source order. Raises FuseError for a violated demand.

    ``types``: of all variables and of the locals of the set-up.
    """
    outcomes: list[Cells] = []
    work: list[tuple[int, dict[tuple[str, tuple[int, ...]], int]]] = [(0, start)]
    budget = MOST_STEPS
    while work:
        node, cells = work.pop()
        budget -= 1
        if budget < 0:
            frames = graph.nodes[node].frames
            raise FuseError(
                Diagnostic("SVM401", "the first state is never finished", frames[-1], "give the loop a bound")
            )
        edges = graph.nodes[node].edges
        if not edges:
            if cells not in outcomes:
                outcomes.append(cells)
            continue
        following: list[tuple[int, dict[tuple[str, tuple[int, ...]], int]]] = []
        for edge in edges:
            after = _perform(edge.ops, dict(cells), types)
            if after is not None:
                following.append((edge.target, after))
        work += reversed(following)
    return outcomes


def _perform(
    ops: tuple[Op, ...], cells: dict[tuple[str, tuple[int, ...]], int], types: Mapping[str, Type]
) -> dict[tuple[str, tuple[int, ...]], int] | None:
    for op in ops:
        match op:
            case Assume(condition):
                if not evaluate(condition, cells, {}):
                    return None
            case Demand(check):
                if not evaluate(check.ok, cells, {}):
                    raise FuseError(
                        Diagnostic(
                            "SVM404",
                            f"setting up the first state breaks {check.property}: {_told(check, cells)}",
                            check.frames[-1],
                            "the first state must be sound",
                        )
                    )
            case Store(var, index, value):
                cells[var, tuple(evaluate(i, cells, {}) for i in index)] = evaluate(value, cells, {})
            case Poison(heap, slot):
                _poison(cells, heap, evaluate(slot, cells, {}) + 1, types)
            case _:
                pass
    return cells


def _told(check: Check, cells: Cells) -> str:
    """What a check says where it fails, with the value that is not as demanded."""
    subject = check.subject
    value = "" if subject is None else f" (the value is {subject.type.show(evaluate(subject, cells, {}))})"
    return check.message + value


def _poison(cells: dict[tuple[str, tuple[int, ...]], int], heap: str, ref: int, types: Mapping[str, Type]) -> None:
    for (name, index), value in list(cells.items()):
        kind = types.get(name)
        if isinstance(kind, RefType) and kind.heap == heap and value == ref:
            cells[name, index] = ref + kind.slots
