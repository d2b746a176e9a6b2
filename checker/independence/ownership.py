# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What each instance owns at each of its locations, and which possessions exclude each other.

A *possession* is that a cell holds the instance's own id, or that a set has the instance as an element: a mutex, one
side of a lock for readers and writers, a place in a queue; nothing is known of locks but what their cells say.

Possessions are proved by induction over the steps of a run, all together. They start as everything that some step
establishes; one is dropped at a location where a step of the instance itself may arrive without it, or where a step of
another instance, whose own possessions are assumed as well, may take it away; until nothing is dropped. What is left
holds in the first states, and every step keeps it. An *exclusion*, that two instances never have two possessions at
once, is proved in the same way: it holds in the first states, and no step that may be taken makes it false.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.layout import Layout, cells
from ...model.ir.types import PidType, SetType
from .known import Bits, Known, Value, after, may_succeed, meet
from .steps import Step, steps_of


@dataclass(frozen=True, slots=True)
class Possession:
    """``number``: the instance's id, as the cell holds it, or the bit of it in the set that the cell holds.

    ``full``: the set of everything, or 0 if the cell holds no set.
    """

    instance: int
    cell: int
    number: int
    full: int

    @property
    def in_set(self) -> bool:
        return self.full != 0

    @property
    def value(self) -> Value:
        return Bits(1 << self.number, self.full) if self.in_set else frozenset({self.number})

    def is_sure(self, value: Value) -> bool:
        if self.in_set:
            return isinstance(value, Bits) and bool(value.must >> self.number & 1)
        return value == frozenset({self.number})

    def is_possible(self, value: Value) -> bool:
        if self.in_set:
            return not isinstance(value, Bits) or bool(value.may >> self.number & 1)
        return not isinstance(value, frozenset) or self.number in value

    def in_state(self, state: tuple[int, ...]) -> bool:
        return bool(state[self.cell] >> self.number & 1) if self.in_set else state[self.cell] == self.number


class Ownership:
    """The possessions of one program; its steps by instance, and by the cells that they write."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.steps = steps_of(layout)
        self._writers: dict[int, list[Step]] = {}
        for step in (step for steps in self.steps for step in steps):
            for cell in step.writes:
                self._writers.setdefault(cell, []).append(step)
        self._exclusions: dict[tuple[Possession, Possession], bool] = {}
        self._at = self._proved()

    def at(self, instance: int, location: int) -> frozenset[Possession]:
        return self._at[instance][location]

    def known_at(self, instance: int, location: int) -> dict[int, Value]:
        return known(self.at(instance, location))

    def never_together(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Whether two instances never stand at these locations at once: (instance, location) each."""
        theirs = self.at(*other)
        return any(self._exclude(mine, other_) for mine in self.at(*one) for other_ in theirs)

    # ---- possessions

    def _proved(self) -> list[list[frozenset[Possession]]]:
        result = [self._assumed(instance) for instance in range(len(self.steps))]
        while True:
            for instance in range(len(self.steps)):
                self._keep_own(result[instance], instance)
            lost = self._taken_away(result)
            if not lost:
                return result
            for (instance, location), gone in lost.items():
                result[instance][location] -= gone

    def _assumed(self, instance: int) -> list[frozenset[Possession]]:
        process, _ = self.layout.instances[instance]
        every = frozenset(self._candidates(instance))
        result = [every] * len(process.locations)
        result[process.entry] = frozenset(p for p in every if all(p.in_state(state) for state in self._first_states))
        return result

    @cached_property
    def _first_states(self) -> tuple[tuple[int, ...], ...]:
        entries = tuple(process.entry for process, _ in self.layout.instances)
        return tuple(entries + values for values in self.layout.program.initial)

    def _candidates(self, instance: int) -> Iterable[Possession]:
        own = {cell for step in self.steps[instance] for cell in step.writes}
        for variable in self.layout.program.variables:
            kind = variable.type
            if isinstance(kind, PidType):
                number, full = instance + 1, 0
            elif isinstance(kind, SetType) and isinstance(kind.element, PidType):
                number, full = instance + 1 - kind.first, kind.hi
                if not 0 <= number < kind.count:
                    continue
            else:
                continue
            first = self.layout.offset[variable.name]
            for cell in range(first, first + cells(variable)):
                possession = Possession(instance, cell, number, full)
                if cell in own and any(self._establishes(step, possession) for step in self.steps[instance]):
                    yield possession

    def _establishes(self, step: Step, possession: Possession) -> bool:
        return possession.cell in step.writes and possession.is_sure(after(self.layout, step, {}, possession.cell))

    def _keep_own(self, at: list[frozenset[Possession]], instance: int) -> None:
        """Drops what the instance may arrive without, until nothing changes."""
        changed = True
        while changed:
            changed = False
            for step in self.steps[instance]:
                before = known(at[step.source])
                if not at[step.target] or not may_succeed(self.layout, step, before):
                    continue
                kept = frozenset(p for p in at[step.target] if p.is_sure(after(self.layout, step, before, p.cell)))
                changed |= kept != at[step.target]
                at[step.target] = kept

    def _taken_away(self, at: list[list[frozenset[Possession]]]) -> dict[tuple[int, int], set[Possession]]:
        """By (instance, location): the possessions that a step of another instance may end there."""
        lost: dict[tuple[int, int], set[Possession]] = {}
        for possession in {p for places in at for held in places for p in held}:
            others = (s for s in self._writers.get(possession.cell, ()) if s.instance != possession.instance)
            if not any(self._may_end(step, possession, at[step.instance][step.source]) for step in others):
                continue
            for location, held in enumerate(at[possession.instance]):
                if possession in held:
                    lost.setdefault((possession.instance, location), set()).add(possession)
        return lost

    def _may_end(self, step: Step, possession: Possession, held: frozenset[Possession]) -> bool:
        before = known((*held, possession))
        if _contradictory(before) or not may_succeed(self.layout, step, before):
            return False
        return not possession.is_sure(after(self.layout, step, before, possession.cell))

    # ---- exclusions

    def _exclude(self, one: Possession, other: Possession) -> bool:
        if one.instance == other.instance:
            return False
        if one.cell == other.cell:
            return not one.in_set
        key = (one, other) if one.instance < other.instance else (other, one)
        if key not in self._exclusions:
            self._exclusions[key] = self._prove_exclusion(*key)
        return self._exclusions[key]

    def _prove_exclusion(self, one: Possession, other: Possession) -> bool:
        if any(one.in_state(state) and other.in_state(state) for state in self._first_states):
            return False
        steps = {id(s): s for p in (one, other) for s in self._writers.get(p.cell, ())}
        return not any(self._may_join(step, one, other) for step in steps.values())

    def _may_join(self, step: Step, one: Possession, other: Possession) -> bool:
        """Whether after the step both may be had, though not both before."""
        unchanged = [p for p in (one, other) if p.cell not in step.writes]
        before = known((*self.at(step.instance, step.source), *unchanged))
        if _contradictory(before) or not may_succeed(self.layout, step, before):
            return False
        changed = [p for p in (one, other) if p.cell in step.writes]
        return all(p.is_possible(after(self.layout, step, before, p.cell)) for p in changed)


def known(possessions: Iterable[Possession]) -> dict[int, Value]:
    result: dict[int, Value] = {}
    for possession in possessions:
        result[possession.cell] = meet(result.get(possession.cell), possession.value)
    return result


def _contradictory(of: Known) -> bool:
    return frozenset() in of.values()
