# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Two paths that parted at a test and meet again as one path, whose values are choices by that test.

An atomic block with n independent tests has 2**n paths, and as many edges; joined where they meet it has one edge with
n choices. Both are the same relation between states: the paths exclude each other (the first condition in which they
differ holds on one and is false on the other), a cell gets the value it has at the end of the path whose condition
holds (the value from before, if that path does not store there), and a check is demanded where the path that met it is
the one whose condition holds. Paths are kept apart where that could not be said of one step: a cover label, a lock
event or a wait on one of them, an answer of ``choose()``, which excludes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from ..ir.build import arithmetic, both, choice, conjunction, negate, walk
from ..ir.expr import TRUE, Binary, Expr, Load, integer
from ..ir.program import Check, Variable
from ..ir.types import IntType
from .paths import Index, Path

T = TypeVar("T")
MOST_NODES = 4000  # of the values of one path: a value that uses itself twice on each round doubles


def joined(left: Path, right: Path, variables: Mapping[str, Variable]) -> Path | None:
    """The one path that both amount to, if they can be told as one."""
    if not _alike(left, right):
        return None
    common = _common(left.guard, right.guard)
    rest_left, rest_right = left.guard[len(common) :], right.guard[len(common) :]
    if not rest_left or not rest_right or rest_right[0] != negate(rest_left[0]):
        return None
    test, other = rest_left[0], rest_right[0]
    rest = choice(test, _all_but(test, rest_left), _all_but(other, rest_right))
    path = replace(
        left,
        stores=_stores(test, left, right, variables),
        guard=common if rest == TRUE else (*common, rest),
        checks=(
            *(_only_if((*common, test), check) if check not in right.checks else check for check in left.checks),
            *(_only_if((*common, other), check) for check in right.checks if check not in left.checks),
        ),
        labels=_labels(left.labels, right.labels),
    )
    return path if _nodes(path) <= MOST_NODES else None


def _alike(left: Path, right: Path) -> bool:
    """Whether they differ in values, conditions and checks only."""
    return (
        (left.stepped, left.frames, left.fairness) == (right.stepped, right.frames, right.fairness)
        and left.locks == right.locks
        and not left.impossible
        and not right.impossible
        and _telling(left) == _telling(right)
    )


def _telling(path: Path) -> list[str]:
    return [note for note in path.notes if not note.startswith("enter:")]


def _common(left: tuple[T, ...], right: tuple[T, ...]) -> tuple[T, ...]:
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    return left[:length]


def _stores(
    test: Expr, left: Path, right: Path, variables: Mapping[str, Variable]
) -> tuple[tuple[str, Index, Expr], ...]:
    """What both stored before they parted, then each cell that one of them stored to, with its value at the end.

    Cells that may be the same one get the same value if they are: it is read at the end of the path.
    """
    before = _common(left.stores, right.stores)
    by_left = dict.fromkeys((var, index) for var, index, _ in left.stores[len(before) :])
    by_right = dict.fromkeys((var, index) for var, index, _ in right.stores[len(before) :])
    stores = list(before)
    for var, index in by_left | by_right:
        variable = variables[var]
        on_left = index if (var, index) in by_left else _elsewhere(variable, index, variables)
        on_right = index if (var, index) in by_right else _elsewhere(variable, index, variables)
        cell = tuple(choice(test, a, b) for a, b in zip(on_left, on_right, strict=True))
        then, other = left.at(Load(var, on_left, variable.type)), right.at(Load(var, on_right, variable.type))
        stores.append((var, cell, _either(test, then, other)))
    return tuple(stores)


def _elsewhere(variable: Variable, index: Index, variables: Mapping[str, Variable]) -> Index:
    """The cell for the path that does not store there: it keeps what it has. Where the index may have no meaning on
    that path (a slot of null) it is the first cell."""
    dims = zip(index, variable.dims, strict=True)
    return tuple(i if _within(i, dim.size) and _is_total(i, variables) else integer(0) for i, dim in dims)


def _within(index: Expr, size: int) -> bool:
    return index.type.lo >= 0 and index.type.hi < size


def _is_total(expr: Expr, variables: Mapping[str, Variable]) -> bool:
    """Whether it has a value in every state: it looks at no cell that may not be there, and divides by nothing."""
    total = True

    def one(part: Expr) -> None:
        nonlocal total
        if isinstance(part, Load):
            dims = variables[part.var].dims
            total = total and all(_within(i, d.size) for i, d in zip(part.index, dims, strict=True))
        elif isinstance(part, Binary) and part.op in ("//", "%"):
            total = False

    walk(expr, one)
    return total


def _either(test: Expr, then: Expr, other: Expr) -> Expr:
    """``choice``, but a count that goes on from the other value names it once: ``x + (1 if test else 0)``."""
    if isinstance(then, Binary) and isinstance(then.type, IntType) and then.op in ("+", "-") and then.left == other:
        return arithmetic(then.op, other, choice(test, then.right, integer(0)))
    if isinstance(other, Binary) and isinstance(other.type, IntType) and other.op in ("+", "-") and other.left == then:
        return arithmetic(other.op, then, choice(test, integer(0), other.right))
    return choice(test, then, other)


def _all_but(known: Expr, conditions: tuple[Expr, ...]) -> Expr:
    return conjunction(condition for condition in conditions if condition != known)


def _only_if(conditions: tuple[Expr, ...], check: Check) -> Check:
    """A check that one of the two demands. If it did so before the test (they parted before, at an answer of
    ``choose()``), then the path with the same answer that goes on at the test like the other one demands it, too."""
    reached = conjunction(conditions)
    part = check.when
    while part != reached:
        if not (isinstance(part, Binary) and part.op == "and"):
            return replace(check, when=both(reached, check.when))
        part = part.left
    return check


def _labels(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """What both did: at the first difference the test, without its answer."""
    common = _common(left, right)
    if len(common) == min(len(left), len(right)):
        return common or left
    test = _common(tuple(left[len(common)].split(": ")), tuple(right[len(common)].split(": ")))
    return (*common, ": ".join(test)) if test else common or left[:1]


def _nodes(path: Path) -> int:
    count = 0

    def one(_: Expr) -> None:
        nonlocal count
        count += 1

    for _, _, value in path.stores:
        walk(value, one)
    walk(path.condition, one)
    return count
