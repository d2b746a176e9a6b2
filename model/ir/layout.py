# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where things stand in a state tuple: locations first, then the cells of each variable, arrays row-major."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from .program import Process, Program, Variable


@dataclass(frozen=True)
class Layout:
    """Positions of one program. ``instances``: (class, index) of every process instance, in program order."""

    program: Program

    @cached_property
    def instances(self) -> tuple[tuple[Process, int], ...]:
        return tuple((p, i) for p in self.program.processes for i in range(p.count))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The display name of every instance: ``cpu_fault[0]``, or ``evictor`` where there is only one."""
        return tuple(p.name if p.count == 1 else f"{p.name}[{i}]" for p, i in self.instances)

    @cached_property
    def variables(self) -> dict[str, Variable]:
        return {v.name: v for v in self.program.variables}

    @cached_property
    def offset(self) -> dict[str, int]:
        """The position of each variable's first cell in the state tuple."""
        result: dict[str, int] = {}
        position = len(self.instances)
        for variable in self.program.variables:
            result[variable.name] = position
            position += cells(variable)
        return result

    @cached_property
    def size(self) -> int:
        return len(self.instances) + sum(cells(v) for v in self.program.variables)

    @cached_property
    def strides(self) -> dict[str, tuple[int, ...]]:
        return {v.name: strides(v) for v in self.program.variables}

    def cell_names(self) -> tuple[str, ...]:
        """A display name for every position of the state tuple."""
        result = [f"{name} at" for name in self.names]
        for variable in self.program.variables:
            indices = product(*(range(d.size) for d in variable.dims))
            result.extend(cell_name(variable, index) for index in indices)
        return tuple(result)


def cells(variable: Variable) -> int:
    return prod(d.size for d in variable.dims)


def strides(variable: Variable) -> tuple[int, ...]:
    sizes = [d.size for d in variable.dims]
    return tuple(prod(sizes[k + 1 :]) for k in range(len(sizes)))


def cell_name(variable: Variable, index: tuple[int, ...]) -> str:
    """``pages[0].lock.owner`` for a heap field ``pages.lock.owner``, ``cpu_fault[1].page`` for a local."""
    return placed(variable, tuple(str(i) for i in index))


def placed(variable: Variable, index: tuple[str, ...]) -> str:
    """The variable's name with the texts of its indices where a reader expects them (see ``Dim.at``)."""
    parts = variable.name.split(".")
    for position, (dim, text) in enumerate(zip(variable.dims, index, strict=True)):
        default = 1 if position == 0 and dim.space is not None and len(parts) > 1 else len(parts)
        at = default if dim.at is None else dim.at
        parts[at - 1] += f"[{text}]"
    return ".".join(parts)
