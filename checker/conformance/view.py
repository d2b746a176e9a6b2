# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A protocol with the cells that an abstraction observes, and a world of the executable kernel as values of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from ...model.evaluate import State
from ...model.ir.layout import cells
from ...model.ir.program import Program
from ...model.ir.types import EnumType, PidType, RefType, SetType, Type
from ...model.kernel.abstraction.abstraction import Abstraction, Slot
from ...model.kernel.scenario import World
from ...model.kernel.sched import Task
from ...model.semantics import Semantics, Violation

MOST_INNER = 96  # steps of an actor within one of its task's: the longest seen is 41, and a bound ends a search
MOST_KEPT = 200_000  # states whose continuations are kept

Seen = tuple[int | None, ...]
"""Values of the observed cells; None where nothing is said."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where an instance comes to by itself: ``fitting`` those states that look as asked, and a shortest way to each
    state: ``last`` is the state before and the edge taken there, None at the start. ``edges``: all of them."""

    fitting: frozenset[State]
    edges: frozenset[int]
    last: dict[State, tuple[State, int] | None]

    def edges_to(self, targets: Iterable[State]) -> set[int]:
        """Edges on the ways to these."""
        edges, done = set[int](), set[State]()
        for state in targets:
            while state not in done:
                done.add(state)
                step = self.last[state]
                if step is not None:
                    state = step[0]
                    edges.add(step[1])
        return edges


class Unobservable(Exception):
    """The abstraction names a cell, or gives it a value, that the protocol does not have: a defect of the former."""


@dataclass
class View:
    """``program``: the protocol at the sizes and options of the scenario."""

    program: Program
    abstraction: Abstraction
    semantics: Semantics = field(init=False)
    positions: tuple[int, ...] | None = None  # of the observed cells in a state; known once a world has been seen
    _present: tuple[int, ...] = ()  # of these, which of them are only told whether they are null
    _known: dict[tuple[int, State, Seen], Ways] = field(init=False, default_factory=dict[tuple[int, State, Seen], Ways])
    _one: dict[State, State] = field(init=False, default_factory=dict[State, State])  # equal states are one object

    def __post_init__(self) -> None:
        self.semantics = Semantics(self.program)

    # ---- the implementation's side

    def reader(self, world: World) -> Callable[[World], Seen]:
        """How to look at a world like this one: the cells are the same in all its states."""
        observe = self.abstraction.observe
        names = tuple(observe(world))
        missing = [name for name in names if name not in self._types]
        if missing:
            raise Unobservable(f"{self.program.name} has no {', '.join(missing)}")
        positions = tuple(self._types[name][0] for name in names)
        if self.positions not in (None, positions):
            raise Unobservable(f"what is observed of {self.abstraction.scenario} differs from run to run")
        self.positions = positions
        self._present = tuple(k for k, name in enumerate(names) if name.endswith(self.abstraction.present or ("\0",)))
        types = tuple(self._types[name][1] for name in names)

        def read(world: World) -> Seen:
            values = observe(world).values()
            return tuple(
                self._number(name, type_, value) for name, type_, value in zip(names, types, values, strict=True)
            )

        return read

    def instance_of(self, task: Task) -> int | None:
        """The instance of the protocol that a task stands for."""
        actor = self.abstraction.actor_of(task)
        return None if actor is None else self._instances.get(actor)

    @cached_property
    def _instances(self) -> Mapping[tuple[str, int], int]:
        return {(process.name, index): k for k, (process, index) in enumerate(self.semantics.layout.instances)}

    @cached_property
    def _types(self) -> dict[str, tuple[int, Type]]:
        """Position and type of every cell, by name."""
        layout = self.semantics.layout
        names = layout.cell_names()
        found: dict[str, tuple[int, Type]] = {}
        for variable in self.program.variables:
            first = layout.offset[variable.name]
            found.update({names[at]: (at, variable.type) for at in range(first, first + cells(variable))})
        return found

    def _number(self, name: str, type_: Type, value: object) -> int | None:
        if value is ...:
            return None
        match type_:
            case EnumType(members=members) if isinstance(value, str) and value in members:
                return members.index(value)
            case PidType() | RefType() if value is None:
                return 0
            case PidType() if isinstance(value, Task) and self.instance_of(value) is not None:
                return cast("int", self.instance_of(value)) + 1
            case RefType() if isinstance(value, Slot):
                return value.index + 1
            case SetType(element=PidType(), first=first) if isinstance(value, list | tuple):
                numbers = [self._number(name, type_.element, each) for each in cast("Iterable[object]", value)]
                return sum(1 << (number - first) for number in numbers if number is not None)
            case _ if isinstance(value, int):
                return int(value)
            case _:
                raise Unobservable(f"{name} cannot be {value!r}")

    # ---- the protocol's side

    def look(self, state: State) -> tuple[int, ...]:
        """What is observed of a state of the protocol."""
        if self.positions is None:
            raise Unobservable("no world has been looked at")
        if not self._present:
            return tuple([state[at] for at in self.positions])
        looks = [state[at] for at in self.positions]
        for k in self._present:
            looks[k] = min(looks[k], 1)
        return tuple(looks)

    def fits(self, state: State, seen: Seen) -> bool:
        """Whether a state of the protocol looks like this."""
        return _alike(self.look(state), seen)

    def alone_to(self, instance: int, start: State, seen: Seen) -> Ways:
        """Every state that looks like this to which an instance comes by itself, before urgency. Once it looks like
        this nothing that is observed changes any more: the rest belongs to a later step."""
        known = self._known.get((instance, start, seen))
        if known is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
                self._one.clear()
            known = self._known[instance, start, seen] = self._ways(instance, start, seen)
        return known

    def _ways(self, instance: int, start: State, seen: Seen | None) -> Ways:
        """What looks like ``seen`` the instance does not leave again."""
        last: dict[State, tuple[State, int] | None] = {start: None}
        fitting = {start} if seen is not None and self.fits(start, seen) else set[State]()
        level = [start]
        for _ in range(MOST_INNER):
            following: list[State] = []
            for state in level:
                for _, edge, target in self.semantics.steps(state, instance):
                    if isinstance(target, Violation) or target in last:
                        continue
                    target = self._one.setdefault(target, target)
                    arrives = seen is not None and self.fits(target, seen)
                    if arrives or state not in fitting:
                        last[target] = state, edge
                        following.append(target)
                        if arrives:
                            fitting.add(target)
            level = following
            if not level:
                break
        return Ways(frozenset(fitting), frozenset(step[1] for step in last.values() if step is not None), last)

    def violations(self, instance: int, start: State) -> set[str]:
        """Properties that are violated if an instance goes on by itself."""
        found: set[str] = set()
        for state in self._ways(instance, start, None).last:
            found.update(failure.invariant.name for failure in self.semantics.failing_invariants(state))
            steps = self.semantics.steps(state, instance)
            found.update(target.check.property for _, _, target in steps if isinstance(target, Violation))
        return found

    def nearest(self, instance: int, starts: Iterable[State], before: Seen, seen: Seen) -> dict[str, str]:
        """What an instance that goes on by itself may come to that looks most like this, first of all in the cells that
        have changed: the cells that differ."""

        def apart(look: Seen) -> tuple[int, int]:
            differ = [k for k, value in enumerate(seen) if value is not None and look[k] != value]
            return sum(before[k] != seen[k] for k in differ), len(differ)

        looks = (self.look(state) for start in starts for state in self._ways(instance, start, None).last)
        told, other = self.told(min(looks, key=apart, default=seen)), self.told(seen)
        return {name: told[name] for name in told if other[name] not in ("anything", told[name])}

    # ---- words

    def told(self, seen: Seen) -> dict[str, str]:
        """Observed cells and their values, as text."""
        names = {at: (name, type_) for name, (at, type_) in self._types.items()}
        told: dict[str, str] = {}
        for k, (at, value) in enumerate(zip(self.positions or (), seen, strict=True)):
            name, type_ = names[at]
            if k in self._present:
                told[name] = "anything" if value is None else "something" if value else "null"
            else:
                told[name] = "anything" if value is None else type_.show(value)
        return told


def _alike(looks: Seen, seen: Seen) -> bool:
    return all(value is None or mine == value for mine, value in zip(looks, seen, strict=True))

