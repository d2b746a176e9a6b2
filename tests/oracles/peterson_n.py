# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Peterson's mutual exclusion of N processes: N - 1 levels, of which each holds back whoever entered it last.

Source: ``n_peterson.m`` of the examples that come with Murphi; with three processes 882 states and 2,646 rules fired,
172 and 516 under symmetry. Leaving the critical section sets the level to 1 (``Q[i] := 1``), not to 0 as its comment
says and as Peterson does.
Granularity: a step is a rule of Murphi. Starting at level 1 is a rule of its own; a test that makes a process wait
fires and changes nothing; the critical section is left in the step that ends it.
"""

from __future__ import annotations

from svmcheck.model.lang import Size, World, array, atomic, bounded, counter, flag, ghost, invariant, me, pid, process

MOST = 4


class PetersonN(World):
    contenders = Size(3, least=2, most=MOST)

    level = array(contenders, bounded(0, contenders))
    last = array(MOST, pid())  # by level: who entered it last
    inside = array(contenders, ghost(flag()))


@process(PetersonN.contenders)
def contender(k: PetersonN) -> None:
    while True:
        with atomic():
            at = counter(1, 1, k.contenders)
        while at < k.contenders:
            k.level[me()] = at
            k.last[at] = me()
            while k.last[at] == me() and any(k.level[p] >= at for p in contender if p != me()):
                pass
            at += 1
        k.inside[me()] = True  # a ghost, noted in the step before
        k.level[me()] = 1
        k.inside[me()] = False


@invariant
def at_most_one_is_inside(k: PetersonN) -> bool:
    return sum(k.inside[p] for p in contender) <= 1
