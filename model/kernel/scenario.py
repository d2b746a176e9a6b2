# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A scenario: a world of kernel structures and the tasks that act in it, by name, with sizes and options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args, get_origin, get_type_hints

from .options import Config
from .options.option import SENTENCE


def _nothing() -> None:
    pass


@dataclass(slots=True)
class World:
    """What a scenario built. ``roots``: the structures whose contents are the state (tasks are added by the runtime).

    ``check`` raises Oops where the state after a step is wrong; ``finish`` where the state at the end of a complete
    run is (leaks, lost data). ``observed``: what an abstraction of the scenario looks at, by name.
    """

    roots: list[object]
    check: Callable[[], None] = _nothing
    finish: Callable[[], None] = _nothing
    observed: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Size:
    """A size of a scenario, as ``Size`` of the protocol language."""

    default: int
    least: int = 0
    most: int = 8


Build = Callable[..., World]
"""Given the options of the kernel, the sizes, and (if it has some of its own) the scenario's options."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``build`` is called anew for each run, with a scheduler installed; it spawns the tasks. ``file``: where a user
    keeps it, as written on the command line; empty for the shipped ones. ``options``: its own, with what each can be,
    the default first."""

    name: str
    doc: str
    build: Build
    sizes: Mapping[str, Size]
    defaults: Mapping[str, object]  # options whose default in this scenario is not that of Config
    fast: bool = True  # small enough for an exhaustive exploration
    file: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def world(self, config: Config, sizes: Mapping[str, int], own: Mapping[str, str]) -> World:
        """``own``: a value for each of the scenario's own options."""
        return self.build(config, sizes, own) if self.options else self.build(config, sizes)


class NameTaken(ValueError):
    """Two scenarios of one name."""


SCENARIOS: dict[str, Scenario] = {}
_collecting: list[dict[str, Scenario]] = [SCENARIOS]  # the last is where scenarios are registered


@contextmanager
def collecting() -> Generator[dict[str, Scenario]]:
    """Scenarios registered within are kept apart from the shipped ones."""
    found: dict[str, Scenario] = {}
    _collecting.append(found)
    try:
        yield found
    finally:
        _collecting.pop()


def scenario(
    name: str,
    sizes: Mapping[str, Size] | None = None,
    fast: bool = True,
    options: Mapping[str, tuple[str, ...]] | None = None,
    **defaults: object,
) -> Callable[[Build], Build]:
    """Registers a function that builds a world; its docstring is the scenario's description. ``options``: of its own.
    Raises NameTaken."""

    def register(build: Build) -> Build:
        known = _collecting[-1]
        if name in known:
            raise NameTaken(f'there are two scenarios "{name}"')
        doc = (build.__doc__ or "").strip()
        known[name] = Scenario(name, doc, build, sizes or {}, defaults, fast, options=options or {})
        return build

    return register


def choices() -> dict[str, tuple[str, ...]]:
    """Every option and what it can be, as text."""
    found: dict[str, tuple[str, ...]] = {}
    hints = get_type_hints(Config)
    for option in dataclasses.fields(Config):
        hint = hints[option.name]
        found[option.name] = tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ("false", "true")
    return found


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """An option as text. ``choices``: what it can be, the default of the kernel first. ``sentence``: what it decides.
    ``group``: what it is about, as the class that declares it says."""

    name: str
    choices: tuple[str, ...]
    sentence: str
    group: str

    @property
    def default(self) -> str:
        return self.choices[0]


def option_infos() -> dict[str, OptionInfo]:
    """Every option by name, those of one group together."""
    found: dict[str, OptionInfo] = {}
    known = choices()
    for option in dataclasses.fields(Config):
        default = option_text(option.default)
        others = (text for text in known[option.name] if text != default)
        owner = next(c for c in Config.__mro__ if option.name in vars(c).get("__annotations__", {}))
        group = (owner.__doc__ or "").split("\n\n")[0].rstrip(".")
        found[option.name] = OptionInfo(option.name, (default, *others), option.metadata[SENTENCE], group)
    return dict(sorted(found.items(), key=lambda item: item[1].group))


def option_text(value: object) -> str:
    """The value of an option as it is written on a command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def configure(found: Scenario, chosen: Mapping[str, str]) -> Config:
    """The options of a run: defaults of the kernel, then of the scenario, then what was asked for (valid text)."""
    values: dict[str, object] = dict(found.defaults)
    for name, text in chosen.items():
        if name in found.options:
            continue
        values[name] = text == "true" if choices()[name] == ("false", "true") else text
    return Config(**values)  # pyright: ignore[reportArgumentType]
