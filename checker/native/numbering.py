# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What generated C and its caller agree on: the packing of a program's states and the numbers of edges and faults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from ...model.ir.program import Program
from ...model.ir.properties import DEADLOCK
from .packing import Packing, Unsupported, pack_program
from .reductions import WHOLE, Plan

MOST_INSTANCES, MOST_EDGES = 256, 1 << 24


@dataclass(frozen=True)
class Numbering:
    """Edges and instances are numbered through all classes in order.

    ``faults`` names what a violation is recorded under, by number: the deadlock, then every property with checks, then
    every invariant. ``plan``: what the search is reduced by.
    """

    program: Program
    packing: Packing
    plan: Plan = WHOLE

    @cached_property
    def first_edge(self) -> tuple[int, ...]:
        """The number of each class's first edge."""
        counts = [len(p.edges) for p in self.program.processes]
        return tuple(sum(counts[:k]) for k in range(len(counts)))

    @cached_property
    def first_instance(self) -> tuple[int, ...]:
        counts = [p.count for p in self.program.processes]
        return tuple(sum(counts[:k]) for k in range(len(counts)))

    @property
    def instances(self) -> int:
        return sum(p.count for p in self.program.processes)

    @property
    def edges(self) -> int:
        return sum(len(p.edges) for p in self.program.processes)

    @cached_property
    def faults(self) -> tuple[str, ...]:
        checked = {c.property for p in self.program.processes for e in p.edges for c in e.checks}
        return (DEADLOCK, *sorted(checked), *(i.name for i in self.program.invariants))

    @cached_property
    def fault_number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.faults)}

    @cached_property
    def fan_outs(self) -> tuple[int, ...]:
        """For each class the most edges from one location."""
        sources = [[e.source for e in p.edges] for p in self.program.processes]
        return tuple(max((line.count(s) for s in set(line)), default=0) for line in sources)

    @property
    def most_successors(self) -> int:
        return sum(p.count * most for p, most in zip(self.program.processes, self.fan_outs, strict=True))

    def widened(self, words: int) -> Numbering:
        """The same with states of that many words, the last of them unused."""
        return replace(self, packing=replace(self.packing, words=words))


def number_program(program: Program, plan: Plan = WHOLE) -> Numbering:
    """Raises Unsupported if the program is beyond the packing or the numbering."""
    result = Numbering(program, pack_program(program), plan)
    if result.instances > MOST_INSTANCES or result.edges > MOST_EDGES:
        raise Unsupported(f"the native engine numbers at most {MOST_INSTANCES} processes and {MOST_EDGES} edges")
    return result
