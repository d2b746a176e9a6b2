# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The MCS lock: a queue of waiters, each spinning on a flag of its own. Release uses compare-and-swap.

Source: ``mcslock1.m`` of the examples that come with Murphi, after Mellor-Crummey and Scott (ACM TOCS 9(1), 1991):
159 states and 318 rules fired with two processes, 7,597 and 22,791 with three; under symmetry 81 and 1,285 states.
Granularity: a step is a rule of Murphi, that is one access of shared memory; swap and compare-and-swap are one step; a
spinning test fires and changes nothing. The model never forgets the predecessor, nor the successor until the next
acquisition, and so neither is a local here.
"""

from __future__ import annotations

from svmcheck.model.lang import Size, World, array, atomic, flag, ghost, invariant, me, null, pid, process


class McsLock(World):
    contenders = Size(2, least=2, most=4)

    tail = pid()  # the lock: the last of the queue
    successor = array(contenders, pid())
    must_wait = array(contenders, flag())
    predecessor = array(contenders, pid())
    inside = array(contenders, ghost(flag()))


@process(McsLock.contenders)
def contender(k: McsLock) -> None:
    while True:
        acquire(k)
        k.inside[me()] = True  # a ghost, noted in the step before
        release(k)


def acquire(k: McsLock) -> None:
    k.successor[me()] = null
    with atomic():
        k.predecessor[me()] = k.tail
        k.tail = me()
    if k.predecessor[me()] != null:
        k.must_wait[me()] = True
        k.successor[k.predecessor[me()]] = me()
        while k.must_wait[me()]:
            pass


def release(k: McsLock) -> None:
    alone = k.successor[me()] == null
    k.inside[me()] = False
    if alone:
        if swap_me_for_nobody(k):
            return
        while k.successor[me()] == null:
            pass
    k.must_wait[k.successor[me()]] = False


def swap_me_for_nobody(k: McsLock) -> bool:
    """compare_and_swap(&lock, me, nil): true if nobody had queued behind."""
    with atomic():
        if k.tail != me():
            return False
        k.tail = null
        return True


@invariant
def at_most_one_is_inside(k: McsLock) -> bool:
    return sum(k.inside[p] for p in contender) <= 1
