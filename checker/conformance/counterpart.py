# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The scenario of the executable kernel that stands for a protocol with the options and sizes that somebody chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...model.ir.program import Program
from ...model.kernel.abstraction import load
from ...model.kernel.abstraction.abstraction import Abstraction
from ..schedule.request import Chosen
from ..selection import BadRequest
from .conform import PROTOCOLS, chosen_for, view_of
from .view import View


@dataclass(frozen=True, slots=True)
class Counterpart:
    """``view``: the protocol as the kernel can be compared with it. ``larger``: sizes that are larger there than what
    was asked for (the kernel has memory enough); a schedule of the one program says nothing about the other then."""

    view: View
    chosen: Chosen
    larger: Mapping[str, int]


def counterpart(file: Path, world: str, program: Program) -> Counterpart:
    """``file`` and ``world``: where the program is from. Raises ``BadRequest`` if the kernel has nothing like it."""
    abstraction = _abstraction(file, world)
    options, sizes = dict(program.options), dict(program.sizes)
    chosen = chosen_for(abstraction, _kernel_options(abstraction, options), _kernel_sizes(abstraction, options, sizes))
    view = view_of(abstraction, chosen)
    others, counts = dict(view.program.options), dict(view.program.sizes)
    for name, value in options.items():
        if others[name] != value:
            raise _without(abstraction, name, value, others[name])
    for name, size in sizes.items():
        if counts[name] < size:
            raise _without(abstraction, name, size, counts[name])
    return Counterpart(view, chosen, {name: counts[name] for name, size in sizes.items() if counts[name] > size})


def _without(abstraction: Abstraction, name: str, asked: str | int, own: str | int) -> BadRequest:
    return BadRequest(
        f"the executable kernel has no counterpart of {name}={asked}",
        f"it stands for {abstraction.protocol} with {name}={own} (model/kernel/abstraction says how)",
    )


def _abstraction(file: Path, world: str) -> Abstraction:
    known = load()
    for abstraction in known.values():
        if (PROTOCOLS / abstraction.file).resolve() == file.resolve() and abstraction.world in (None, world):
            return abstraction
    there = ", ".join(sorted(known))
    raise BadRequest(f"the executable kernel has no counterpart of {file.name}:{world}", f"it has one of: {there}")


def _kernel_options(abstraction: Abstraction, options: Mapping[str, str]) -> dict[str, str]:
    back = {(name, said): text for (name, text), said in abstraction.values.items()}
    return {other: back.get((name, options[name]), options[name]) for name, other in abstraction.options.items()}


def _kernel_sizes(abstraction: Abstraction, options: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, other in abstraction.sizes.items():
        found.setdefault(other, sizes[name])
    for name, (other, values) in abstraction.switches.items():
        if options[name] in values:
            found[other] = values.index(options[name])
    return found
