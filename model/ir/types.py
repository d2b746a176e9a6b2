# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Finite domains. Every value of a program is a small integer; its type says which integers, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoolType:
    """False is 0, True is 1."""

    lo: int = 0
    hi: int = 1

    def show(self, value: int) -> str:
        return "True" if value else "False"


@dataclass(frozen=True, slots=True)
class EnumType:
    """A member is its position in the class."""

    name: str
    members: tuple[str, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return len(self.members) - 1

    def show(self, value: int) -> str:
        return self.members[value] if 0 <= value < len(self.members) else f"{self.name}({value})"


@dataclass(frozen=True, slots=True)
class IntType:
    """The integers lo to hi, both included, stored as themselves."""

    lo: int
    hi: int

    def show(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class RefType:
    """A reference to a record of a heap (all pools of one record class).

    0 is null, 1..slots is a live slot, slots+1..2*slots is a dangling reference to the slot (the record was freed).
    """

    heap: str
    slots: int

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return 2 * self.slots

    def show(self, value: int) -> str:
        if value == 0:
            return "null"
        if value <= self.slots:
            return f"{self.heap}[{value - 1}]"
        return f"dangling {self.heap}[{value - self.slots - 1}]"


@dataclass(frozen=True, slots=True)
class PidType:
    """A process instance of the program: 0 is null, 1..n number the instances in program order."""

    names: tuple[str, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return len(self.names)

    def show(self, value: int) -> str:
        return "null" if value == 0 else self.names[value - 1] if value <= len(self.names) else f"pid({value})"


@dataclass(frozen=True, slots=True)
class SetType:
    """A set of values of a small type as a bit mask: bit b stands for the element ``first + b``."""

    element: BoolType | EnumType | IntType | RefType | PidType
    first: int
    count: int

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return (1 << self.count) - 1

    def show(self, value: int) -> str:
        members = (self.element.show(self.first + b) for b in range(self.count) if value >> b & 1)
        return "{" + ", ".join(members) + "}"


Type = BoolType | EnumType | IntType | RefType | PidType | SetType
BOOL = BoolType()
