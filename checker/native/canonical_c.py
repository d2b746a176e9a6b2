# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The canonical representative of a packed state, as C; why it is one is in spaces.py.

``canonical`` replaces a state by its representative in place. States that are renamings of each other have the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

from ...model.ir.layout import Layout, cells
from ...model.ir.types import SetType, Type
from ..reference.symmetry import Renaming, moved_cells
from .numbering import Numbering
from .packing import WORD, Field
from .spaces import Spaces, cells_of_member, indexed_by, named_by


def canonical_function(unit: Numbering, spaces: Spaces) -> Iterator[str]:
    """The C function ``canonical``, with the tables it needs before it."""
    table = _Images.of(unit, spaces) if spaces.entangled else None
    if table:
        yield from table.declarations()
    yield "static void canonical(u64 *s) { (void)s;"
    for space, count in spaces.free.items():
        yield from _sorting(unit, spaces, space, count)
    if table:
        yield from table.call()
    yield "}"


def _read(field: Field, cell: int) -> str:
    word, shift = field.place(cell)
    return f"(s[{word}] >> {shift} & {field.mask}ULL)"


def _write(field: Field, cell: int, bits: str) -> str:
    word, shift = field.place(cell)
    return f"put(&s[{word}], {shift}, {field.mask}ULL, {bits});"


# ---- a free space: rows of facts, sorted


@dataclass(frozen=True, slots=True)
class _Fact:
    """Some bits of a row: those of a cell of the member's own, or, with ``names``, whether a cell names the member."""

    field: Field
    cells: tuple[int, ...]  # by member
    names: tuple[int, ...] = ()  # by member: the value that names it, or the bit of it in a set
    is_set: bool = False

    @property
    def width(self) -> int:
        return 1 if self.names else self.field.width

    def gathered(self, member: int) -> str:
        read = _read(self.field, self.cells[member])
        if not self.names:
            return read
        name = self.names[member]
        return f"({read} >> {name} & 1)" if self.is_set else f"(u64)({read} == {name})"

    def scattered(self, rows: list[str]) -> Iterator[str]:
        """``rows``: the text of the fact's bits by member, after sorting."""
        if not self.names:
            yield from (_write(self.field, cell, bits) for cell, bits in zip(self.cells, rows, strict=True))
        elif self.is_set:
            word, shift = self.field.place(self.cells[0])
            cleared = ~(sum(1 << name for name in self.names) << shift) % 2**WORD
            bits = " | ".join(f"{bits} << {shift + name}" for bits, name in zip(rows, self.names, strict=True))
            yield f"s[{word}] = (s[{word}] & {cleared}ULL) | {bits};"
        else:
            cell = self.cells[0]
            for bits, name in zip(rows, self.names, strict=True):
                yield f"if ({bits}) {_write(self.field, cell, f'{name}ULL')}"


def _sorting(unit: Numbering, spaces: Spaces, space: str, count: int) -> Iterator[str]:
    """The own cells come first in a row, in words of their own: if they tell the order, the rest is not looked at."""
    own = [f for f in _own_facts(unit, spaces, space, count) if f.width]
    naming = list(_naming_facts(unit, spaces, space, count))
    placed = _placed(own, 0)
    before = 1 + max((word for _, word, _ in placed), default=-1)
    placed += _placed(naming, before)
    width = 1 + max((word for _, word, _ in placed), default=0)
    yield f"{{ u64 r[{count}][{width}];"
    yield from _gather(placed, count, 0, before)
    in_order = " && ".join(f"r[{k}][0] < r[{k + 1}][0]" for k in range(count - 1)) if before else "0"
    yield f"if (!({in_order})) {{"
    yield from _gather(placed, count, before, width)
    yield f"if (sort_members(&r[0][0], {count}, {width})) {{"
    for fact, word, shift in placed:
        yield from fact.scattered([f"(r[{k}][{word}] >> {shift} & {(1 << fact.width) - 1}ULL)" for k in range(count)])
    yield "} } }"


def _placed(facts: list[_Fact], word: int) -> list[tuple[_Fact, int, int]]:
    """Word and shift of every fact in a row."""
    result: list[tuple[_Fact, int, int]] = []
    shift = 0
    for fact in facts:
        if shift + fact.width > WORD:
            word, shift = word + 1, 0
        result.append((fact, word, shift))
        shift += fact.width
    return result


def _gather(placed: list[tuple[_Fact, int, int]], count: int, begin: int, end: int) -> Iterator[str]:
    for member, word in product(range(count), range(begin, end)):
        parts = [f"{f.gathered(member)} << {shift}" for f, at, shift in placed if at == word]
        yield f"r[{member}][{word}] = {' | '.join(parts) or '0'};"


def _own_facts(unit: Numbering, spaces: Spaces, space: str, count: int) -> Iterator[_Fact]:
    members = range(count)
    for class_, process in enumerate(unit.program.processes):
        if process.name == space:
            yield _Fact(unit.packing.locations[class_], tuple(members))
    for variable in unit.program.variables:
        if space in indexed_by(variable, spaces.free):
            columns = zip(*(cells_of_member(variable, space, k) for k in members), strict=True)
            yield from (_Fact(unit.packing.variables[variable.name], column) for column in columns)


def _naming_facts(unit: Numbering, spaces: Spaces, space: str, count: int) -> Iterator[_Fact]:
    for variable in unit.program.variables:
        kind, field = variable.type, unit.packing.variables[variable.name]
        if space not in named_by(kind, unit.program, spaces.free) or not field.width:
            continue
        first = kind.first if isinstance(kind, SetType) else field.lo
        by_member = [spaces.members(kind, space, k) for k in range(count)]
        for cell, names in product(range(cells(variable)), zip(*by_member, strict=True)):
            if not isinstance(kind, SetType) or all(0 <= name - first < kind.count for name in names):
                numbers = tuple(name - first for name in names)
                yield _Fact(field, (cell,) * count, numbers, isinstance(kind, SetType))


# ---- entangled spaces: the least image


@dataclass(frozen=True)
class _Images:
    """The cells that speak of entangled spaces, and what every renaming but the identity makes of them."""

    cells: tuple[tuple[Field, int], ...]
    origins: tuple[tuple[int, ...], ...]
    map_of: tuple[int, ...]
    maps: tuple[tuple[tuple[int, ...], ...], ...]  # by map: for every image the new value (or bit) of each
    of_sets: tuple[bool, ...]

    @staticmethod
    def of(unit: Numbering, spaces: Spaces) -> _Images:
        layout = Layout(unit.program)
        sizes = spaces.entangled
        every = product(*(permutations(range(size)) for size in sizes.values()))
        renamings = [Renaming(layout, dict(zip(sizes, choice, strict=True))) for choice in every][1:]
        fields: list[tuple[Field, int]] = []
        kinds: list[Type | None] = []
        for class_, process in enumerate(unit.program.processes):
            if process.name in sizes:
                fields += [(unit.packing.locations[class_], k) for k in range(process.count)]
                kinds += [None] * process.count
        for variable in unit.program.variables:
            named = named_by(variable.type, unit.program, sizes)
            if named or indexed_by(variable, sizes):
                fields += [(unit.packing.variables[variable.name], k) for k in range(cells(variable))]
                kinds += [variable.type if named else None] * cells(variable)
        types = list(dict.fromkeys(kind for kind in kinds if kind is not None))
        return _Images(
            tuple(fields),
            tuple(_origin(renaming, fields) for renaming in renamings),
            tuple(-1 if kind is None else types.index(kind) for kind in kinds),
            tuple(tuple(_map(renaming, kind) for renaming in renamings) for kind in types),
            tuple(isinstance(kind, SetType) for kind in types),
        )

    def declarations(self) -> Iterator[str]:
        yield f"static const unsigned short image_origin[] = {{{_flat(self.origins)}}};"
        yield f"static const signed char image_map_of[] = {{{_row(self.map_of)}}};"
        for number, table in enumerate(self.maps):
            yield f"static const unsigned short image_map_{number}[] = {{{_flat(table)}}};"
        yield f"static const unsigned short *const image_maps[] = {{{self._map_names()}}};"
        yield f"static const unsigned short image_sizes[] = {{{_row(len(table[0]) for table in self.maps) or 0}}};"
        yield f"static const unsigned char image_of_sets[] = {{{_row(map(int, self.of_sets)) or 0}}};"
        yield f"static const Images images = {{{len(self.cells)}, {len(self.origins)}, image_origin, image_map_of,"
        yield "image_maps, image_sizes, image_of_sets};"

    def call(self) -> Iterator[str]:
        values = ", ".join(_read(field, cell) if field.width else "0" for field, cell in self.cells)
        yield f"u64 c[] = {{{values}}};"
        yield "least_image(&images, c);"
        for k, (field, cell) in enumerate(self.cells):
            if field.width:
                yield _write(field, cell, f"c[{k}]")

    def _map_names(self) -> str:
        return ", ".join(f"image_map_{number}" for number in range(len(self.maps))) or "0"


def _origin(renaming: Renaming, fields: list[tuple[Field, int]]) -> tuple[int, ...]:
    """For every cell in the image the number of the cell that it comes from."""
    number = {field.position + cell: k for k, (field, cell) in enumerate(fields)}
    result = list(range(len(fields)))
    pairs = [*enumerate(renaming.instances())]
    pairs += [pair for variable in renaming.layout.program.variables for pair in moved_cells(renaming, variable)]
    for old, new in pairs:
        if new in number:
            result[number[new]] = number[old]
    return tuple(result)


def _map(renaming: Renaming, kind: Type) -> tuple[int, ...]:
    """The new value of each value of a type, or the new bit of each bit of a set. Both are stored from 0 up."""
    if isinstance(kind, SetType):
        rename = renaming.value(kind.element)
        values = range(kind.first, kind.first + kind.count)
        return tuple((v if rename is None else rename(v)) - kind.first for v in values)
    rename = renaming.value(kind)
    return tuple(v if rename is None else rename(v) for v in range(kind.lo, kind.hi + 1))


def _row(numbers: object) -> str:
    return ", ".join(map(str, numbers))  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]


def _flat(table: tuple[tuple[int, ...], ...]) -> str:
    return _row(value for row in table for value in row)
