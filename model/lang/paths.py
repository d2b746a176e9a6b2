# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One path through the fine-grained graph as a value: operations in sequence become simultaneous by substitution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from ..ir.build import both, choice, compare, conjunction, is_live, negate, rebuild
from ..ir.expr import FALSE, TRUE, Binary, Const, Expr, Load, integer
from ..ir.program import Check, Fairness, Frame, LockEvent, Update, Variable
from ..ir.properties import BUILT_IN
from ..ir.types import RefType
from .graph import OUTCOMES, Assume, Demand, Note, Op, Poison, RawEdge, Store

Index = tuple[Expr, ...]


@dataclass(frozen=True)
class Path:
    """What a run of raw edges amounts to, in terms of the state it starts in.

    ``stores``: for each variable the cells written, oldest first. ``impossible``: the guard is false.
    """

    stores: tuple[tuple[str, Index, Expr], ...] = ()
    guard: tuple[Expr, ...] = ()
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    locks: tuple[LockEvent, ...] = ()
    labels: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    fairness: Fairness | None = None
    stepped: bool = False
    impossible: bool = False

    @property
    def condition(self) -> Expr:
        return conjunction(self.guard)

    def read(self, expr: Expr) -> Expr:
        """The value, in terms of the starting state, that the expression has at the end of the path."""
        if not self.stores:
            return rebuild(expr, lambda e: None)
        return rebuild(expr, self._load)

    def _load(self, expr: Expr) -> Expr | None:
        if not isinstance(expr, Load):
            return None
        index = tuple(self.read(i) for i in expr.index)
        return self.at(Load(expr.var, index, expr.type))

    def at(self, load: Load) -> Expr:
        """What a cell, whose index is in terms of the starting state, holds at the end of the path."""
        return self._cell(load, len(self.stores))

    def _cell(self, load: Load, upto: int) -> Expr:
        for position in range(upto - 1, -1, -1):
            var, index, value = self.stores[position]
            if var != load.var or _differ(index, load.index):
                continue
            if index == load.index:
                return value
            same = conjunction(compare("==", a, b) for a, b in zip(load.index, index, strict=True))
            return choice(same, value, self._cell(load, position))
        return load

    def updates(self) -> tuple[Update, ...]:
        """The stores as simultaneous updates; of several to one cell the last is kept, no-ops are dropped.

        Storing what a cell had at the start is no no-op if another store may be to the same cell: it undoes that.
        """
        latest: dict[tuple[str, Index], Expr] = {}
        for var, index, value in self.stores:
            latest.pop((var, index), None)
            latest[var, index] = value
        aliased = {
            (var, index)
            for var, index in latest
            if any(v == var and i != index and not _differ(i, index) for v, i in latest)
        }
        return tuple(
            Update(var, index, value)
            for (var, index), value in latest.items()
            if value != Load(var, index, value.type) or (var, index) in aliased
        )


def _differ(left: Index, right: Index) -> bool:
    return any(compare("==", a, b) == FALSE for a, b in zip(left, right, strict=True))


def follow(path: Path, edge: RawEdge, variables: Mapping[str, Variable], inside: bool = False) -> Path:
    """The path extended by one raw edge. ``inside``: it is one of an atomic block."""
    path = replace(path, **_place(path, edge, inside and edge.label.endswith(OUTCOMES)))
    for op in edge.ops:
        path = apply(path, op, variables)
        if path.impossible:
            return path
    return path


def _place(path: Path, edge: RawEdge, outcome: bool) -> dict[str, object]:
    """Label, frames and fairness: those of the first real step, further labels appended, and each ``outcome`` of a
    test, since in an atomic block it is all that tells two paths apart."""
    if edge.kind == "local" and path.labels and not outcome:
        return {"fairness": path.fairness or edge.fairness}
    labels = path.labels
    if (edge.kind != "local" or outcome) and path.stepped and edge.label not in labels:
        refined = labels and edge.label.startswith(f"{labels[-1]}: ")  # the test of what the step before returned
        labels = (*labels[:-1], edge.label) if refined else (*labels, edge.label)
    elif not path.stepped:
        labels = (edge.label,) if edge.kind != "local" or not labels else labels
    frames = edge.frames if not path.stepped and edge.frames else path.frames
    return {
        "labels": labels,
        "frames": frames,
        "fairness": path.fairness or edge.fairness,
        "stepped": path.stepped or edge.kind == "step",
    }


def apply(path: Path, op: Op, variables: Mapping[str, Variable]) -> Path:
    match op:
        case Assume(condition):
            known = path.read(condition)
            if known == TRUE:
                return path
            return replace(path, guard=(*path.guard, known), impossible=known == FALSE or negate(known) in path.guard)
        case Store(var, index, value):
            cell = tuple(path.read(i) for i in index)
            return replace(path, stores=(*path.stores, (var, cell, path.read(value))))
        case Demand(check):
            return _demanded(path, check)
        case Poison():
            return _poisoned(path, op, variables)
        case Note(text):
            return replace(path, notes=(*path.notes, text))
        case LockEvent():
            event = replace(op, index=tuple(path.read(i) for i in op.index))
            return replace(path, locks=(*path.locks, event))


def _demanded(path: Path, check: Check) -> Path:
    ok = path.read(check.ok)
    if ok == TRUE and check.property in BUILT_IN:  # of an assertion, on the other hand, its author wants a verdict
        return path
    subject = None if check.subject is None else path.read(check.subject)
    found = replace(check, when=path.condition, ok=ok, subject=subject)
    if any(c.ok == ok and c.property == check.property and c.when in (TRUE, found.when) for c in path.checks):
        return path
    return replace(path, checks=(*path.checks, found))


def _poisoned(path: Path, op: Poison, variables: Mapping[str, Variable]) -> Path:
    """Every reference that names the freed slot, wherever it is kept, dangles from here on."""
    slot = path.read(op.slot)
    stores = path.stores
    for variable in variables.values():
        kind = variable.type
        if not isinstance(kind, RefType) or kind.heap != op.heap:
            continue
        for index in _indices(variable):
            before = path.read(Load(variable.name, index, kind))
            named = both(is_live(before), compare("==", before, _plus_one(slot)))
            after = choice(named, _dangling(before, kind), before)
            stores = (*stores, (variable.name, index, after))
    return replace(path, stores=stores)


def _plus_one(slot: Expr) -> Expr:
    from ..ir.build import arithmetic

    return arithmetic("+", slot, integer(1))


def _dangling(ref: Expr, kind: RefType) -> Expr:
    if isinstance(ref, Const):
        return Const(ref.value + kind.slots, kind)
    return Binary("+", ref, integer(kind.slots), kind)


def _indices(variable: Variable) -> Iterator[Index]:
    for combination in product(*(range(d.size) for d in variable.dims)):
        yield tuple(integer(i) for i in combination)
