# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The canonical representative of a state: the least of all states that renaming interchangeable things makes of it.

Instances of a symmetric process class and slots of a symmetric heap are interchangeable. A renaming moves the locations
and locals of instances, moves array cells along every dimension indexed by the class or heap, and renames every value
of a process-id, reference or set type. All permutations are tried, so the cost is their number: for a reference, on
small sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations, product
from operator import itemgetter

from ...model.evaluate import State
from ...model.ir.layout import Layout
from ...model.ir.program import Program, Variable
from ...model.ir.types import PidType, RefType, SetType, Type

Rename = Callable[[int], int]


def spaces(program: Program) -> dict[str, int]:
    """The interchangeable things by space name, with how many there are; those of which there is more than one."""
    classes = {p.name: p.count for p in program.processes if p.symmetric and p.count > 1}
    return classes | {h.name: h.slots for h in program.heaps if h.symmetric and h.slots > 1}


def canonical(program: Program) -> Callable[[State], State]:
    """The function that maps every state to its canonical representative."""
    layout = Layout(program)
    images = [_image(renaming) for renaming in _renamings(layout)]
    return lambda state: min(image(state) for image in images)


@dataclass(frozen=True)
class Renaming:
    """One permutation of every symmetric space: the thing that was numbered i is numbered ``to[space][i]`` after it."""

    layout: Layout
    to: Mapping[str, tuple[int, ...]]

    def index(self, space: str | None, index: int) -> int:
        return self.to[space][index] if space is not None and space in self.to else index

    def instances(self) -> tuple[int, ...]:
        """The new number of every process instance of the program."""
        number = {(process.name, index): n for n, (process, index) in enumerate(self.layout.instances)}
        return tuple(number[process.name, self.index(process.name, index)] for process, index in self.layout.instances)

    def value(self, kind: Type) -> Rename | None:
        """What happens to the values of a type; None if nothing."""
        match kind:
            case PidType():
                numbers = (0, *(1 + n for n in self.instances()))
                return numbers.__getitem__
            case RefType(heap, slots) if heap in self.to:
                return lambda v: v if v == 0 else self.to[heap][(v - 1) % slots] + 1 + (v - 1) // slots * slots
            case SetType(element, first, count):
                rename = self.value(element)
                if rename is None:
                    return None
                bits = tuple(1 << rename(first + bit) - first for bit in range(count))
                return lambda members: sum(moved for bit, moved in enumerate(bits) if members >> bit & 1)
            case _:
                return None


def _renamings(layout: Layout) -> Iterator[Renaming]:
    sizes = spaces(layout.program)
    for choice in product(*(permutations(range(size)) for size in sizes.values())):
        yield Renaming(layout, dict(zip(sizes, choice, strict=True)))


def _image(renaming: Renaming) -> Callable[[State], State]:
    """The renaming as a function of a state: collect the cells in their new order, then rename values."""
    origin = list(range(renaming.layout.size))  # by new position: the old one
    for old, new in enumerate(renaming.instances()):
        origin[new] = old
    renames: list[tuple[int, Rename]] = []
    for variable in renaming.layout.program.variables:
        rename = renaming.value(variable.type)
        for old, new in moved_cells(renaming, variable):
            origin[new] = old
            if rename is not None:
                renames.append((new, rename))
    collect = itemgetter(*origin, 0)  # the extra one makes it a tuple even of a single cell

    def image(state: State) -> State:
        cells = list(collect(state))
        cells.pop()
        for position, rename in renames:
            cells[position] = rename(cells[position])
        return tuple(cells)

    return image


def moved_cells(renaming: Renaming, variable: Variable) -> Iterator[tuple[int, int]]:
    """The old and the new position of every cell of a variable."""
    base = renaming.layout.offset[variable.name]
    strides = renaming.layout.strides[variable.name]
    for index in product(*(range(dim.size) for dim in variable.dims)):
        moved = (renaming.index(dim.space, i) for dim, i in zip(variable.dims, index, strict=True))
        old = base + sum(i * stride for i, stride in zip(index, strides, strict=True))
        yield old, base + sum(i * stride for i, stride in zip(moved, strides, strict=True))
