# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where each value of a state stands in a row of 64-bit words.

A *field* is a row of equal cells: the cells of one variable, or the locations of all instances of one process class.
A cell never crosses a word boundary, so that it is read with one shift and one mask. A field that fits one word is
kept in one word; a longer one starts at a word of its own, with as many cells in each word as fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.layout import cells
from ...model.ir.program import Program, Variable
from ...model.ir.types import PidType, RefType, SetType

WORD = 64
# Cells are computed with in signed 64-bit integers; a wider one could not be compared or added any more.
WIDEST = 62


class Unsupported(Exception):
    """The program cannot be packed; the message says which part and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """``count`` cells of ``width`` bits, storing value - ``lo``; ``position``: of its first cell in the state tuple.

    Cell k stands in word ``word + k // per_word`` at bit ``shift + k % per_word * width``. Cells of width 0 have only
    one value and take no room.
    """

    name: str
    position: int
    count: int
    lo: int
    hi: int
    width: int
    word: int
    shift: int

    @property
    def per_word(self) -> int:
        return WORD // self.width if self.is_long else max(self.count, 1)

    @property
    def is_long(self) -> bool:
        return self.width * self.count > WORD

    @property
    def mask(self) -> int:
        return (1 << self.width) - 1

    def place(self, k: int) -> tuple[int, int]:
        """Word and bit of cell k."""
        return self.word + k // self.per_word, self.shift + k % self.per_word * self.width


@dataclass(frozen=True)
class Packing:
    """The fields of a program: ``locations`` by class number, ``variables`` by name, in ``words`` words together."""

    locations: tuple[Field, ...]
    variables: dict[str, Field]
    words: int

    @cached_property
    def _places(self) -> tuple[tuple[int, int, int, int, int], ...]:
        """(position, word, bit, mask, lo) of every cell of the state tuple."""
        fields = (*self.locations, *self.variables.values())
        return tuple((f.position + k, *f.place(k), f.mask, f.lo) for f in fields for k in range(f.count))

    def pack(self, state: tuple[int, ...]) -> tuple[int, ...]:
        words = [0] * self.words
        for position, word, bit, mask, lo in self._places:
            if not 0 <= state[position] - lo <= mask:
                raise ValueError(f"cell {position} of the state holds {state[position]}, outside its domain")
            if mask:
                words[word] |= (state[position] - lo) << bit
        return tuple(words)

    def unpack(self, words: tuple[int, ...]) -> tuple[int, ...]:
        state = [0] * len(self._places)
        for position, word, bit, mask, lo in self._places:
            state[position] = (words[word] >> bit & mask if mask else 0) + lo
        return tuple(state)


def pack_program(program: Program) -> Packing:
    """First fit by falling size. Raises Unsupported for a cell wider than WIDEST bits."""
    unplaced = list(_fields(program))
    free: list[int] = []  # unused bits at the upper end of each word
    placed: dict[int, Field] = {}
    for number in sorted(range(len(unplaced)), key=lambda n: (-_bits(unplaced[n]), n)):
        placed[number] = _place(unplaced[number], free)
    fields = [placed[n] for n in range(len(unplaced))]
    classes = len(program.processes)
    variables = {v.name: f for v, f in zip(program.variables, fields[classes:], strict=True)}
    return Packing(tuple(fields[:classes]), variables, max(len(free), 1))


def _fields(program: Program) -> Iterator[Field]:
    """All fields in the order of the state tuple, not placed yet."""
    position = 0
    for process in program.processes:
        yield _field(f"location of {process.name}", position, process.count, 0, len(process.locations) - 1)
        position += process.count
    written = {update.var for process in program.processes for edge in process.edges for update in edge.updates}
    for variable in program.variables:
        lo, hi = variable.type.lo, variable.type.hi
        if variable.name not in written:
            lo, hi = _constant(program, variable, position) or (lo, hi)
        yield _field(variable.name, position, cells(variable), lo, hi)
        position += cells(variable)


def _constant(program: Program, variable: Variable, position: int) -> tuple[int, int] | None:
    """The one value of a variable that no step writes, if all its cells begin with it: it takes no room.

    Renaming processes and slots (symmetry) maps values that name them to others; only null and the empty set stay.
    """
    first = position - sum(process.count for process in program.processes)
    values = {value for start in program.initial for value in start[first : first + cells(variable)]}
    if len(values) != 1 or (isinstance(variable.type, PidType | RefType | SetType) and values != {0}):
        return None
    (value,) = values
    return value, value


def _field(name: str, position: int, count: int, lo: int, hi: int) -> Field:
    width = (hi - lo).bit_length()
    if width > WIDEST:
        raise Unsupported(f"{name} needs {width} bits for one value; the native engine holds at most {WIDEST}")
    return Field(name, position, count, lo, hi, width, 0, 0)


def _bits(field: Field) -> int:
    return field.width * field.count


def _place(field: Field, free: list[int]) -> Field:
    """The field with its word and shift; takes the room from ``free``."""
    word, shift = 0, 0
    if field.is_long:
        word = len(free)
        full, rest = divmod(field.count, field.per_word)
        free.extend([WORD - field.per_word * field.width] * full + ([WORD - rest * field.width] if rest else []))
        # What is left above the cells of a long field is used by later, smaller ones like any other room.
    elif field.width and field.count:
        word = next((w for w, bits in enumerate(free) if bits >= _bits(field)), len(free))
        if word == len(free):
            free.append(WORD)
        shift = WORD - free[word]
        free[word] -= _bits(field)
    return Field(field.name, field.position, field.count, field.lo, field.hi, field.width, word, shift)
