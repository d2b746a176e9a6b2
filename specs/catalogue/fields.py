# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Typed reading of TOML tables: every key is asked for by name and type, and what nobody asked for is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from ..suggest import closest, suggest
from .entry import CatalogueError, Place
from .lines import NOWHERE, Lines

_Read = TypeVar("_Read")
_TOML_NAMES = {"str": "a string", "int": "an integer", "bool": "true or false", "float": "a number", "list": "a list",
               "dict": "a table"}


def kind_of(value: object) -> str:
    name = type(value).__name__
    return _TOML_NAMES.get(name, f"a {name}")


def _listed(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


class Gathered:
    """Errors on their way to being told together, so that one run shows all that is wrong with a file."""

    def __init__(self) -> None:
        self.errors: list[CatalogueError] = []

    def add(self, error: CatalogueError) -> None:
        self.errors += error.all

    def read(self, reader: Callable[[], _Read], otherwise: _Read) -> _Read:
        """What the reader finds; ``otherwise`` where it raises ``CatalogueError``, which is kept."""
        try:
            return reader()
        except CatalogueError as error:
            self.add(error)
            return otherwise

    def demand_none(self) -> None:
        """Raises all errors as one, in the order of the file. A key that is misspelt is not missing as well."""
        misspelt = {e.meant for e in self.errors if e.meant}
        left = [e for e in self.errors if e.missing not in misspelt]
        if left:
            first, *others = sorted(left, key=lambda e: e.place.line or 0)
            first.others = tuple(others)
            for error in others:
                error.others = ()
            raise first


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML table and where it stands. ``lines``: of the whole file."""

    values: Mapping[str, object]
    place: Place
    lines: Lines = NOWHERE

    def at(self, key: str) -> Place:
        name = self._key(key)
        return replace(self.place, key=name, line=self.lines.of(name))

    def _key(self, key: str) -> str:
        return f"{self.place.key}.{key}" if self.place.key else key

    def allow(self, keys: Iterable[str]) -> None:
        """Refuses every key that is not one of these."""
        known, found = tuple(keys), Gathered()
        for key in self.values:
            if key not in known:
                error = CatalogueError(self.at(key), f'unknown key "{key}"', suggest(key, known, "keys"))
                error.meant = self._key(closest(key, known) or "")
                found.add(error)
        found.demand_none()

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not empty; required when there is no default."""
        if key not in self.values and default is not None:
            return default
        value = self._required(key)
        if not isinstance(value, str) or not value.strip():
            what = f"{key} must be a string that is not empty, and this is {kind_of(value)}"
            raise CatalogueError(self.at(key), what)
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A string, or a list of strings that is not empty."""
        if key not in self.values and default is not None:
            return default
        entries = _listed(self._required(key))
        names = tuple(e for e in entries if isinstance(e, str) and e.strip())
        if not names or len(names) != len(entries):
            what = f"{key} must be a string or a list of strings, and this is {kind_of(self.values[key])}"
            raise CatalogueError(self.at(key), what)
        return names

    def table(self, key: str) -> Table:
        """A table; an empty one when it is missing."""
        return Table(self._as_table(key, self.values.get(key, {})), self.at(key), self.lines)

    def tables(self, key: str) -> tuple[Table, ...]:
        """An array of tables ``[[key]]``, numbered from 1 in places; empty when it is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise CatalogueError(self.at(key), f"{key} is {kind_of(value)}", f"write [[{key}]] above each entry")
        entries = cast("list[object]", value)
        tables = enumerate((self._as_table(key, e) for e in entries), start=1)
        return tuple(Table(values, self.at(f"{key} {n}"), self.lines) for n, values in tables)

    def options(self, key: str) -> tuple[tuple[str, str], ...]:
        """Option values as the words of the command line: true and 2 are written "true" and "2"."""
        table = self.table(key)
        return tuple((name, table.word(name)) for name in table.values)

    def word(self, key: str) -> str:
        value = self.values[key]
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int):
            return str(value)
        what = f"an option's value is a string, an integer, true or false, not {kind_of(value)}"
        raise CatalogueError(self.at(key), what)

    def counts(self, key: str) -> tuple[int, ...]:
        """A positive integer, or a list of them."""
        entries = _listed(self.values[key])
        numbers = tuple(e for e in entries if isinstance(e, int) and not isinstance(e, bool) and e >= 0)
        if not numbers or len(numbers) != len(entries):
            what = f"a size is an integer from 0, or a list of them, and this is {kind_of(self.values[key])}"
            raise CatalogueError(self.at(key), what)
        return numbers

    def _required(self, key: str) -> object:
        if key not in self.values:
            error = CatalogueError(self.place, f'the key "{key}" is missing', f"add: {key} = ...")
            error.missing = self._key(key)
            raise error
        return self.values[key]

    def _as_table(self, key: str, value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise CatalogueError(self.at(key), f"{key} must be a table, and this is {kind_of(value)}")
        return cast("dict[str, object]", value)
