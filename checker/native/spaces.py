# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a state says about interchangeable things, and how its canonical representative is found.

Interchangeable things are the instances of a symmetric class and the slots of a symmetric heap; each such class or heap
is a *space*. A cell speaks of a space by the dimensions indexed by it and by values that name its members.

A space is *free* if no cell speaks of it twice, or of it together with another one. Then all that a state says about
the space is a row of facts for each member, and nothing relates two members; to rename members is to permute the rows,
so sorting the rows gives the same state for all states that are renamings of each other. The other spaces are
*entangled* (a local that holds a process id, a lock in a heap record): for them all renamings are tried and the least
image is taken. No cell speaks of a free and another space in one, so the two can be done one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import factorial, prod

from ...model.ir.layout import strides
from ...model.ir.program import Program, Variable
from ...model.ir.types import PidType, RefType, SetType, Type
from ..reference.symmetry import spaces

MOST_RENAMINGS = 720  # of entangled spaces: each is tried on every successor


@dataclass(frozen=True)
class Spaces:
    """The spaces to reduce by, with their sizes. ``left_out``: entangled ones with too many renamings to try."""

    program: Program
    free: Mapping[str, int]
    entangled: Mapping[str, int]
    left_out: tuple[str, ...]

    @property
    def renamings(self) -> int:
        return prod(factorial(size) for size in (*self.free.values(), *self.entangled.values()))

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.free, *self.entangled)

    def members(self, kind: Type, space: str, member: int) -> tuple[int, ...]:
        """The values of a type that name a member of a space."""
        match kind:
            case PidType():
                first = 1
                for process in self.program.processes:
                    if process.name == space:
                        return (first + member,)
                    first += process.count
                return ()
            case RefType(heap, slots):
                return (1 + member, 1 + slots + member) if heap == space else ()
            case SetType(element):
                return self.members(element, space, member)
            case _:
                return ()


def find_spaces(program: Program) -> Spaces:
    sizes, left_out = spaces(program), list[str]()
    while True:
        entangled = {name: sizes[name] for name in sizes if name in _entangled(program, sizes)}
        if prod(factorial(size) for size in entangled.values()) <= MOST_RENAMINGS:
            free = {name: size for name, size in sizes.items() if name not in entangled}
            return Spaces(program, free, entangled, tuple(left_out))
        left_out.append(max(entangled, key=lambda name: entangled[name]))
        sizes = {name: size for name, size in sizes.items() if name not in left_out}


def _entangled(program: Program, sizes: Mapping[str, int]) -> set[str]:
    result: set[str] = set()
    for variable in program.variables:
        indexed = indexed_by(variable, sizes)
        spoken_of = [*indexed, *named_by(variable.type, program, sizes)]
        if indexed and len(spoken_of) > 1:
            result.update(spoken_of)
    return result


def indexed_by(variable: Variable, sizes: Mapping[str, int]) -> list[str]:
    """The spaces of a variable's dimensions."""
    return [dim.space for dim in variable.dims if dim.space is not None and dim.space in sizes]


def named_by(kind: Type, program: Program, sizes: Mapping[str, int]) -> list[str]:
    """The spaces whose members are named by values of a type."""
    match kind:
        case PidType():
            return [process.name for process in program.processes if process.name in sizes]
        case RefType(heap):
            return [heap] if heap in sizes else []
        case SetType(element):
            return named_by(element, program, sizes)
        case _:
            return []


def cells_of_member(variable: Variable, space: str, member: int) -> Iterator[int]:
    """The cells of a variable that belong to a member of the one space it is indexed by."""
    ranges = [(member,) if dim.space == space else range(dim.size) for dim in variable.dims]
    for index in product(*ranges):
        yield sum(i * stride for i, stride in zip(index, strides(variable), strict=True))
