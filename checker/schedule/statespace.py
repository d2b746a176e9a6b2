# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The states of a scenario that runs have visited, the steps between them, and how to get to each again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .view import NOBODY, Offer, View

Decision = tuple[int, ...]  # the number of the task, then what the environment decided within its step
END = b"the end"  # stands for the hash of the state in which everything that had to end has ended


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was made. ``takes``: the lock it acquires after waiting for it; ``completes``: goals of its task."""

    target: int
    takes: Offer | None
    completes: frozenset[str]


@dataclass(slots=True)
class Node:
    """``depth``, ``parent``, ``arrived``: the shortest known way here. ``todo``: decisions not yet tried; ``lost``:
    those whose outcome was not seen, as the run failed or was cut off there."""

    digest: bytes
    seen: View
    depth: int
    parent: int
    arrived: Decision
    todo: list[Decision]
    steps: dict[Decision, Taken] = field(default_factory=dict[Decision, Taken])
    lost: set[Decision] = field(default_factory=set[Decision])


class HiddenState(Exception):
    """Two visits of what looks like one state did not go on alike; the message says where and how."""


@dataclass
class StateSpace:
    """``nodes`` by number; the first is the initial state. ``names``: of the tasks that were ever seen, by number.

    ``unseen``: what part of a state could not be seen, so that nothing is entered any more and nothing concluded.
    """

    nodes: list[Node] = field(default_factory=list[Node])
    numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])
    names: dict[int, str] = field(default_factory=dict[int, str])
    transitions: int = 0
    unseen: str = ""

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def complete(self) -> bool:
        return not self.unseen and not any(node.todo or node.lost for node in self.nodes)

    def visit(self, digest: bytes, seen: View, todo: list[Decision], parent: int, arrived: Decision) -> int:
        """The number of a state that a run is in, arrived at from ``parent`` (-1: it has just begun)."""
        depth = self.nodes[parent].depth + 1 if parent >= 0 else 0
        number = self.numbers.get(digest)
        if number is None:
            number = self.numbers[digest] = len(self.nodes)
            self.nodes.append(Node(digest, seen, depth, parent, arrived, todo))
            return number
        node = self.nodes[number]
        if node.seen != seen:
            raise HiddenState(f"{self.where(number)} was seen again with other tasks able to go on or other goals owed")
        if depth < node.depth:
            node.depth, node.parent, node.arrived = depth, parent, arrived
        return number

    def end(self, parent: int, arrived: Decision) -> int:
        return self.visit(END, NOBODY, [], parent, arrived)

    def connect(self, source: int, decision: Decision, taken: Taken) -> None:
        """Remember a step. Raises HiddenState if it led elsewhere before."""
        self.nodes[source].lost.discard(decision)
        known = self.nodes[source].steps.get(decision)
        if known is None:
            self.nodes[source].steps[decision] = taken
            self.transitions += 1
        elif known != taken:
            name = self.names.get(decision[0], "?")
            raise HiddenState(f"a step of {name} from {self.where(source)} had another outcome the second time")

    def way(self, number: int) -> list[Decision]:
        """Decisions that lead from the initial state to a state."""
        found: list[Decision] = []
        while self.nodes[number].parent >= 0:
            found.append(self.nodes[number].arrived)
            number = self.nodes[number].parent
        return found[::-1]

    def after(self, decisions: Iterable[Decision], start: int = 0) -> list[int]:
        """The states that steps lead through, the first included."""
        found = [start]
        for decision in decisions:
            found.append(self.nodes[found[-1]].steps[decision].target)
        return found

    def where(self, number: int) -> str:
        return f"the state after {self.nodes[number].depth} steps"


def flat(decisions: Iterable[Decision]) -> tuple[int, ...]:
    """A schedule, as a runtime records it."""
    return tuple(value for decision in decisions for value in decision)
