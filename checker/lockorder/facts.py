# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is known of an actor's own locals along a path, so that ``if locked: unlock()`` goes with ``if ok: lock()``.

Only locals that decide something are followed: in guards, as the index of a lock, or as the value of one that does.
References are not, because others can change them (freeing poisons them); nor is anything shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.build import loads, negate, rebuild
from ...model.ir.expr import FALSE, TRUE, Binary, Const, Expr, Load, Me
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Edge, LockEvent, Process, Program
from ...model.ir.types import RefType, Type

Facts = tuple[tuple[str, int], ...]
"""Locals of known value, by name, sorted."""


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
        able = {n for n, kind in own.items() if not isinstance(kind, RefType)} - _written_elsewhere(self)
        return {n: own[n] for n in _deciding(self.process) & able}

    def entry(self) -> Facts:
        """What all instances know before their first step."""
        layout = Layout(self.program)
        skipped = len(layout.instances)
        found: list[tuple[str, int]] = []
        for name in self.types:
            start = layout.offset[name] - skipped
            count = cells(layout.variables[name])
            values = {v for first in self.program.initial for v in first[start : start + count]}
            if len(values) == 1:
                found.append((name, values.pop()))
        return tuple(sorted(found))

    def possible(self, facts: Facts, edge: Edge) -> bool:
        """False only if the guard is false whatever is shared."""
        return self._fold(edge.guard, dict(facts), {}) != FALSE

    def after(self, facts: Facts, edge: Edge) -> Facts:
        known = dict(facts)
        learnt = self._learnt(edge.guard, known)
        result = {**known, **{e.var: v.value for e, v in learnt.items() if isinstance(e, Load) and e.var in self.types}}
        for update in edge.updates:
            if update.var in self.types:
                result.pop(update.var, None)
                value = learnt.get(update.value) or self._fold(update.value, known, learnt)
                if isinstance(value, Const):
                    result[update.var] = value.value
        return tuple(sorted(result.items()))

    def index(self, facts: Facts, edge: Edge | None, event: LockEvent) -> tuple[int | None, ...]:
        """The numbers of the lock within its arrays and pools, None where unknown. No edge: before the first step."""
        known = dict(facts)
        learnt = self._learnt(edge.guard, known) if edge else {}
        folded = (self._fold(part, known, learnt) for part in event.index)
        return tuple(part.value if isinstance(part, Const) else None for part in folded)

    def _fold(self, expr: Expr, known: dict[str, int], learnt: dict[Expr, Const]) -> Expr:
        if not known and not learnt:
            return expr

        def visit(part: Expr) -> Expr | None:
            if not isinstance(part, Load):
                return None
            if part.var in known:
                return Const(known[part.var], part.type)
            return learnt.get(part)

        return rebuild(expr, visit)

    def _learnt(self, guard: Expr, known: dict[str, int]) -> dict[Expr, Const]:
        """What a true guard says in so many words: of a condition, or of the value of a cell."""
        result: dict[Expr, Const] = {}
        for part in _conjuncts(self._fold(guard, known, {})):
            result[part] = TRUE
            result[negate(part)] = FALSE
            if isinstance(part, Binary) and part.op == "==" and isinstance(part.right, Const):
                result[part.left] = Const(part.right.value, part.left.type)
        return result


def _conjuncts(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Binary) and expr.op == "and":
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    elif expr != TRUE:
        yield expr


def _written_elsewhere(own: Locals) -> set[str]:
    """Locals that some step of another actor, or of another instance, may change."""
    process = own.process
    return {
        update.var
        for p in own.program.processes
        for edge in p.edges
        for update in edge.updates
        if p is not process or not all(_is_me(part, process) for part in update.index)
    }


def _is_me(expr: Expr, process: Process) -> bool:
    return isinstance(expr, Me) or (process.count == 1 and isinstance(expr, Const) and expr.value == 0)


def _deciding(process: Process) -> set[str]:
    """What guards and lock indices read, and what the values of those are made of."""
    result = {n for e in process.edges for n in loads(e.guard)}
    result |= {n for e in process.edges for event in e.locks for part in event.index for n in loads(part)}
    while True:
        more = {n for e in process.edges for u in e.updates if u.var in result for n in loads(u.value)}
        if more <= result:
            return result
        result |= more
