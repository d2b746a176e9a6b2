# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sleeping in atomic context: a wait that gives up the CPU on a path on which a spinlock is held.

A lock is a spinlock if an acquisition of it waits with ``wait(spin=True)``: no class is named. Which of several locks
of one array or pool is held is not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...ir.program import Frame, LockEvent, shown_frame
from ..diagnostics import Diagnostic, Label
from ..fuse import Automaton
from ..graph import Note, Op
from ..lockstate import Nets, along_paths, changed
from ..lowering import Lowered, Result


def with_spinlock(result: Result, automata: Mapping[str, Automaton]) -> Iterator[Diagnostic]:
    spun_for = frozenset[str]().union(*(a.spun_for for a in automata.values()))
    for lowered in result.actors.values() if spun_for else ():
        yield from _sleeps(lowered, spun_for)


def _sleeps(lowered: Lowered, spun_for: frozenset[str]) -> Iterator[Diagnostic]:
    low = lowered.low
    outside = low.storage.variables

    def effect(nets: Nets, op: Op) -> Nets:
        if isinstance(op, LockEvent) and op.lock in spun_for:
            return changed(nets, replace(op, index=()))
        return nets

    nets = along_paths(low.graph, 0, lambda v: v not in outside, effect)
    for number, found in sorted(nets.items()):
        held = sorted(lock for (lock, _), net in found.items() if max(net) > 0)
        for edge in low.graph.nodes[number].edges:
            if held and Note("sleep") in edge.ops and edge.frames:
                yield _diagnostic(lowered, edge.frames, held)


def _diagnostic(lowered: Lowered, frames: tuple[Frame, ...], held: list[str]) -> Diagnostic:
    place = shown_frame(frames) or frames[-1]
    what = f"{lowered.actor.name} may sleep here while it holds {' and '.join(held)}"
    advice = "give the spinlock back first, or make it a Mutex; a loop that polls is wait(condition, spin=True)"
    chain = frames[: frames.index(place)]
    return Diagnostic("SVM511", what, place, advice, _taken(lowered, held), chain, "warning")


def _taken(lowered: Lowered, held: list[str]) -> tuple[Label, ...]:
    """Where the actor takes the first of them."""
    for node in lowered.low.graph.nodes:
        for edge in node.edges:
            for op in edge.ops:
                if isinstance(op, LockEvent) and op.action == "acquire" and op.lock == held[0]:
                    place = shown_frame(op.frames)
                    return (Label(place, "taken here"),) if place is not None else ()
    return ()
