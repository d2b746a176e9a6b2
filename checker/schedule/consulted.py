# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which options of the kernel a scenario consults: what a run never reads, its verdicts say nothing about.

Found by making runs with options that note who reads them; the runs of a session do without that, as it is slow. An
option whose value is copied when the world is built has been read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from ...model.kernel.options.reading import reading
from ...model.kernel.scenario import option_infos
from .request import Chosen
from .runtime import new_runtime
from .strategies.random import RandomWalk

T = TypeVar("T", int, str)

SEED = 1
RUNS = 100
MORE_RUNS = 500  # if an option that somebody asks about was not read before
RUNS_PER_CHANGE = 3
MOST_STEPS = 5_000  # of a run; a livelock reads nothing new
ALL_STEPS = 200_000  # of the runs together


class _Noting(Mapping[str, str]):
    """Options that note who is looked up."""

    def __init__(self, values: Mapping[str, str], reads: set[str]) -> None:
        self._values, self._reads = values, reads

    def __getitem__(self, name: str) -> str:
        self._reads.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def consulted(chosen: Chosen, runs: int = RUNS, until: Collection[str] = (), backend: str = "greenlets") -> set[str]:
    """The options that some of the runs of a random walk read. ``until``: no more runs once all of these have been."""
    reads: set[str] = set()
    config, sizes = reading(chosen.config, reads), MappingProxyType(dict(chosen.sizes))
    own = _Noting(chosen.own, reads)
    strategy = RandomWalk(SEED, runs)
    runtime = new_runtime(backend, strategy, MOST_STEPS)
    steps = 0
    while steps < ALL_STEPS and not (until and reads.issuperset(until)) and strategy.begin(runtime):
        steps += runtime.run(lambda: chosen.scenario.world(config, sizes, own)).steps
    return reads


def unread(chosen: Chosen, asked: Collection[str], backend: str = "greenlets") -> tuple[str, ...]:
    """Those of the options ``asked`` that no run reads, by name."""
    return tuple(sorted(set(asked) - consulted(chosen, MORE_RUNS, asked, backend))) if asked else ()


@dataclass(frozen=True, slots=True)
class Consulted:
    """What a scenario consults. ``only_with``: what it does besides once one option or size is changed, each with the
    first such change, as it is written on a command line."""

    always: frozenset[str]
    only_with: Mapping[str, str]


def consulted_with_changes(chosen: Chosen) -> Consulted:
    """What is read as chosen; then what more is if any one of the options read has another value, or a size."""
    always = frozenset(consulted(chosen))
    more: dict[str, str] = {}
    for change, changed in _changes(chosen, always):
        for other in consulted(changed, RUNS_PER_CHANGE) - always:
            more.setdefault(other, change)
    return Consulted(always, more)


def _changes(chosen: Chosen, names: Collection[str]) -> Iterator[tuple[str, Chosen]]:
    """Every size by one, and every other value of these options, each alone."""
    for name, value in chosen.sizes:
        other = value + 1 if value < chosen.scenario.sizes[name].most else value - 1
        if other >= chosen.scenario.sizes[name].least:
            yield f"--size {name}={other}", replace(chosen, sizes=_with(chosen.sizes, name, other))
    known = {name: info.choices for name, info in option_infos().items()} | dict(chosen.scenario.options)
    for name in sorted(names):
        for text in known[name]:
            yield f"--set {name}={text}", replace(chosen, options=_with(chosen.options, name, text))


def _with(pairs: tuple[tuple[str, T], ...], name: str, value: T) -> tuple[tuple[str, T], ...]:
    return tuple(sorted({**dict(pairs), name: value}.items()))
