# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From the words of a command line or a token to a scenario, a configuration and sizes that exist."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from ...model.kernel import sched
from ...model.kernel.options import Config
from ...model.kernel.scenario import SCENARIOS, Scenario, World, choices, configure, option_text
from ...specs.suggest import suggest
from ..selection import WORDS, BadRequest
from .scenario_file import is_file, scenario_in

VERSION_DIGITS = 8


@dataclass(frozen=True)
class Chosen:
    """One scenario with what was asked for. ``options``: the scenario's own and those set, as text."""

    scenario: Scenario
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]

    @cached_property
    def config(self) -> Config:
        return configure(self.scenario, dict(self.options))

    @property
    def own(self) -> Mapping[str, str]:
        """The scenario's own options."""
        return MappingProxyType({name: value for name, value in self.options if name in self.scenario.options})

    def setup(self) -> World:
        """Builds the world: what a runtime wants for each run. Raises ``BadRequest`` if a user's scenario cannot."""
        world = self.scenario.world(self.config, MappingProxyType(dict(self.sizes)), self.own)
        if not sched.tasks():
            sizes = ", ".join(f"{name} = {value}" for name, value in self.sizes)
            raise BadRequest(f'"{self.scenario.name}" spawns no task' + (f" with {sizes}" if sizes else ""),
                             "spawn at least one: sched.spawn(NAME, FUNCTION)", self.scenario.file)  # fmt: skip
        return world

    @property
    def name(self) -> str:
        """What ``choose`` finds it by."""
        found = self.scenario
        return f"{found.file}:{found.name}" if found.file else found.name


def scenarios() -> Mapping[str, Scenario]:
    """The shipped scenarios, and those that somebody registered before."""
    from ...model.kernel.scenarios import load

    load()
    return SCENARIOS


def choose(name: str, options: Mapping[str, str] | None = None, sizes: Mapping[str, int] | None = None) -> Chosen:
    """``name``: of a shipped scenario, or a file with some: FILE.py, FILE.py:NAME. Raises ``BadRequest``."""
    known = scenarios()
    if is_file(name):
        found = scenario_in(name)
    elif name in known:
        found = known[name]
    else:
        advice = suggest(name, known, "scenarios")
        raise BadRequest(f'there is no scenario "{name}"', f"{advice} (svmcheck run, without a name, lists them)")
    own = {option: option_text(value) for option, value in found.defaults.items()}
    own |= {option: values[0] for option, values in found.options.items()}
    return Chosen(
        found,
        tuple(sorted({**own, **_options(options or {}, found)}.items())),
        tuple(sorted({**{n: s.default for n, s in found.sizes.items()}, **_sizes(sizes or {}, found)}.items())),
    )


def _options(wanted: Mapping[str, str], found: Scenario) -> dict[str, str]:
    known = {**choices(), **found.options}
    result: dict[str, str] = {}
    for name, value in wanted.items():
        if name not in known:
            if name in found.sizes:
                raise BadRequest(f'"{name}" is a size, not an option', f"write: --size {name}={value}")
            whose = f'neither the kernel nor "{found.name}" has an' if found.options else "the kernel has no"
            raise BadRequest(f'{whose} option "{name}"', suggest(name, known, "options"))
        plain = value if value in known[name] else value.lower()
        if plain not in known[name] and set(known[name]) == {"true", "false"}:
            plain = WORDS.get(plain, plain)
        if plain not in known[name]:
            raise BadRequest(f'the option "{name}" cannot be "{value}"', suggest(value, known[name], "values"))
        result[name] = plain
    return result


def _sizes(wanted: Mapping[str, int], found: Scenario) -> dict[str, int]:
    for name, value in wanted.items():
        if name not in found.sizes:
            if name in choices() or name in found.options:
                raise BadRequest(f'"{name}" is an option, not a size', f"write: --set {name}={value}")
            raise BadRequest(f'"{found.name}" has no size "{name}"', suggest(name, found.sizes, "sizes"))
        size = found.sizes[name]
        if not size.least <= value <= size.most:
            raise BadRequest(f'the size "{name}" cannot be {value}', f"it goes from {size.least} to {size.most}")
    return dict(wanted)


def version(scenario: Scenario) -> str:
    """A checksum of the executable kernel and of the scenario's file: a schedule means something only for these."""
    root = Path(sched.__file__).resolve().parent
    total = hashlib.sha256()
    own = Path(scenario.file or inspect.getsourcefile(scenario.build) or "").resolve()
    files = sorted(root.rglob("*.py"))
    for path in [*files, *([own] if own.is_file() and own not in files else [])]:
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:VERSION_DIGITS]
