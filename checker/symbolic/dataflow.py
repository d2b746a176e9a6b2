# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which values each cell may have while a process is at a location: dataflow over the automata, thread by thread.

Each location of each instance has its own environment. It changes by the instance's own edges, and by what an edge of
another instance may write while this one is there, which is only possible where the two environments agree: whoever
holds a lock has "owner is me" in its environment and so is safe from everybody who has to hold it. That is how lock
ownership comes out without a rule about locks.

Two instances of each class are enough to see every kind of interference; ``Facts.of`` carries the result over to all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ...model.ir.build import implies
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Edge, Program
from ...model.ir.types import PidType, SetType, Type
from .abstract import Abstract, Environment, mask_of, members
from .walks import Pair

MOST_TRACKED = 32  # values of a cell; of a larger one the environments say nothing
MOST_ROUNDS = 200  # of a fixed point that takes a dozen; then there are simply no facts

Place = tuple[int, int]  # instance, location


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edge may do to others: the shared cells as they are before it, and the values that it may store."""

    instance: int
    location: int
    before: Environment
    writes: Environment


class Dataflow:
    """The environments of a program. ``at`` has no entry for a place where no run gets to.

    ``together``: the pairs of places at which two processes may be at once, as far as is known; None if
    nothing is. Where the result relies on a pair that is not among them, ``apart`` names it, to be proved too.
    """

    def __init__(self, program: Program, together: Collection[Pair] | None = None) -> None:
        self.apart: set[Pair] = set()
        self._together = together
        self.layout = Layout(program)
        self.shared: dict[int, Type] = {}
        self._own: dict[str, dict[int, Type]] = {p.name: {} for p in program.processes}
        for position, kind, owner in _tracked(program, self.layout):
            (self.shared if owner is None else self._own[owner])[position] = kind
        self.instances = [n for n, (_, index) in enumerate(self.layout.instances) if index < 2]
        self.at: dict[Place, Environment] = {}
        self._initial = program.initial
        self._solve()

    def scope(self, instance: int) -> Abstract:
        process, index = self.layout.instances[instance]
        own = {p: k for p, k in self._own[process.name].items() if self._owner_index(p) == index}
        return Abstract(self.layout, {**self.shared, **own}, index)

    def before(self, scope: Abstract, place: Place, edge: Edge) -> Environment | None:
        """What is possible when the edge is taken from the place; None if it never is."""
        env = self.at.get(place)
        for check in edge.checks:
            env = None if env is None else scope.assume(implies(check.when, check.ok), True, env)
        return None if env is None else scope.assume(edge.guard, True, env)

    # ---- the fixed point

    def _solve(self) -> None:
        scopes = {instance: self.scope(instance) for instance in self.instances}
        for instance, scope in scopes.items():
            first = len(self.layout.instances)
            env = dict.fromkeys(scope.types, 0)
            for cells_ in self._initial:
                for p, kind in scope.types.items():
                    env[p] |= mask_of(frozenset({cells_[p - first]}), kind)
            self.at[instance, self.layout.instances[instance][0].entry] = env
        for _ in range(MOST_ROUNDS):
            effects = [effect for instance, scope in scopes.items() for effect in self._walk(instance, scope)]
            changed = [self._interfere(place, effects) for place in self.at]
            if not any(changed):
                return
        self.at = {}

    def _walk(self, instance: int, scope: Abstract) -> Iterator[Effect]:
        """Follow the instance's own edges to a fixed point; what each may do to the others."""
        process = self.layout.instances[instance][0]
        out: dict[int, list[Edge]] = {}
        for edge in process.edges:
            out.setdefault(edge.source, []).append(edge)
        queue = [location for i, location in self.at if i == instance]
        effects: dict[int, Effect | None] = {}
        while queue:
            location = queue.pop()
            for edge in out.get(location, ()):
                before = self.before(scope, (instance, location), edge)
                if before is None:
                    continue
                after = _after(scope, edge, before)
                writes = {p: after[p] for p in self._written(scope, edge, before) if p in self.shared}
                effects[id(edge)] = Effect(instance, location, self._only_shared(before), writes) if writes else None
                if _join(self.at, (instance, edge.target), after) and edge.target not in queue:
                    queue.append(edge.target)
        return (effect for effect in effects.values() if effect is not None)

    def _interfere(self, place: Place, effects: list[Effect]) -> bool:
        """Let the others' effects reach a place. Returns whether that changed its environment."""
        env = self.at[place]
        changed = False
        for effect in effects:
            if effect.instance == place[0] or all(not mask & ~env[p] for p, mask in effect.writes.items()):
                continue
            if all(mask & env[p] for p, mask in effect.before.items()):
                pair = self._pair(place, (effect.instance, effect.location))
                if self._together is not None and pair not in self._together:
                    self.apart.add(pair)
                    continue
                for p, mask in effect.writes.items():
                    env[p] |= mask
                changed = True
        return changed

    def _pair(self, one: Place, other: Place) -> Pair:
        names = [self.layout.instances[instance][0].name for instance, _ in (one, other)]
        return names[0], one[1], names[1], other[1]

    def _written(self, scope: Abstract, edge: Edge, before: Environment) -> set[int]:
        return {p for u in edge.updates for p in scope.positions(u.var, u.index, before) or () if p in scope.types}

    def _only_shared(self, env: Environment) -> Environment:
        return {p: mask for p, mask in env.items() if p in self.shared}

    def _owner_index(self, position: int) -> int:
        for name, variable in self.layout.variables.items():
            begin = self.layout.offset[name]
            if begin <= position < begin + cells(variable):
                return (position - begin) // self.layout.strides[name][0]
        raise ValueError(f"no variable has position {position}")


def _tracked(program: Program, layout: Layout) -> Iterator[tuple[int, Type, str | None]]:
    """(position, type, owning class) of every cell that environments speak of."""
    classes = {p.name for p in program.processes}
    for v in program.variables:
        by_process = any(dim.space in classes for dim in v.dims)
        if isinstance(v.type, SetType) or v.type.hi - v.type.lo >= MOST_TRACKED or (by_process and v.owner is None):
            continue
        for position in range(layout.offset[v.name], layout.offset[v.name] + cells(v)):
            yield position, v.type, v.owner


def _after(scope: Abstract, edge: Edge, before: Environment) -> Environment:
    after = dict(before)
    for update in edge.updates:
        positions = [p for p in scope.positions(update.var, update.index, before) or () if p in scope.types]
        values = scope.values(update.value, before)
        for p in positions:
            mask = mask_of(values, scope.types[p])
            after[p] = mask if len(positions) == 1 else after[p] | mask
    return after


def _join(at: dict[Place, Environment], place: Place, more: Environment) -> bool:
    known = at.get(place)
    if known is None:
        at[place] = dict(more)
        return True
    grew = False
    for position, mask in more.items():
        if mask & ~known[position]:
            known[position] |= mask
            grew = True
    return grew


# ---- what was found, for every instance


@dataclass(frozen=True)
class Facts:
    """``possible``: for each location of one instance where runs may get to, the possible values of each cell."""

    instance: int
    possible: Mapping[int, Mapping[int, frozenset[int]]]

    @staticmethod
    def of(flow: Dataflow, instance: int) -> Facts:
        """Renamed from the representative of the instance's class."""
        layout = flow.layout
        index = layout.instances[instance][1]
        representative = instance - max(0, index - 1) if index > 1 else instance
        kinds = flow.scope(representative).types
        possible = {
            location: {
                _moved(layout, p, representative, instance): _renamed(
                    layout, kinds[p], frozenset(members(mask, kinds[p])), representative, instance
                )
                for p, mask in env.items()
            }
            for (i, location), env in flow.at.items()
            if i == representative
        }
        return Facts(instance, possible)


def _moved(layout: Layout, position: int, old: int, new: int) -> int:
    """The same cell, or the same local of another instance."""
    for name, variable in layout.variables.items():
        begin = layout.offset[name]
        if variable.owner is not None and begin <= position < begin + cells(variable):
            return position + (layout.instances[new][1] - layout.instances[old][1]) * layout.strides[name][0]
    return position


def _renamed(layout: Layout, kind: Type, values: frozenset[int], old: int, new: int) -> frozenset[int]:
    """Process ids as another instance sees them: itself, null, and of each class all the others if one of them."""
    if not isinstance(kind, PidType):
        return values
    result = values & {0}
    if old + 1 in values:
        result |= {new + 1}
    classes = {layout.instances[v - 1][0].name for v in values if v not in (0, old + 1)}
    others = (n for n, (p, _) in enumerate(layout.instances) if n != new and p.name in classes)
    return result | {n + 1 for n in others}
