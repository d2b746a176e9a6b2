# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From TOML files to a ``Catalogue``. The format is described in docs/catalogue.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TypeVar

from ..suggest import suggest
from ..verdict import Grade, Verdict
from .entry import EVERY, Catalogue, CatalogueError, Expectation, Place, Target, Variant
from .fields import Table

SHIPPED = Path(__file__).resolve().parent
PROTOCOLS = SHIPPED.parent.parent / "model" / "protocols"

_TARGET_KEYS = ("protocol", "world", "summary", "variants", "expect")
_EXPECT_KEYS = ("variant", "sizes", "set", "property", "except", "verdict", "grade", "source")
_Member = TypeVar("_Member")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)


def load_shipped() -> Catalogue:
    """All catalogue files of the package, in the order of their names."""
    return _together(t for file in sorted(SHIPPED.glob("*.toml")) for t in load_file(file).targets)


def load_file(file: Path) -> Catalogue:
    """One catalogue file. Raises ``CatalogueError`` for everything that is wrong with it."""
    text = _read(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(Place(file, ""), f"not valid TOML: {error}") from None
    top = Table(values, Place(file, ""))
    if isinstance(values.get("target"), str):
        top.allow(("target", *_TARGET_KEYS))
        tables, names = (top,), (top.text("target"),)
    else:
        top.allow(("target",))
        tables = top.tables("target")
        names = tuple(t.text("name") for t in tables)
        for table in tables:
            table.allow(("name", *_TARGET_KEYS))
    if not tables:
        raise CatalogueError(top.place, "no target in this file", 'begin with: target = "my-protocol"')
    lines = _expect_lines(text, sum(len(t.tables("expect")) for t in tables))
    return _together(_target(n, t, lines) for n, t in zip(names, tables, strict=True))


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        advice = f"byte {error.start} cannot be decoded; save the file as UTF-8"
        raise CatalogueError(Place(file, ""), "not a UTF-8 text file", advice) from None
    except IsADirectoryError:
        what = "is a directory, not a catalogue file"
        raise CatalogueError(Place(file, ""), what, "name a .toml file in it") from None
    except OSError as error:
        advice = "check the path"
        raise CatalogueError(Place(file, ""), f"cannot be read: {error.strerror or error}", advice) from None


def _expect_lines(text: str, count: int) -> Iterable[int | None]:
    """The line of every [[expect]] in the order of the file, or Nones where headers do not tell (inline tables)."""
    header = re.compile(r"\s*\[\[(target\.)?expect\]\]")
    headers = [n for n, line in enumerate(text.splitlines(), start=1) if header.match(line)]
    return iter(headers if len(headers) == count else [None] * count)


def _together(targets: Iterable[Target]) -> Catalogue:
    """A catalogue in which every name is used once."""
    seen: dict[str, Target] = {}
    for target in targets:
        if target.name in seen:
            what = f'the target "{target.name}" is also defined at {seen[target.name].place}'
            raise CatalogueError(target.place, what, "every target needs a name of its own")
        seen[target.name] = target
    return Catalogue(tuple(seen.values()))


def _target(name: str, table: Table, lines: Iterable[int | None]) -> Target:
    _check_name(name, table.place)
    variants = table.table("variants")
    parsed = tuple(_variant(v, variants.table(v)) for v in variants.values)
    expectations = [
        e for t, line in zip(table.tables("expect"), lines, strict=False)
        for e in _expectations(replace(t, place=replace(t.place, line=line)), parsed)
    ]
    return Target(
        name,
        _protocol(table),
        table.text("world") if "world" in table.values else None,
        table.text("summary"),
        parsed,
        tuple(expectations),
        table.place,
    )


def _protocol(table: Table) -> Path:
    """``cpu_fault`` is a module of the package; anything with a slash or .py is a path seen from the catalogue file."""
    name = table.text("protocol")
    own = "/" in name or name.endswith(".py")
    path = (table.place.file.parent / name) if own else PROTOCOLS / f"{name}.py"
    if path.is_file():
        return path
    if own:
        what = f'there is no file "{path}"'
        raise CatalogueError(table.at("protocol"), what, "the path is relative to the catalogue file")
    shipped = sorted(p.stem for p in PROTOCOLS.glob("[a-z]*.py"))
    advice = f"{suggest(name, shipped, 'shipped protocols')} (a file of your own is written with .py)"
    raise CatalogueError(table.at("protocol"), f'there is no shipped protocol "{name}"', advice)


def _variant(name: str, table: Table) -> Variant:
    _check_name(name, table.place)
    table.allow(("options", "sizes", "summary", "source"))
    sizes = table.table("sizes")
    chosen = tuple((size, _one(sizes, size)) for size in sizes.values)
    return Variant(name, table.options("options"), chosen, table.text("summary"), table.text("source", ""), table.place)


def _one(sizes: Table, name: str) -> int:
    counts = sizes.counts(name)
    if len(counts) != 1:
        what = "a variant has one number for each size"
        raise CatalogueError(sizes.at(name), what, "lists of sizes belong to [[expect]]")
    return counts[0]


def _expectations(table: Table, variants: tuple[Variant, ...]) -> Iterable[Expectation]:
    """One expectation for every combination of the variants and sizes that are written as lists."""
    table.allow(_EXPECT_KEYS)
    names, known = table.texts("variant"), [v.name for v in variants]
    for name in names:
        if name not in known:
            what = f'no variant "{name}" in this target'
            raise CatalogueError(table.at("variant"), what, suggest(name, known, "variants"))
    properties, excluded = table.texts("property"), table.texts("except", ())
    if EVERY in properties and len(properties) > 1:
        raise CatalogueError(table.at("property"), '"*" is every property already', 'list the names, or write only "*"')
    if excluded and properties != (EVERY,):
        what = 'except needs property = "*"'
        raise CatalogueError(table.at("except"), what, "leave the name out of the list instead")
    source = table.text("source")
    verdict, grade = _verdict(table)
    sizes, options = table.table("sizes"), table.options("set")
    for name, chosen in product(names, _sizes(sizes)):
        yield Expectation(name, chosen, options, properties, excluded, verdict, grade, source, table.place)


def _sizes(table: Table) -> Iterable[tuple[tuple[str, int], ...]]:
    columns = [[(name, n) for n in table.counts(name)] for name in table.values]
    return product(*columns)


def _verdict(table: Table) -> tuple[Verdict, Grade | None]:
    verdict = _member(table, "verdict", {v.value: v for v in Verdict})
    if "grade" not in table.values:
        return verdict, None
    if verdict is not Verdict.VIOLATED:
        raise CatalogueError(table.at("grade"), f"a grade belongs to VIOLATED, and the verdict is {verdict.value}")
    return verdict, _member(table, "grade", {g.value: g for g in Grade})


def _member(table: Table, key: str, members: Mapping[str, _Member]) -> _Member:
    word = table.text(key)
    if word not in members:
        raise CatalogueError(table.at(key), f'"{word}" is no {key}', suggest(word, members, f"{key}s"))
    return members[word]


def _check_name(name: str, place: Place) -> None:
    if not _NAME.fullmatch(name):
        what = f'"{name}" cannot be a name on the command line'
        raise CatalogueError(place, what, "use letters, digits, hyphens, dots and underscores")
