# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From the words of a command line or a catalogue to a protocol, a world, options and sizes that exist."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..specs.catalogue.entry import Target, Variant
from ..specs.catalogue.load import load_file, load_shipped
from ..specs.suggest import suggest

if TYPE_CHECKING:
    from ..model.lang.compile import Compiled
    from ..model.lang.load import Protocol, WorldInfo
    from .compiled import Fetched

# What people write for a truth value -> how protocols spell it.
WORDS = {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}


class BadRequest(Exception):
    """Something that does not exist or cannot be: where, what, what to do. ``others``: what else is wrong."""

    def __init__(self, what: str, advice: str = "", where: str = "", others: tuple[BadRequest, ...] = ()) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what, self.advice, self.where, self.others = what, advice, where, others


@dataclass(frozen=True)
class Selection:
    """One program to look at. ``name``: the target as the user wrote it; ``options`` and ``sizes``: those that were
    asked for, the variant's options first."""

    name: str
    protocol: Protocol
    world: WorldInfo
    variant: str | None
    options: Mapping[str, str]
    sizes: Mapping[str, int]
    entry: Target | None

    def compile(self) -> Compiled:
        """The program with the compiler's warnings. Raises ``ProtocolError``."""
        return self.fetch().compiled

    def fetch(self) -> Fetched:
        """The same, and whether it came from the cache."""
        from .compiled import compile_cached

        return compile_cached(self)

    def with_variant(self, name: str) -> Selection:
        """Another variant of the same target; sizes asked for stay, options set by hand are dropped."""
        found = _variant(self.name, self.entry, name)
        options = checked_options(self.world, dict(found.options), str(found.place))
        return replace(self, variant=name, options=options, sizes={**dict(found.sizes), **self.sizes})


def select(
    name: str,
    variant: str | None = None,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Selection:
    """Raises ``BadRequest``, ``CatalogueError`` or ``ProtocolError``."""
    entry, file, world_name = _find(name)
    protocol = load(file)
    world = find_world(protocol, world_name)
    found = None if variant is None else _variant(name, entry, variant)
    chosen, counts = dict(checked_options(world, options or {})), dict(checked_sizes(world, sizes or {}))
    if found is not None:
        chosen = {**checked_options(world, dict(found.options), str(found.place)), **chosen}
        counts = {**checked_sizes(world, dict(found.sizes), str(found.place)), **counts}
    return Selection(name, protocol, world, variant, chosen, counts, entry)


def load(file: Path) -> Protocol:
    """A protocol file, whose declarations run as Python. What they print goes to standard error: standard output is
    for results. Raises ``BadRequest`` or ``ProtocolError``."""
    from ..model.lang.load import load_protocol

    try:
        with redirect_stdout(sys.stderr):
            return load_protocol(file)
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit() and its like
        what = f"the file ends the program when it is loaded: {type(error).__name__}"
        raise BadRequest(what, "take that out: the declarations of a protocol only declare", str(file)) from None


def _find(name: str) -> tuple[Target | None, Path, str | None]:
    """The catalogue entry if it is one, the file, and the world asked for."""
    path, colon, world = name.rpartition(":")
    if not colon or os.sep in world or world.endswith(".py"):
        path, colon, world = name, "", ""
    if path.endswith(".toml"):
        entry = _in_catalogue(_file(Path(path)), world)
        return entry, entry.protocol, entry.world
    if path.endswith(".py") or os.sep in path:
        return None, _file(Path(path)), world if colon else None
    catalogue = load_shipped()
    entry = catalogue.target(path)
    if entry is None:
        advice = f"{suggest(path, [t.name for t in catalogue.targets], 'targets')} (a file of your own ends in .py)"
        beside = next((p for p in (path, f"{path}.py") if Path(p).is_file()), None)
        if beside is not None:
            advice = f"for the file beside you write: ./{beside}"
        raise BadRequest(f'there is no target "{name}" in the catalogue', advice)
    return entry, entry.protocol, world if colon else entry.world


def _in_catalogue(file: Path, name: str) -> Target:
    """A target of a user's own catalogue: the one of that name, or the only one. Raises CatalogueError, too."""
    targets = load_file(file).targets
    names = [target.name for target in targets]
    if name and name not in names:
        raise BadRequest(f'there is no target "{name}"', suggest(name, names, "targets"), str(file))
    if not name and len(targets) > 1:
        what = f"the catalogue has several targets: {', '.join(names)}"
        raise BadRequest(what, f"choose one, {file}:{names[0]}, or check all with: svmcheck gate {file}", str(file))
    return next(target for target in targets if name in ("", target.name))


def _file(path: Path) -> Path:
    if path.is_dir():
        raise BadRequest("is a directory, not a protocol file", "name a .py file in it", str(path))
    if not path.exists():
        kind = path.suffix if path.suffix == ".toml" else ".py"
        beside = [p.name for p in path.parent.glob(f"*{kind}")] if path.parent.is_dir() else []
        advice = suggest(path.name, beside, f"{kind} files there") if beside else "check the path"
        raise BadRequest("there is no such file", advice, str(path))
    return path


def find_world(protocol: Protocol, name: str | None) -> WorldInfo:
    """The world of that name, or the only one."""
    worlds = protocol.worlds
    if name is not None and name in worlds:
        return worlds[name]
    if name is not None:
        raise BadRequest(f'there is no world "{name}"', suggest(name, worlds, "worlds"), str(protocol.path))
    able = [w for w in worlds.values() if w.actors] or list(worlds.values())
    if len(able) == 1:
        return able[0]
    names = ", ".join(worlds)
    first = next(iter(worlds))
    advice = f"choose one: {protocol.path}:{first}"
    raise BadRequest(f"the file has several worlds: {names}", advice, str(protocol.path))


def _variant(name: str, entry: Target | None, variant: str) -> Variant:
    if entry is None:
        what = f'"{variant}": a protocol file has no variants, a catalogue has'
        raise BadRequest(what, "choose options with --set NAME=VALUE, or name your catalogue: own.toml --variant NAME")
    found = entry.variant(variant)
    if found is None:
        known = [v.name for v in entry.variants]
        raise BadRequest(f'"{name}" has no variant "{variant}"', suggest(variant, known, "variants"))
    return found


def checked_options(world: WorldInfo, wanted: Mapping[str, str], where: str = "") -> Mapping[str, str]:
    """The options with yes/no words spelt as the protocol spells them. ``where`` they were written, for the message."""
    return {name: _choice(world, name, value, where) for name, value in wanted.items()}


def _choice(world: WorldInfo, name: str, value: str, where: str) -> str:
    if name not in world.options:
        if name in world.sizes:
            raise BadRequest(f'"{name}" is a size, not an option', f"write: --size {name}={value}", where)
        raise BadRequest(f'"{world.name}" has no option "{name}"', suggest(name, world.options, "options"), where)
    choices = world.options[name].choices
    plain = value if value in choices else value.lower()
    if plain not in choices and set(choices) == {"true", "false"}:
        plain = WORDS.get(plain, plain)
    if plain not in choices:
        raise BadRequest(f'the option "{name}" cannot be "{value}"', suggest(value, choices, "values"), where)
    return plain


def checked_sizes(world: WorldInfo, wanted: Mapping[str, int], where: str = "") -> Mapping[str, int]:
    """The sizes, each known to the world and within what it declares."""
    for name, value in wanted.items():
        if name not in world.sizes:
            if name in world.options:
                raise BadRequest(f'"{name}" is an option, not a size', f"write: --set {name}={value}", where)
            raise BadRequest(f'"{world.name}" has no size "{name}"', suggest(name, world.sizes, "sizes"), where)
        size = world.sizes[name]
        if not size.least <= value <= size.most:
            what = f'the size "{name}" cannot be {value}'
            raise BadRequest(what, f"it goes from {size.least} to {size.most}, as the protocol declares it", where)
    return dict(wanted)
