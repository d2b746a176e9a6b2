# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a world of a scenario to the shared cells of a protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..scenario import World
from ..sched import Task


@dataclass(frozen=True, slots=True)
class Slot:
    """A reference to the record in place ``index`` of its heap, alive or freed."""

    index: int


Observed = Mapping[str, object]
"""Cell of the protocol (``maps[0].pte``) -> its value: bool, int, the name of an enum's member, a Task or None, a list
of Tasks for a set of processes, a Slot, PRESENT; ``...``: nothing is said about it. The cells are the same in all
states."""

PRESENT: Final = Slot(0)
"""Some record, where it is only told whether there is one (``Abstraction.present``)."""


@dataclass(frozen=True)
class Abstraction:
    """What the executable kernel is compared with.

    ``protocol``, ``file``, ``world``: its name in the catalogue, its file in ``model/protocols``, and which of its
    worlds. ``scenario``: whose runs are looked at. ``sizes``: size of the protocol -> size of the scenario; others are
    ``fixed``. ``options``: option of the protocol -> option of the kernel; the protocol's others have their defaults.
    ``values``: where a value has another name in the kernel.
    ``switches``: option of the protocol -> size of the scenario, and the values that it numbers from 0.
    ``actors``: how the name of a task begins -> the actor it is, in the order of their numbers; a task of another name
    must change nothing that is observed. ``present``: endings of cells of which is only told whether they are null.
    ``shows``: property of the protocol -> the checks of the executable kernel that fail where it is violated.
    ``never``: steps of the protocol, as "process: what it does", that the kernel does not have -> why.
    """

    protocol: str
    file: str
    scenario: str
    actors: Mapping[str, str]
    observe: Callable[[World], Observed]
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    sizes: Mapping[str, str] = field(default_factory=dict[str, str])
    fixed: Mapping[str, int] = field(default_factory=dict[str, int])
    values: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    switches: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict[str, tuple[str, tuple[str, ...]]])
    world: str | None = None
    present: tuple[str, ...] = ()
    shows: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    never: Mapping[str, str] = field(default_factory=dict[str, str])

    def actor_of(self, task: Task) -> tuple[str, int] | None:
        """The process class and the index a task stands for."""
        for prefix, actor in self.actors.items():
            rest = task.name.removeprefix(prefix)
            if task.name.startswith(prefix) and (not rest or (rest[0] == " " and rest[1:].isdigit())):
                return actor, int(rest[1:] or 0)
        return None


def same(*names: str) -> dict[str, str]:
    """Options or sizes that have the same name on both sides."""
    return {name: name for name in names}
