# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is known of an actor's own locals along a path, so that ``if locked: unlock()`` goes with ``if ok: lock()``.

Only locals that decide something are followed: in guards, as the index of a lock, or as the value of one that does.
Nothing shared is. Of a reference only is known whether it is null, since others may free what it points to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.build import loads, negate, rebuild
from ...model.ir.expr import FALSE, TRUE, Binary, Const, Expr, Ite, Load, Me
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Edge, LockEvent, Process, Program, Update
from ...model.ir.types import RefType, Type

Facts = tuple[tuple[str, int], ...]
"""Locals of known value, by name, sorted."""

SOMETHING = -1  # the value of a reference that is not null; true values begin at 0


@dataclass(frozen=True)
class Locals:
    """``follow``: False to know nothing at all, which is coarser and always cheap."""

    program: Program
    process: Process
    follow: bool = True

    @cached_property
    def types(self) -> dict[str, Type]:
        """The locals that are followed."""
        if not self.follow:
            return {}
        own = {v.name: v.type for v in self.program.variables if v.owner == self.process.name and len(v.dims) == 1}
        able = own.keys() - _written_elsewhere(self)
        return {n: own[n] for n in _deciding(self.process) & able}

    def entry(self) -> Facts:
        """What all instances know before their first step."""
        layout = Layout(self.program)
        skipped = len(layout.instances)
        found: list[tuple[str, int]] = []
        for name, kind in self.types.items():
            start = layout.offset[name] - skipped
            count = cells(layout.variables[name])
            values = {_known(kind, v) for first in self.program.initial for v in first[start : start + count]}
            if len(values) == 1:
                found.append((name, values.pop()))
        return tuple(sorted(found))

    def possible(self, facts: Facts, edge: Edge) -> bool:
        """False only if the step cannot be whatever is shared: its guard is false, or is against one of its checks."""
        step = _Knowledge(dict(facts))
        _learn_checks(step, edge)
        return step.fold(edge.guard) != FALSE

    def after(self, facts: Facts, edge: Edge) -> Facts:
        known = dict(facts)
        step = _learnt(edge, known)
        result = {**known, **step.own(self.types)}
        mine = [u for u in edge.updates if u.var in self.types]
        for update in mine:
            if not _is_own(update, self.process):
                continue  # it leaves null what is null: see _written_elsewhere
            value = step.value(update.value, self.types[update.var])
            result.pop(update.var, None)
            if value is not None and all(_is_own(u, self.process) for u in mine if u.var == update.var):
                result[update.var] = value
        return tuple(sorted(result.items()))

    def index(self, facts: Facts, edge: Edge | None, event: LockEvent) -> tuple[int | None, ...]:
        """The numbers of the lock within its arrays and pools, None where unknown. No edge: before the first step."""
        if not event.index:
            return ()
        step = _learnt(edge, dict(facts)) if edge else _Knowledge(dict(facts))
        folded = (step.fold(part) for part in event.index)
        return tuple(part.value if isinstance(part, Const) else None for part in folded)


class _Knowledge:
    """What is known before a step (``known``: locals), and what the step itself says by being possible."""

    def __init__(self, known: dict[str, int]) -> None:
        self.known = known
        self.learnt: dict[Expr, Const] = {}
        self.something: set[Expr] = set()

    def learn(self, condition: Expr) -> None:
        """That a condition is true: of itself, of a value that it names, of a reference that it tests."""
        for part in _conjuncts(self.fold(condition)):
            self.learnt[part] = TRUE
            self.learnt[negate(part)] = FALSE
            match part:
                case Binary("==", left, Const(value)):
                    self.learnt[left] = Const(value, left.type)
                case Binary(op, left, Const(value)) if (op, value) in _NOT_NULL and isinstance(left.type, RefType):
                    self.something.add(left)
                case _:
                    pass

    def own(self, types: dict[str, Type]) -> dict[str, int]:
        """What was learnt of the locals that are followed."""
        result = {e.var: SOMETHING for e in self.something if isinstance(e, Load) and e.var in types}
        for expr, value in self.learnt.items():
            if isinstance(expr, Load) and expr.var in types:
                result[expr.var] = _known(types[expr.var], value.value)
        return result

    def value(self, expr: Expr, kind: Type) -> int | None:
        """The value, as facts keep it, or None."""
        folded = self.fold(expr)
        value = self.learnt.get(folded, folded)
        if isinstance(value, Const):
            return _known(kind, value.value)
        return SOMETHING if isinstance(kind, RefType) and self._is_something(value) else None

    def fold(self, expr: Expr) -> Expr:
        if not self.known and not self.learnt:
            return expr
        return rebuild(expr, self._visit)

    def _visit(self, part: Expr) -> Expr | None:
        match part:
            case Load(var) if self.known.get(var, SOMETHING) != SOMETHING:
                return Const(self.known[var], part.type)
            case Load():
                cell = self._cell(part)
                return self.learnt.get(cell, cell)
            case Binary("==" | "!=" | ">=" as op, Load() as left, Const(value)) if self._is_something(self._cell(left)):
                return TRUE if (op, value) in _NOT_NULL else FALSE if (op, value) == ("==", 0) else None
            case _:
                return None

    def _cell(self, load: Load) -> Load:
        """With what is known of the index, as ``learn`` keeps it."""
        return Load(load.var, tuple(self.fold(i) for i in load.index), load.type)

    def _is_something(self, expr: Expr) -> bool:
        """Whether a reference is certainly not null."""
        match expr:
            case Const(value):
                return value != 0
            case Load(var):
                return self.known.get(var) == SOMETHING or expr in self.something
            case Ite(_, then, other):
                return self._is_something(then) and self._is_something(other)
            case Binary("+", _, Const(value), kind) if isinstance(kind, RefType):
                return value > 0
            case _:
                return expr in self.something


_NOT_NULL = {("!=", 0), (">=", 1)}  # tests that only a reference which is not null passes


def _learnt(edge: Edge, known: dict[str, int]) -> _Knowledge:
    """With what the guard says, and every check on the way: a step that fails one leads nowhere."""
    step = _Knowledge(known)
    step.learn(edge.guard)
    _learn_checks(step, edge)
    return step


def _learn_checks(step: _Knowledge, edge: Edge) -> None:
    taken = set(_conjuncts(edge.guard))
    for check in edge.checks:
        if taken.issuperset(_conjuncts(check.when)):
            step.learn(check.ok)


def _known(kind: Type, value: int) -> int:
    """A value as facts keep it."""
    return SOMETHING if isinstance(kind, RefType) and value != 0 else value


def _conjuncts(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Binary) and expr.op == "and":
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    elif not isinstance(expr, Const):
        yield expr


def _written_elsewhere(own: Locals) -> set[str]:
    """Locals that some step of another actor, or of another instance, may change. That freeing makes a reference dangle
    is no change of what is known of it."""
    return {
        update.var
        for process in own.program.processes
        for edge in process.edges
        for update in edge.updates
        if not (process is own.process and _is_own(update, process)) and not _keeps_null(update.value, update)
    }


def _is_own(update: Update, process: Process) -> bool:
    """Whether an update of a local is one of the stepping instance."""
    return all(
        isinstance(part, Me) or (process.count == 1 and isinstance(part, Const) and part.value == 0)
        for part in update.index
    )


def _keeps_null(value: Expr, update: Update) -> bool:
    """Whether a reference is null afterwards just if it was null before."""
    match value:
        case Load(var, index, RefType()):
            return (var, index) == (update.var, update.index)
        case Binary("+", before, Const(slots), RefType()) if slots > 0:  # only ever of a live reference
            return _keeps_null(before, update)
        case Ite(_, then, other):
            return _keeps_null(then, update) and _keeps_null(other, update)
        case _:
            return False


def _deciding(process: Process) -> set[str]:
    """What guards and lock indices read, and what the values of those are made of."""
    result = {n for e in process.edges for n in loads(e.guard)}
    result |= {n for e in process.edges for event in e.locks for part in event.index for n in loads(part)}
    while True:
        more = {n for e in process.edges for u in e.updates if u.var in result for n in loads(u.value)}
        if more <= result:
            return result
        result |= more
