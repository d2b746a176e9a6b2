# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What can be read off a trace alone: the state after each step, who moves, and which actor holds what.

An actor *holds* a cell while the cell names it: the owner of a mutex, a member of the readers of an rwsem. Traces give
values as text, so a cell that names an actor for another reason is shown as held too; that is a fact about it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from ..model.trace import Step, Trace


@dataclass(frozen=True, slots=True)
class HandOver:
    """A change of hands in one step: the actors that a cell names no longer, and those it names now."""

    cell: str
    released: tuple[str, ...]
    taken: tuple[str, ...]


def states(trace: Trace) -> tuple[dict[str, str], ...]:
    """The value of every visible cell: item 0 before the first step, item k after step k."""
    return tuple(accumulate(trace.steps, _after, initial=dict(trace.start)))


def _after(state: Mapping[str, str], step: Step) -> dict[str, str]:
    return {**state, **{c.name: c.after for c in step.changes}}


def movers(trace: Trace) -> tuple[str, ...]:
    """The actors that take a step, in program order (an actor the trace does not list comes last)."""
    moving = dict.fromkeys(step.actor for step in trace.steps if step.edge >= 0)
    return (*(a for a in trace.actors if a in moving), *(a for a in moving if a not in trace.actors))


def still(trace: Trace) -> tuple[str, ...]:
    """The actors that never move."""
    return tuple(a for a in trace.actors if a not in movers(trace))


def named(value: str, actors: frozenset[str]) -> frozenset[str]:
    """The actors a value names, by itself or as a member of a set ``{a, b}``."""
    inner = value[1:-1].split(", ") if value.startswith("{") and value.endswith("}") else [value]
    return actors.intersection(inner)


def hand_overs(trace: Trace, step: Step) -> tuple[HandOver, ...]:
    actors = frozenset(trace.actors)
    result: list[HandOver] = []
    for change in step.changes:
        before, after = named(change.before, actors), named(change.after, actors)
        if before != after:
            result.append(HandOver(change.name, tuple(sorted(before - after)), tuple(sorted(after - before))))
    return tuple(result)


def holdings(trace: Trace) -> tuple[dict[str, tuple[str, ...]], ...]:
    """For each state of ``states``, the cells each actor holds. The locals of actors are no locks and are left out."""
    actors = frozenset(trace.actors)
    return tuple(_held(state, actors) for state in states(trace))


def _held(state: Mapping[str, str], actors: frozenset[str]) -> dict[str, tuple[str, ...]]:
    result: dict[str, tuple[str, ...]] = {}
    for cell, value in state.items():
        if not is_local(cell, actors):
            for actor in named(value, actors):
                result[actor] = (*result.get(actor, ()), cell)
    return result


def is_local(cell: str, actors: frozenset[str]) -> bool:
    """Whether a cell belongs to an actor: ``cpu_fault[1].page``, or ``evictor[0].page`` of the only ``evictor``."""
    head = cell.partition(".")[0]
    return head in actors or head.removesuffix("[0]") in actors


def lock_name(cell: str) -> str:
    """What to call a held cell: ``ptl`` for ``ptl.owner``."""
    return cell.removesuffix(".owner")
