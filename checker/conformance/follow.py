# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Follows a run of the executable kernel through a protocol: every step of the one must be one the other allows.

Kept are all states that the protocol may be in. A step of a task may be any number of steps of its actor, none
included, that end in what is observed after it. If no state is left, the implementation does what the protocol does
not. So the observed behaviours of the implementation are among those of the protocol, at the granularity of the
former: whether the protocol can do more is the question that ``drive.py`` asks. Priorities (``urgent``) are left out:
they restrict both sides, each at its own granularity.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ...model.evaluate import State
from ...model.ir.program import Process
from ...model.kernel.sched import Task
from .view import Seen, View


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A step of the implementation that the protocol does not have. ``before`` and ``after``: what was observed.

    ``nearest``: what would be observed instead where the protocol comes closest to it, of the cells that differ.
    """

    actor: str
    operation: str
    before: dict[str, str]
    after: dict[str, str]
    nearest: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def text(self) -> str:
        changes = [f"{k}: {v} -> {self.after[k]}" for k, v in self.before.items() if v != self.after[k]]
        where = f"{self.actor}, at '{self.operation}'"
        told = f"{where}: the protocol has no way to {', '.join(changes) or 'stay as it is'}"
        if self.nearest:
            told += f" with {', '.join(f'{k} {self.after[k]} (closest: {v})' for k, v in self.nearest.items())}"
        return told


@dataclass
class Follower:
    """One run. ``possible``: where the protocol may be now. ``violations``: what it may violate in the next step."""

    view: View
    possible: set[State] = field(default_factory=set[State])
    mismatch: Mismatch | None = None
    _seen: Seen = ()
    _history: list[tuple[int | None, set[State], Seen]] = field(
        default_factory=list[tuple[int | None, set[State], Seen]]
    )  # of each step: who, from where, and what was seen then

    def begin(self, seen: Seen) -> None:
        """The world has been set up."""
        self._seen = seen
        self.possible = {state for state in self.view.semantics.initial if self.view.fits(state, seen)}
        if not self.possible:
            self.mismatch = Mismatch("the scenario", "set-up", {}, self.view.told(seen))

    def step(self, task: Task, operation: str, seen: Seen) -> bool:
        """``task`` has made a step. False: the protocol cannot have."""
        instance = self.view.instance_of(task)
        before, self._seen = self._seen, seen
        found = self._reached(instance, before, seen)
        if not found:
            nearest = {} if instance is None else self.view.nearest(instance, self.possible, before, seen)
            self.mismatch = Mismatch(task.name, operation, self.view.told(before), self.view.told(seen), nearest)
            return False
        self._history.append((instance, self.possible, seen))
        self.possible = found
        return True

    def _reached(self, instance: int | None, before: Seen, seen: Seen) -> set[State]:
        if instance is None:
            return self.possible if before == seen else set()
        return set[State]().union(*(self.view.alone_to(instance, start, seen).fitting for start in self.possible))

    def violations(self, task: Task) -> set[str]:
        """Properties that the protocol may violate if the task's actor goes on."""
        instance = self.view.instance_of(task)
        if instance is None:
            return set()
        return {name for start in self.possible for name in self.view.violations(instance, start)}

    def covered(self, known: AbstractSet[tuple[str, int]] = frozenset()) -> set[tuple[str, int]]:
        """(process class, edge) of the steps on some way through the protocol that fits the whole run.

        ``known``: steps that need not be told again, which saves most of the time once they are nearly all.
        """
        processes = [process for process, _ in self.view.semantics.layout.instances]
        found = {process.name: {edge for name, edge in known if name == process.name} for process in processes}
        alive = self.possible
        for instance, starts, seen in reversed(self._history):
            if instance is None:
                continue
            edges, sources = found[processes[instance].name], set[State]()
            for start in starts:
                ways = self.view.alone_to(instance, start, seen)
                if not ways.fitting.isdisjoint(alive):
                    sources.add(start)
                    if not ways.edges <= edges:
                        edges |= ways.edges_to(ways.fitting & alive)
            alive = sources
        every = {process.name: process for process in processes}
        return {(name, alike) for name, edges in found.items() for k in edges for alike in _alike(every[name], k)}


def _alike(process: Process, number: int) -> list[int]:
    """The edges that do the same as this one, as those of a choice between equal values do."""
    edge = process.edges[number]
    return [
        k
        for k, other in enumerate(process.edges)
        if (other.source, other.target, other.guard, other.updates)
        == (edge.source, edge.target, edge.guard, edge.updates)
    ]
