# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One world, one choice of options, one choice of sizes: what a program is compiled for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ir.program import Frame
from .declare import Record, Size
from .decorators import Actors
from .load import Protocol
from .lower.state import Actor, suggest
from .source import refuse, whole_file
from .storage import members
from .worlds import WorldInfo, option_text


@dataclass(frozen=True)
class Setting:
    """``options``: each name with the value the protocol sees; ``sizes``: each name with its number."""

    protocol: Protocol
    info: WorldInfo
    options: dict[str, object]
    sizes: dict[str, int]

    @property
    def option_texts(self) -> tuple[tuple[str, str], ...]:
        """The options as they are written on the command line."""
        return tuple((name, option_text(value)) for name, value in self.options.items())

    @property
    def place(self) -> Frame:
        """Where to point when no line of the file is to blame."""
        return whole_file(self.protocol.path)

    def decorator_of(self, actors: Actors) -> Frame:
        """Where an actor is marked as one, if that is in this file."""
        file, code = self.protocol.file, actors.function.__code__
        node = file.functions.get((code.co_firstlineno, code.co_name))
        return self.place if node is None else file.frame(node.decorator_list[0], actors.__name__)

    def size_name(self, size: Size, actors: Actors) -> str:
        """The name of the Size that counts an actor. Raises ProtocolError."""
        for name, value in members(self.info.cls):
            if value is size:
                return name
        what = f"the count of '{actors.__name__}' is no Size of {self.info.name}"
        raise refuse("SVM109", what, self.decorator_of(actors), "write @process(World.size_name)")

    def slot_path(self, slot: Record, actors: Actors) -> str:
        """The field of the world that is the CPU slot of an actor. Raises ProtocolError."""
        for name, value in members(self.info.cls):
            if value is slot:
                return name
        what = f"the slot of '{actors.__name__}' is no field of {self.info.name}"
        advice = "write @process(on=World.cpu) with 'cpu = CpuSlot()' in the world"
        raise refuse("SVM111", what, self.decorator_of(actors), advice)

    def cast(self) -> list[tuple[Actors, Actor]]:
        """All actors with their numbers, which may be 0, and process ids. Raises ProtocolError if none has any."""
        result: list[tuple[Actors, Actor]] = []
        first = 1
        for actors in self.info.actors:
            count = actors.mark.count
            if not isinstance(count, Size) and (type(count) is not int or count < 0):
                what = f"the count of '{actors.__name__}' is {_shown(count)}"
                advice = "write @process(2), or @process(World.size_name)"
                raise refuse("SVM109", what, self.decorator_of(actors), advice)
            number = self.sizes[self.size_name(count, actors)] if isinstance(count, Size) else count
            result.append((actors, Actor(actors.__name__, number, first, actors.mark.on is not None)))
            first += number
        if first == 1:
            advice = "mark a function with @process and give it at least one instance"
            raise refuse("SVM108", f"no actor in {self.info.name}", self.place, advice)
        return result

    def spaces(self) -> dict[str, str]:
        """Size -> the actor it counts, for those that count exactly one: arrays of that size go by its process ids."""
        users: dict[str, list[str]] = {}
        for actors in self.info.actors:
            if isinstance(actors.mark.count, Size):
                users.setdefault(self.size_name(actors.mark.count, actors), []).append(actors.__name__)
        return {size: names[0] for size, names in users.items() if len(names) == 1}


def _shown(count: object) -> str:
    return repr(count) if isinstance(count, int | float | str) else "neither a number nor a Size"


def choose(
    protocol: Protocol, world: str | None, options: Mapping[str, str] | None, sizes: Mapping[str, int] | None
) -> Setting:
    """Raises ProtocolError (SVM105 to SVM107) for what does not exist or is out of range."""
    info = choose_world(protocol, world)
    return Setting(protocol, info, _options(protocol, info, options or {}), _sizes(protocol, info, sizes or {}))


def choose_world(protocol: Protocol, world: str | None) -> WorldInfo:
    where = whole_file(protocol.path)
    if world is not None:
        if world not in protocol.worlds:
            what = f"no world '{world}'{suggest(world, protocol.worlds)}"
            raise refuse("SVM105", what, where, f"this file declares {', '.join(protocol.worlds)}")
        return protocol.worlds[world]
    with_actors = [w for w in protocol.worlds.values() if w.actors]
    if len(with_actors) != 1:
        named = f"name one: {protocol.path}:{with_actors[0].name}" if with_actors else "mark a function with @process"
        raise refuse("SVM105", f"{len(with_actors)} worlds with actors in this file", where, named)
    return with_actors[0]


def _options(protocol: Protocol, info: WorldInfo, given: Mapping[str, str]) -> dict[str, object]:
    where = whole_file(protocol.path)
    for name, value in given.items():
        if name not in info.options:
            known = ", ".join(info.options) or "none"
            what = f"no option '{name}'{suggest(name, info.options)}"
            raise refuse("SVM106", what, where, f"the options are: {known}")
        choices = info.options[name].choices
        if value not in choices:
            what = f"option {name} has no value '{value}'{suggest(value, choices)}"
            raise refuse("SVM106", what, where, f"choose one of: {', '.join(choices)}")
    return {n: o.values[given.get(n, o.default)] for n, o in info.options.items()}


def _sizes(protocol: Protocol, info: WorldInfo, given: Mapping[str, int]) -> dict[str, int]:
    where = whole_file(protocol.path)
    for name, value in given.items():
        if name not in info.sizes:
            known = ", ".join(info.sizes) or "none"
            what = f"no size '{name}'{suggest(name, info.sizes)}"
            raise refuse("SVM107", what, where, f"the sizes are: {known}")
        size = info.sizes[name]
        if not size.least <= value <= size.most:
            what = f"size {name}={value} is outside {size.least}..{size.most}"
            raise refuse("SVM107", what, where, "choose a size in the range")
    return {n: given.get(n, s.default) for n, s in info.sizes.items()}
