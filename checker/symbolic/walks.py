# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which places two processes were seen at together on random runs: a guess at which never coincide."""

from __future__ import annotations

from itertools import permutations
from random import Random

from ...model.evaluate import State
from ...model.ir.program import Program
from ...model.semantics import Semantics, Violation

STEPS = 40_000  # of all walks together: less than a second, in which common situations all occur
LONGEST = 200  # steps of one walk; a fresh start then meets more than going on does
PATIENCE = (0.0, 0.5, 0.9, 0.97)  # how likely the process that moved moves again: long runs let the others lag behind
SEED = 1  # the same program gives the same lemmas

Pair = tuple[str, int, str, int]  # class, location, class, location


def seen_together(program: Program) -> frozenset[Pair]:
    """In both orders. Where two processes stand of which no pair was seen, they may still be together."""
    semantics = Semantics(program)
    names = [process.name for process, _ in semantics.layout.instances]
    random = Random(SEED)
    places: set[tuple[int, ...]] = set()
    left = STEPS
    while left > 0:
        walked = _walk(semantics, random, min(left, LONGEST))
        places.update(state[: len(names)] for state in walked)
        left -= len(walked)
    pairs = list(permutations(range(len(names)), 2))
    return frozenset((names[i], at[i], names[j], at[j]) for at in places for i, j in pairs)


def _walk(semantics: Semantics, random: Random, most: int) -> list[State]:
    patience = random.choice(PATIENCE)
    state = random.choice(semantics.initial)
    result = [state]
    last = -1
    while len(result) < most:
        steps = [(i, target) for i, _, target in semantics.successors(state) if not isinstance(target, Violation)]
        again = [step for step in steps if step[0] == last]
        if not steps:
            break
        last, state = random.choice(again if again and random.random() < patience else steps)
        result.append(state)
    return result
