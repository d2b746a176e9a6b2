# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The edges of each instance, with its index put in for ``Me``, and the bits of the state that each reads and writes.

Cells are known by their position in the state tuple; what is touched of a cell is a mask of flags. A set has one flag
for each element. Another cell has one for each value of its domain, that of its value being up: a comparison with a
constant reads one flag, a step that takes the cell from null to an id changes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from ...model.ir.build import arithmetic, both, choice, compare, either, negate, set_operation
from ...model.ir.expr import FALSE, TRUE, Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from ...model.ir.layout import Layout
from ...model.ir.program import Edge
from ...model.ir.types import SetType, Type

ALL = -1
MOST_FLAGS = 64  # of a cell; more are not told apart
Touched = Mapping[int, int]  # position of a cell -> mask of its flags


@dataclass(frozen=True)
class Write:
    """One update: of ``place``, which is one of ``cells``. ``mask``: the flags that may change."""

    place: Load
    cells: tuple[int, ...]
    value: Expr
    mask: int


@dataclass(frozen=True)
class Demand:
    """A check: fails if ``when`` and not all of ``ok``."""

    when: Expr
    ok: tuple[Expr, ...]


@dataclass(frozen=True)
class Step:
    """One edge of one instance. ``reads``: all that its outcome depends on, ``writes``: what it may change."""

    instance: int
    source: int
    target: int
    guard: Expr
    demands: tuple[Demand, ...]
    updates: tuple[Write, ...]
    reads: Touched
    writes: Touched


def steps_of(layout: Layout) -> tuple[tuple[Step, ...], ...]:
    """By instance, in the order of its class's edges."""
    return tuple(
        tuple(_step(layout, number, index, edge) for edge in process.edges)
        for number, (process, index) in enumerate(layout.instances)
    )


def overlap(one: Touched, other: Touched) -> bool:
    if len(other) < len(one):
        one, other = other, one
    return any(mask & other.get(cell, 0) for cell, mask in one.items())


def _step(layout: Layout, instance: int, me: int, edge: Edge) -> Step:
    guard = settled(edge.guard, me)
    demands = tuple(Demand(settled(c.when, me), tuple(conditions(settled(c.ok, me)))) for c in edge.checks)
    reads: dict[int, int] = {}
    writes: dict[int, int] = {}
    updates: list[Write] = []
    for expr in (guard, *(e for d in demands for e in (d.when, *d.ok))):
        _read(layout, expr, reads)
    for update in edge.updates:
        index = tuple(settled(i, me) for i in update.index)
        value = settled(update.value, me)
        mask = _changed_bits(update.var, index, value)
        for expr in index if mask != ALL else (*index, value):
            _read(layout, expr, reads)
        place = Load(update.var, index, layout.variables[update.var].type)
        write = Write(place, tuple(cells_at(layout, update.var, index)), value, mask)
        updates.append(write)
        for cell in write.cells:
            writes[cell] = writes.get(cell, 0) | mask
    return Step(instance, edge.source, edge.target, guard, demands, tuple(updates), reads, writes)


def conditions(expr: Expr) -> Iterator[Expr]:
    """The conditions that make up a conjunction."""
    match expr:
        case Binary("and", left, right):
            yield from conditions(left)
            yield from conditions(right)
        case Unary("not", Binary("or", left, right)):
            yield from conditions(negate(left))
            yield from conditions(negate(right))
        case _:
            yield expr


def _changed_bits(var: str, index: tuple[Expr, ...], value: Expr) -> int:
    """One bit if an element is put into the cell's own set, or taken out."""
    match value:
        case Binary("with" | "without", Load(other, place), Const(bit)) if (other, place) == (var, index) and bit >= 0:
            return 1 << bit
        case _:
            return ALL


def cells_at(layout: Layout, var: str, index: tuple[Expr, ...]) -> Iterator[int]:
    """The cells that an index may mean: one if it is constant."""
    dims, strides = layout.variables[var].dims, layout.strides[var]
    ranges = [
        (i.value,) if isinstance(i, Const) and 0 <= i.value < dim.size else range(dim.size)
        for i, dim in zip(index, dims, strict=True)
    ]
    for position in product(*ranges):
        yield layout.offset[var] + sum(i * stride for i, stride in zip(position, strides, strict=True))


def reads_of(layout: Layout, *exprs: Expr) -> Touched:
    reads: dict[int, int] = {}
    for expr in exprs:
        _read(layout, expr, reads)
    return reads


def _read(layout: Layout, expr: Expr, reads: dict[int, int], mask: int = ALL) -> None:
    """Adds what an expression reads. ``mask``: the flags of its value that matter."""
    match expr:
        case Load(var, index):
            for cell in cells_at(layout, var, index) if mask else ():
                reads[cell] = reads.get(cell, 0) | mask
            for i in index:
                _read(layout, i, reads)
        case Binary("has", Load() as held, Const(bit)) if bit >= 0:
            _read(layout, held, reads, 1 << bit)
        case Binary("==" | "!=", Load(type=kind) as compared, Const(value)):
            _read(layout, compared, reads, flags(kind, (value,)))
        case _:
            for part in _operands(expr):
                _read(layout, part, reads)


def _operands(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Load(_, index):
            return index
        case Binary(_, left, right):
            return left, right
        case Unary(_, arg):
            return (arg,)
        case Ite(test, then, other):
            return test, then, other
        case Quant(body=body):
            return (body,)
        case Const() | Me() | Bound():
            return ()


def flags(kind: Type, values: Iterable[int]) -> int:
    """The flags of these values of a cell that holds no set."""
    if isinstance(kind, SetType) or kind.hi - kind.lo >= MOST_FLAGS:
        return ALL
    return sum({1 << value - kind.lo for value in values if kind.lo <= value <= kind.hi})


def settled(expr: Expr, me: int) -> Expr:
    """The expression for the instance with this index, folded."""
    match expr:
        case Me(kind):
            return Const(me, kind)
        case Load(var, index, kind):
            return Load(var, tuple(settled(i, me) for i in index), kind)
        case Unary("not", arg):
            return negate(settled(arg, me))
        case Unary(op, arg, kind):
            return Unary(op, settled(arg, me), kind)
        case Binary(op, left, right, kind):
            return _folded(Binary(op, settled(left, me), settled(right, me), kind))
        case Ite(test, then, other):
            return choice(settled(test, me), settled(then, me), settled(other, me))
        case Quant(op, name, first, count, body, kind, domain):
            return Quant(op, name, first, count, settled(body, me), kind, domain)
        case Const() | Bound():
            return expr


def _element(held: Expr, bit: Const) -> Expr:
    """Whether a set has an element, said of the set without what is done to other elements."""
    match held:
        case Binary("with" | "without" as op, inner, Const(changed)):
            return (TRUE if op == "with" else FALSE) if changed == bit.value else _element(inner, bit)
        case _:
            return set_operation("has", held, bit)


def _folded(expr: Binary) -> Expr:
    match expr.op:
        case "has" if isinstance(expr.left, Binary) and isinstance(expr.right, Const):
            return _element(expr.left, expr.right)
        case "and":
            return both(expr.left, expr.right)
        case "or":
            return either(expr.left, expr.right)
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return compare(expr.op, expr.left, expr.right)
        case "has" | "with" | "without" | "union" | "minus" | "meet":
            return set_operation(expr.op, expr.left, expr.right)
        case _:
            return arithmetic(expr.op, expr.left, expr.right)
