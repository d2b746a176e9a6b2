# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What can be read off a trace alone: the state after each step, who moves, and which actor holds what.

An actor *holds* a lock while one of the ``holders`` of the trace names it: the owner of a mutex, the readers of an
rwsem. Who stands in a queue is named by a cell, too, and holds nothing.
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
    """The actors that take no step in the trace, though they might in another run."""
    return tuple(a for a in trace.actors if a not in movers(trace))


def named(value: str, actors: frozenset[str]) -> frozenset[str]:
    """The actors a value names, by itself or as a member of a set ``{a, b}``."""
    inner = value[1:-1].split(", ") if value.startswith("{") and value.endswith("}") else [value]
    return actors.intersection(inner)


def hand_overs(trace: Trace, step: Step) -> tuple[HandOver, ...]:
    """The holders of locks that a step changes."""
    actors = frozenset(trace.actors)
    result: list[HandOver] = []
    for change in (c for c in step.changes if c.name in trace.holders):
        before, after = named(change.before, actors), named(change.after, actors)
        if before != after:
            result.append(HandOver(change.name, tuple(sorted(before - after)), tuple(sorted(after - before))))
    return tuple(result)


def holdings(trace: Trace) -> tuple[dict[str, tuple[str, ...]], ...]:
    """For each state of ``states``, the cells by which each actor holds a lock."""
    return tuple(_held(trace, state) for state in states(trace))


def _held(trace: Trace, state: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    actors = frozenset(trace.actors)
    result: dict[str, tuple[str, ...]] = {}
    for cell, value in state.items():
        if cell in trace.holders:
            for actor in named(value, actors):
                result[actor] = (*result.get(actor, ()), cell)
    return result


def lock_name(cell: str) -> str:
    """What to call a held cell: ``ptl`` for ``ptl.owner``."""
    return cell.removesuffix(".owner")
