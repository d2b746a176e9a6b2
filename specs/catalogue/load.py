# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From TOML files to a ``Catalogue``. The format is described in docs/catalogue.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar

from ..suggest import suggest
from ..verdict import Grade, Verdict
from .entry import EVERY, Catalogue, CatalogueError, Expectation, Place, Target, Variant
from .fields import Gathered, Table
from .lines import lines_of

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
    """One catalogue file. Raises one ``CatalogueError`` with everything that is wrong with it."""
    text = _read(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(file, text, str(error)) from None
    top, found = Table(values, Place(file, ""), lines_of(text)), Gathered()
    single = "target" in values and not isinstance(values["target"], list)
    if single:
        found.read(lambda: top.allow(("target", *_TARGET_KEYS)), None)
        tables = (top,)
    else:
        found.read(lambda: top.allow(("target",)), None)
        tables = found.read(lambda: top.tables("target"), ())
        for table in tables:
            found.read(partial(table.allow, ("name", *_TARGET_KEYS)), None)
    if not tables and not found.errors:
        raise CatalogueError(top.place, "no target in this file", 'begin with: target = "my-protocol"')
    key = "target" if single else "name"
    targets = [found.read(partial(_target, table, key), None) for table in tables]
    together = found.read(lambda: _together(t for t in targets if t is not None), Catalogue(()))
    found.demand_none()
    return together


def _no_toml(file: Path, text: str, error: str) -> CatalogueError:
    """``tomllib`` tells the place in its sentence, "at line 3, column 5" or "at end of document"."""
    what, _, where = error.partition(" (at ")
    line = re.match(r"line (\d+)", where)
    number = int(line[1]) if line else len(text.splitlines())
    return CatalogueError(Place(file, "", number), f"not valid TOML: {what[:1].lower()}{what[1:]}")


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


def _together(targets: Iterable[Target]) -> Catalogue:
    """A catalogue in which every name is used once."""
    seen: dict[str, Target] = {}
    found = Gathered()
    for target in targets:
        if target.name in seen:
            what = f'the target "{target.name}" is also defined at {seen[target.name].place}'
            found.add(CatalogueError(target.place, what, "every target needs a name of its own"))
        seen.setdefault(target.name, target)
    found.demand_none()
    return Catalogue(tuple(seen.values()))


def _target(table: Table, key: str) -> Target:
    """``key``: under which its name is written."""
    found = Gathered()
    name = found.read(lambda: _checked_name(table.text(key), table.at(key)), "")
    protocol = found.read(lambda: _protocol(table), Path())
    world = found.read(lambda: table.text("world") if "world" in table.values else None, None)
    summary = found.read(lambda: table.text("summary"), "")
    variants = found.read(lambda: table.table("variants"), Table({}, table.place))
    parsed = [found.read(partial(_variant, v, variants), None) for v in variants.values]
    tables = found.read(lambda: table.tables("expect"), ())
    expectations = [e for t in tables for e in found.read(partial(_expectations, t, tuple(variants.values)), ())]
    found.demand_none()
    kept = tuple(v for v in parsed if v is not None)
    return Target(name, protocol, world, summary, kept, tuple(expectations), table.place)


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


def _variant(name: str, variants: Table) -> Variant:
    table, found = variants.table(name), Gathered()
    found.read(lambda: _checked_name(name, table.place), name)
    found.read(lambda: table.allow(("options", "sizes", "summary", "source")), None)
    sizes = found.read(lambda: table.table("sizes"), Table({}, table.place))
    chosen = tuple((size, found.read(partial(_one, sizes, size), 0)) for size in sizes.values)
    options = found.read(lambda: table.options("options"), ())
    summary = found.read(lambda: table.text("summary"), "")
    source = found.read(lambda: table.text("source", ""), "")
    found.demand_none()
    return Variant(name, options, chosen, summary, source, table.place)


def _one(sizes: Table, name: str) -> int:
    counts = sizes.counts(name)
    if len(counts) != 1:
        what = "a variant has one number for each size"
        raise CatalogueError(sizes.at(name), what, "lists of sizes belong to [[expect]]")
    return counts[0]


def _expectations(table: Table, variants: tuple[str, ...]) -> tuple[Expectation, ...]:
    """One expectation for every combination of the variants and sizes that are written as lists."""
    found = Gathered()
    found.read(lambda: table.allow(_EXPECT_KEYS), None)
    names = found.read(lambda: _variants(table, variants), ())
    properties, excluded = found.read(lambda: _properties(table), ((), ()))
    verdict, grade = found.read(lambda: _verdict(table), (Verdict.HOLDS, None))
    source = found.read(lambda: table.text("source"), "")
    sizes = found.read(lambda: _sizes(table.table("sizes")), [()])
    options = found.read(lambda: table.options("set"), ())
    found.demand_none()
    return tuple(
        Expectation(name, chosen, options, properties, excluded, verdict, grade, source, table.place)
        for name, chosen in product(names, sizes)
    )


def _variants(table: Table, known: tuple[str, ...]) -> tuple[str, ...]:
    names = table.texts("variant")
    for name in names:
        if name not in known:
            what = f'no variant "{name}" in this target'
            raise CatalogueError(table.at("variant"), what, suggest(name, known, "variants"))
    return names


def _properties(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names asked for, and those left out."""
    properties, excluded = table.texts("property"), table.texts("except", ())
    if EVERY in properties and len(properties) > 1:
        raise CatalogueError(table.at("property"), '"*" is every property already', 'list the names, or write only "*"')
    if excluded and properties != (EVERY,):
        what = 'except needs property = "*"'
        raise CatalogueError(table.at("except"), what, "leave the name out of the list instead")
    return properties, excluded


def _sizes(table: Table) -> list[tuple[tuple[str, int], ...]]:
    columns = [[(name, n) for n in table.counts(name)] for name in table.values]
    return list(product(*columns))


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


def _checked_name(name: str, place: Place) -> str:
    if not _NAME.fullmatch(name):
        what = f'"{name}" cannot be a name on the command line'
        raise CatalogueError(place, what, "use letters, digits, hyphens, dots and underscores")
    return name
