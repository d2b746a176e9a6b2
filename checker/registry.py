# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engines by name. A new engine is one more line here; none is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .engine import Engine


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user may ask of an engine; one that cannot says so in a notice."""

    workers: int | None = None
    symmetry: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """An engine, and what the user should know about it: one sentence each."""

    engine: Engine
    notices: tuple[str, ...] = ()


class EngineUnavailable(Exception):
    """This engine cannot run on this machine; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``--engine`` says of it, and how to get it. ``make`` raises ``EngineUnavailable``."""

    summary: str
    make: Callable[[Wishes], Ready]


def make(name: str, wishes: Wishes) -> Ready:
    return ENGINES[name].make(wishes)


def _reference(wishes: Wishes) -> Ready:
    from .reference.engine import ReferenceEngine

    one_core = wishes.workers is not None and wishes.workers > 1
    notices = ("the reference engine uses one core; --workers changes nothing",) if one_core else ()
    return Ready(ReferenceEngine(symmetry=wishes.symmetry), notices)


ENGINES: Mapping[str, Entry] = {
    "auto": Entry("the fastest that runs here", _reference),
    "reference": Entry("plain Python, the meaning of the language: slow and easy to check", _reference),
}
