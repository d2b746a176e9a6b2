# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Dekker's mutual exclusion of two processes: who has the turn insists, who has not steps back.

Source: ``dek.m`` of the examples that come with Murphi (100 states, 200 rules fired).
Granularity: a step is a rule of Murphi, that is one assignment or one test; a test that makes a process wait is a step
that leads back to where it was. The example tests the turn the wrong way round in its waiting loop, so that who steps
back does not wait for the turn (``waits_for=other-turn``). ``waits_for=own-turn`` is Dekker's algorithm as its comment
has it, with other counts.
"""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import (
    Options,
    Size,
    World,
    array,
    atomic,
    flag,
    ghost,
    initial,
    invariant,
    me,
    null,
    pid,
    process,
)


class Variant(Options):
    waits_for: Literal["other-turn", "own-turn"] = "other-turn"


class Dekker(World):
    contenders = Size(2, least=2, most=2)

    wants = array(contenders, flag())
    turn = pid()
    inside = array(contenders, ghost(flag()))


@initial
def the_first_has_the_turn(k: Dekker) -> None:
    for p in contender:
        if k.turn == null:
            k.turn = p


@process(Dekker.contenders)
def contender(k: Dekker, opt: Variant) -> None:
    while True:
        k.wants[me()] = True
        while any(k.wants[p] for p in contender if p != me()):
            if k.turn != me():
                k.wants[me()] = False
                if opt.waits_for == "own-turn":
                    while k.turn != me():
                        pass
                else:
                    while k.turn == me():
                        pass
                k.wants[me()] = True
        critical_section(k)
        with atomic():
            k.wants[me()] = False
            for p in contender:
                if p != me():
                    k.turn = p


def critical_section(k: Dekker) -> None:
    k.inside[me()] = True  # a ghost, noted in the step before
    with atomic():
        pass  # a step that changes nothing
    k.inside[me()] = False


@invariant
def at_most_one_is_inside(k: Dekker) -> bool:
    return sum(k.inside[p] for p in contender) <= 1
