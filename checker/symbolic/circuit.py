# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""And-gates over numbered Boolean variables, and their translation into clauses.

A literal is a variable's number, or minus it for the negation. Equal gates are one gate, and constants never reach one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TRUE = 1  # a variable that every solver is told to set
FALSE = -1
INLINED = 4  # a disjunction of so few literals is copied into a clause; a longer one gets a variable that is shared

Clause = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Literals of which at most one is true in every state: the values of one cell, the places of one process.

    ``exact``: one always is.
    """

    literals: frozenset[int]
    exact: bool


class Circuit:
    """Hands out variables, builds gates, and knows which literals exclude each other."""

    def __init__(self) -> None:
        self._last = TRUE
        self._inputs: dict[int, tuple[int, ...]] = {}  # of every gate, by its variable
        self._gates: dict[tuple[int, ...], int] = {}
        self._groups: dict[int, Group] = {}

    def variable(self) -> int:
        self._last += 1
        return self._last

    def exactly_one(self, literals: Iterable[int]) -> None:
        """Promise that one of the literals is true in every state, so that gates over them become simpler.

        The promise alone is no clause: see ``one_of`` in state.py.
        """
        self._join(Group(frozenset(literals), exact=True))

    def exclusive(self, literals: Iterable[int]) -> None:
        """The same for literals that exclude each other, of which perhaps none is true."""
        self._join(Group(frozenset(literals), exact=False))

    def _join(self, group: Group) -> None:
        """A literal stays in the group it was put in first: one is enough to simplify with."""
        for literal in group.literals:
            self._groups.setdefault(literal, group)

    def all_of(self, literals: Iterable[int]) -> int:
        """The conjunction. No literals are true."""
        simplified = self._simplified(set(literals))
        if simplified is None:
            return FALSE
        if len(simplified) < 2:
            return next(iter(simplified), TRUE)
        key = tuple(sorted(simplified))
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = self.variable()
            self._inputs[gate] = key
        return gate

    def any_of(self, literals: Iterable[int]) -> int:
        return -self.all_of([-literal for literal in literals])

    def choose(self, test: int, then: int, other: int) -> int:
        if then == other:
            return then
        return self.any_of((self.all_of((test, then)), self.all_of((-test, other))))

    def _simplified(self, literals: set[int]) -> set[int] | None:
        """The same conjunction with fewer literals, or None if it is false."""
        literals.discard(TRUE)
        if FALSE in literals:
            return None
        if len(literals) < 2:
            return literals
        if any(-literal in literals for literal in literals):
            return None
        known = self._groups
        groups = {id(group): group for x in literals if (group := known.get(x) or known.get(-x)) is not None}
        for group in groups.values():
            chosen = group.literals & literals
            excluded = frozenset(-literal for literal in literals if -literal in group.literals)
            if len(chosen) > 1 or (group.exact and excluded == group.literals):
                return None
            if group.exact and not chosen and len(excluded) == len(group.literals) - 1:
                chosen = group.literals - excluded
            if chosen:
                literals -= {-literal for literal in excluded}
                literals |= chosen
        return literals

    # ---- clauses

    def clauses(self, demands: Iterable[Iterable[int]]) -> list[Clause]:
        """Clauses that hold for some values of the gates exactly if every demand (a disjunction) holds.

        A gate is defined only in the direction in which it is used (Plaisted and Greenbaum).
        """
        result: list[Clause] = []
        defined: set[int] = set()
        open_: list[int] = []  # literals of gates, in the polarity in which some clause uses them
        for demand in demands:
            for clause in self._flat(demand):
                result.append(clause)
                open_.extend(clause)
        while open_:
            literal = open_.pop()
            if literal in defined or abs(literal) not in self._inputs:
                continue
            defined.add(literal)
            for clause in self._definition(literal):
                result.append(clause)
                open_.extend(part for part in clause if part != -literal)
        return result

    def _definition(self, literal: int) -> Iterator[Clause]:
        """What makes a gate that is true (or, negated, false) mean what it stands for."""
        inputs = self._inputs[abs(literal)]
        if literal > 0:
            for part in inputs:
                yield from self._flat((-literal, part), keep=-literal)
        else:
            yield from self._flat((-literal, *(-part for part in inputs)), keep=-literal)

    def _flat(self, demand: Iterable[int], keep: int = 0) -> Iterator[Clause]:
        """The demand as clauses: short disjunctions inside it are copied, and a conjunction at its end is split.

        ``keep``: the literal being defined, which stays as it is.
        """
        literals: set[int] = set()
        queue = list(demand)
        while queue:
            literal = queue.pop()
            inputs = self._inputs.get(-literal) if literal != keep else None
            if inputs is not None and len(inputs) <= INLINED:
                queue.extend(-part for part in inputs)
            elif literal != FALSE:
                literals.add(literal)
        if TRUE in literals or any(-literal in literals for literal in literals):
            return
        gate = next((literal for literal in literals if literal in self._inputs and literal != keep), None)
        if gate is not None and len(literals) <= 2:
            rest = literals - {gate}
            for part in self._inputs[gate]:
                yield from self._flat((*rest, part), keep)
            return
        yield tuple(sorted(literals, key=abs))

    # ---- evaluation, for tests and for reading models

    def value(self, literal: int, inputs: dict[int, bool]) -> bool:
        """The value of a literal for values of the variables that are no gates."""
        if literal < 0:
            return not self.value(-literal, inputs)
        if literal == TRUE:
            return True
        if literal in self._inputs:
            return all(self.value(part, inputs) for part in self._inputs[literal])
        return inputs[literal]


def at_most_one(circuit: Circuit, literals: list[int]) -> list[Clause]:
    """Clauses; a ladder of fresh variables where pairs would be many."""
    if len(literals) <= 6:
        return [(-a, -b) for k, a in enumerate(literals) for b in literals[:k]]
    result: list[Clause] = []
    before = literals[0]  # whether one of the literals so far is true
    for literal in literals[1:-1]:
        after = circuit.variable()
        result += [(-before, -literal), (-before, after), (-literal, after)]
        before = after
    return [*result, (-before, -literals[-1])]
