# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Peterson's mutual exclusion of two processes: say that you want to enter, then let the other go first.

Source: ``2_peterson.m`` of the examples that come with Murphi (26 states, 52 rules fired; 13 and 26 under symmetry).
Granularity: a step is a rule of Murphi. The test is a rule that fires, and changes nothing, as long as the process must
wait. There are two first states, because ``turn`` may name either process.
"""

from __future__ import annotations

from svmcheck.model.lang import (
    Size,
    World,
    array,
    atomic,
    choose,
    flag,
    ghost,
    initial,
    invariant,
    me,
    null,
    pid,
    process,
    wait,
)


class Peterson(World):
    contenders = Size(2, least=2, most=2)

    wants = array(contenders, flag())
    turn = pid()  # whoever came last, and waits
    inside = array(contenders, ghost(flag()))


@initial
def turn_may_name_anybody(k: Peterson) -> None:
    for p in contender:
        k.turn = choose(k.turn, p)
    wait(k.turn != null)


@process(Peterson.contenders)
def contender(k: Peterson) -> None:
    while True:
        k.wants[me()] = True
        k.turn = me()
        while k.turn == me() and any(k.wants[p] for p in contender if p != me()):
            pass
        critical_section(k)
        k.wants[me()] = False


def critical_section(k: Peterson) -> None:
    k.inside[me()] = True  # a ghost, noted in the step before
    with atomic():
        pass  # a step that changes nothing
    k.inside[me()] = False


@invariant
def at_most_one_is_inside(k: Peterson) -> bool:
    return sum(k.inside[p] for p in contender) <= 1
