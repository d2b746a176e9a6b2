# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Breadth-first search with the reference interpreter: every reachable state once, the shortest way first."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from ...model.evaluate import State
from ...model.ir.properties import DEADLOCK
from ...model.run import Schedule
from ...model.semantics import Semantics, Violation
from ..engine import INTERRUPTED
from ..liveness.graph import Graph, Moves
from .budget import Budget, Stopped

PAUSE_STATES = 256  # so many states take a few milliseconds: often enough for limits, too seldom to cost anything

Key = Callable[[State], State]  # maps a state to what is compared in its stead


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a property was first found violated: in a state, or by a move from it (its number in ``Moves``)."""

    state: int
    move: int | None = None


class Search:
    """One search and what it has seen so far, which stays readable if it is stopped.

    A state is stored as it was first met. With a ``key`` (symmetry), states of one key count once, and the one stored
    is still a real successor of the state it was met from, so that counterexamples are real runs.
    """

    def __init__(self, semantics: Semantics, budget: Budget, key: Key | None = None, keep_steps: bool = False) -> None:
        self.semantics = semantics
        self.moves = Moves(semantics.layout)
        self.states: list[State] = []
        self.initial: list[int] = []
        self.transitions = 0
        self.depth = 0
        self.findings: dict[str, Finding] = {}
        self.cut_by: dict[str, None] = {}  # properties violated by a step, in order: what follows it was not explored
        self.taken: set[int] = set()
        self.settled = False  # whether a state was met in which balance is demanded
        self.stopped: str | None = None
        self._budget = budget
        self._key = key
        self._keep_steps = keep_steps
        self._balanced = any(invariant.kind == "balance" for invariant in semantics.program.invariants)
        self._numbers: dict[State, int] = {}
        self._parents = array("q")
        self._arrivals = array("q")  # the move a state was first reached by; for an initial state -1 - its number
        self._first = array("q", [0])
        self._targets = array("q")
        self._taken_moves = array("q")

    def run(self) -> None:
        """Explore until nothing new is found, or a limit or the user ends it (``stopped`` says why)."""
        try:
            self._explore()
        except Stopped as reason:
            self.stopped = str(reason)
        except KeyboardInterrupt:
            self.stopped = INTERRUPTED

    def graph(self) -> Graph:
        """The reachable graph; only after a search with ``keep_steps`` that ran to its end."""
        return Graph(self.states, tuple(self.initial), self._first, self._targets, self._taken_moves)

    def schedule(self, finding: Finding) -> Schedule:
        """The shortest run that shows a finding."""
        moves = [] if finding.move is None else [finding.move]
        state = finding.state
        while self._parents[state] >= 0:
            moves.append(self._arrivals[state])
            state = self._parents[state]
        steps = tuple(self.moves.table[move][:2] for move in reversed(moves))
        return Schedule(-1 - self._arrivals[state], steps)

    def _explore(self) -> None:
        for number, state in enumerate(self.semantics.initial):
            self.initial.append(self._number_of(state, -1, -1 - number))
        level_end = len(self.states)
        state = 0
        while state < len(self.states):
            if state == level_end:
                level_end = len(self.states)
                self.depth += 1
            if state % PAUSE_STATES == 0:
                self._pause(state)
            self._expand(state)
            state += 1

    def _pause(self, expanded: int) -> None:
        self._budget.pause("search", len(self.states), self.transitions, self.depth, len(self.states) - expanded)

    def _expand(self, number: int) -> None:
        state = self.states[number]
        steps = self.semantics.successors(state)
        if not steps and self.semantics.is_deadlock(state):
            self.findings.setdefault(DEADLOCK, Finding(number))
        first = self.moves.first
        for instance, edge, target in steps:
            move = first[instance] + edge
            self.taken.add(move)
            if isinstance(target, Violation):
                self.findings.setdefault(target.check.property, Finding(number, move))
                self.cut_by[target.check.property] = None
                continue
            self.transitions += 1
            reached = self._number_of(target, number, move)
            if self._keep_steps:
                self._targets.append(reached)
                self._taken_moves.append(move)
        if self._keep_steps:
            self._first.append(len(self._targets))

    def _number_of(self, state: State, parent: int, move: int) -> int:
        """The number of a state, which is judged and stored if it is new."""
        key = state if self._key is None else self._key(state)
        number = self._numbers.get(key)
        if number is not None:
            return number
        number = len(self.states)
        self._budget.check_states(number)
        self._numbers[key] = number
        self.states.append(state)
        self._parents.append(parent)
        self._arrivals.append(move)
        for failure in self.semantics.failing_invariants(state):
            self.findings.setdefault(failure.invariant.name, Finding(number))
        self.settled = self.settled or (self._balanced and self.semantics.is_settled(state))
        return number
