# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A protocol with the cells that an abstraction observes, and a world of the executable kernel as values of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...model.evaluate import State
from ...model.ir.layout import cells
from ...model.ir.program import Program
from ...model.ir.types import EnumType, PidType, RefType, Type
from ...model.kernel.abstraction.abstraction import Abstraction
from ...model.kernel.scenario import World
from ...model.kernel.sched import Task
from ...model.semantics import Semantics

Seen = tuple[int | None, ...]
"""Values of the observed cells; None where nothing is said."""


class Unobservable(Exception):
    """The abstraction names a cell, or gives it a value, that the protocol does not have: a defect of the former."""


@dataclass(frozen=True)
class View:
    """``program``: the protocol at the sizes and options of the scenario."""

    program: Program
    abstraction: Abstraction
    lasting: bool = False  # leave out what is momentary

    @cached_property
    def semantics(self) -> Semantics:
        return Semantics(self.program)

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

    def reader(self, world: World) -> Callable[[World], Seen]:
        """How to look at a world like this one: the cells are the same in all its states."""
        left_out = self.abstraction.momentary if self.lasting else ()
        names = tuple(name for name in self.abstraction.observe(world) if not name.endswith(left_out or ("\0",)))
        missing = [name for name in names if name not in self._types]
        if missing:
            raise Unobservable(f"{self.program.name} has no {', '.join(missing)}")
        self.__dict__["positions"] = tuple(self._types[name][0] for name in names)
        types = tuple((name, self._types[name][1]) for name in names)

        def read(world: World) -> Seen:
            observed = self.abstraction.observe(world)
            return tuple(self._number(name, type_, observed[name]) for name, type_ in types)

        return read

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """Of the observed cells in a state; known once ``reader`` has seen a world."""
        raise Unobservable("no world has been looked at")

    def fits(self, state: State, seen: Seen) -> bool:
        """Whether a state of the protocol looks like this."""
        return all(value is None or state[at] == value for at, value in zip(self.positions, seen, strict=True))

    def instance_of(self, task: Task) -> int | None:
        """The instance of the protocol that a task stands for."""
        actor = self.abstraction.actor_of(task)
        return None if actor is None else self._instances.get(actor)

    @cached_property
    def _instances(self) -> Mapping[tuple[str, int], int]:
        return {(process.name, index): k for k, (process, index) in enumerate(self.semantics.layout.instances)}

    def _number(self, name: str, type_: Type, value: object) -> int | None:
        if value is ...:
            return None
        match type_:
            case EnumType(members=members) if isinstance(value, str) and value in members:
                return members.index(value)
            case PidType() if value is None:
                return 0
            case PidType() if isinstance(value, Task):
                instance = self.instance_of(value)
                if instance is not None:
                    return instance + 1
            case RefType() if value is None:
                return 0
            case _ if isinstance(value, int):
                return int(value)
            case _:
                pass
        raise Unobservable(f"{name} cannot be {value!r}")

    def told(self, seen: Seen) -> dict[str, str]:
        """Observed cells and their values, as text."""
        names = {at: (name, type_) for name, (at, type_) in self._types.items()}
        pairs = zip(self.positions, seen, strict=True)
        return {names[at][0]: "anything" if value is None else names[at][1].show(value) for at, value in pairs}
