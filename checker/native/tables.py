# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the C side of liveness has to know of a program: who moves, what a step achieves, where an instance stands.

An *aim* is something a run may achieve, as a bit: that an instance moves or stands where it may stay, that an instance
completes a goal, that anybody completes any goal, that a temporal property's conclusion holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...model.ir.layout import Layout
from ...model.ir.program import Edge
from .numbering import Numbering

BITS = 64
MOST_TEMPORALS = 32


@dataclass(frozen=True)
class Tables:
    numbering: Numbering

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.numbering.program)

    @cached_property
    def aims(self) -> dict[tuple[str, object], int]:
        """The bit of every aim."""
        program = self.numbering.program
        names: list[tuple[str, object]] = [("moves", i) for i in range(self.numbering.instances)]
        names += [("completes", pair) for pair in self.duties]
        names += [("completes", None)]
        names += [("concludes", stated.name) for stated in program.temporal]
        return {name: bit for bit, name in enumerate(names)}

    @cached_property
    def duties(self) -> tuple[tuple[int, str], ...]:
        """Every (instance, goal) such that the instance can be pending the goal."""
        goals = self.numbering.program.goals
        return tuple((i, g) for i in range(self.numbering.instances) for g in goals if any(self.pending(i, g)))

    @cached_property
    def demands(self) -> dict[tuple[int, str], tuple[str, str]]:
        """Every strong demand, (instance, key), with its subject; their order is that of their bits."""
        found = ((i, e.fairness) for i, _, e in self._steps() if e.fairness)
        return {(i, f.key): (f.kind, f.subject) for i, f in found}

    @property
    def fit(self) -> bool:
        """Whether all masks have bits enough."""
        return max(len(self.aims), len(self.demands)) <= BITS and len(self.numbering.program.temporal) <= MOST_TEMPORALS

    @property
    def conclusions(self) -> bytes:
        """The aim of each temporal property."""
        return bytes(self.aims["concludes", stated.name] for stated in self.numbering.program.temporal)

    def pending(self, instance: int, goal: str) -> bytes:
        """For each location of an instance whether it is pending there."""
        process, _ = self.layout.instances[instance]
        return bytes(goal in location.pending for location in process.locations)

    @cached_property
    def moves(self) -> list[tuple[int, int, int, int]]:
        """For every move its mover, the demand it meets, its aims, and whom fairness obliges to make it, as masks."""
        demand_bit = {demand: 1 << bit for bit, demand in enumerate(self.demands)}
        result: list[tuple[int, int, int, int]] = []
        for instance, _, edge in self._steps():
            mover = 1 << instance
            meets = demand_bit[instance, edge.fairness.key] if edge.fairness else 0
            rests = self.layout.instances[instance][0].locations[edge.source].rests
            result.append((mover, meets, self._achieved(instance, edge), 0 if rests else mover))
        return result

    @cached_property
    def first_move(self) -> list[int]:
        """For every instance the number of its first move, that of its class's first edge."""
        edges = [len(process.edges) for process, _ in self.layout.instances]
        return [sum(edges[:k]) for k in range(len(edges))]

    @cached_property
    def places(self) -> list[tuple[int, int, int, int, int]]:
        """For every instance word, shift and mask of its location, its first row in ``at_location``, and what to add
        (modulo 2 ** 32) to the number of an edge in the whole program for the number of the move."""
        result: list[tuple[int, int, int, int, int]] = []
        table = 0
        for k, process in enumerate(self.numbering.program.processes):
            field = self.numbering.packing.locations[k]
            for index in range(process.count):
                base = self.first_move[len(result)] - self.numbering.first_edge[k]
                result.append((*field.place(index), field.mask, table, base % 2**32))
                table += len(process.locations)
        return result

    @cached_property
    def at_location(self) -> list[int]:
        """For every location of every instance what standing there achieves."""
        return [
            1 << self.aims["moves", instance] if at.ends or at.rests or at.idle else 0
            for instance, (process, _) in enumerate(self.layout.instances)
            for at in process.locations
        ]

    def _steps(self) -> Iterator[tuple[int, int, Edge]]:
        """(instance, number of the edge, edge) of every move."""
        for instance, (process, _) in enumerate(self.layout.instances):
            for number, edge in enumerate(process.edges):
                yield instance, number, edge

    def _achieved(self, instance: int, edge: Edge) -> int:
        achieved = [("moves", instance)]
        achieved += [("completes", (instance, g)) for g in edge.completes if (instance, g) in self.duties]
        bits = {self.aims[name] for name in achieved}
        if edge.completes:
            bits.add(self.aims["completes", None])
        return sum(1 << bit for bit in bits)
