# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who waits where and for what, in words: for deadlocks and for actors that wait for ever."""

from __future__ import annotations

from .evaluate import Scope, State, cell_position
from .ir.build import walk
from .ir.expr import Expr, Load
from .ir.layout import cell_name
from .ir.program import Frame, Location
from .semantics import Semantics


def waiting(semantics: Semantics, state: State) -> list[int]:
    """The instances that have to move on and cannot, after urgency."""
    movers = {instance for instance, _, _ in semantics.successors(state)}
    return [i for i in semantics.instances if i not in movers and not semantics.may_stay(state, i)]


def where_waiting(semantics: Semantics, state: State, instance: int) -> str:
    """``cpu_fault[0] waits at cpu_fault.py:98 k.driver.lock() (driver.owner is cpu_fault[1])``."""
    location = semantics.location(state, instance)
    seen = ", ".join(f"{name} is {value}" for name, value in _looked_at(semantics, state, instance))
    return f"{semantics.layout.names[instance]} waits at {place(location)}" + (f" ({seen})" if seen else "")


def place(location: Location) -> str:
    """File, line and text of the author's statement a process stands at."""
    return f"{own_line(location.frames)} {location.label}"


def own_line(frames: tuple[Frame, ...]) -> str:
    """``cpu_fault.py:98``: the deepest call in the actor's own file, not inside a primitive it calls."""
    frame = next((f for f in reversed(frames) if f.file == frames[0].file), None)
    return f"{frame.file.rpartition('/')[2]}:{frame.line}" if frame else "an unknown place"


def _looked_at(semantics: Semantics, state: State, instance: int) -> list[tuple[str, str]]:
    """The shared cells that the guards of the instance's edges read, with their values."""
    process, me = semantics.layout.instances[instance]
    cells: dict[str, str] = {}
    for edge in process.edges:
        if edge.source == state[instance]:
            for load in _loads(edge.guard):
                found = _cell(semantics, state, load, me)
                if found is not None:
                    cells.setdefault(*found)
    return list(cells.items())


def _loads(guard: Expr) -> list[Load]:
    result: list[Load] = []
    walk(guard, lambda part: result.append(part) if isinstance(part, Load) else None)
    return result


def _cell(semantics: Semantics, state: State, load: Load, me: int) -> tuple[str, str] | None:
    """Name and value of the cell, or None for a local, a hidden variable, or an index that cannot be followed now."""
    variable = semantics.layout.variables[load.var]
    if variable.owner is not None or variable.hidden:
        return None
    try:
        position = cell_position(load.var, load.index, Scope(semantics.layout, me))
        where = position if isinstance(position, int) else position(state)
    except Exception:  # noqa: BLE001 - a quantified index, or a reference that is null now: nothing to show
        return None
    offset = where - semantics.layout.offset[load.var]
    index: list[int] = []
    for stride in semantics.layout.strides[load.var]:
        index.append(offset // stride)
        offset %= stride
    return cell_name(variable, tuple(index)), variable.type.show(state[where])
