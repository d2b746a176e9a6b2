# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""QRCU: readers count themselves in one of two counters; an updater waits for those that were there before it.

Source: ``qrcu.spin``, Paul McKenney, "Is Parallel Programming Hard, And, If So, What Can You Do About It?", section on
Promela. With one updater and 1 or 2 readers: 445 and 8,255 states, 772 and 19,870 transitions, without partial-order
reduction, SPIN's other optimisations as they are by default.
Granularity: SPIN's statements, with the ``1`` that opens a loop, the ``break`` out of an atomic block and ``skip`` as
steps (``step`` here). Locals are fields of the world, because SPIN keeps a value after its last use, except where its
data-flow analysis sees that a test was the last: there it sets the variable to 0, and so does this file.
"""

from __future__ import annotations

from svmcheck.model.lang import Size, World, array, atomic, bounded, choose, flag, me, process, wait

MOST = 15  # references in one counter; three readers and an updater do not come near


class Qrcu(World):
    readers = Size(1, least=1, most=3)

    started = flag()
    current = bounded(0, 1)
    references = array(2, bounded(0, MOST))
    mutex = flag()
    progress = array(readers, bounded(0, 2))  # 1: reads, 2: has read

    mine = array(readers, bounded(0, 1))  # a local of each reader
    other = bounded(0, 1)  # three locals of the updater
    total = bounded(0, MOST)
    before = array(readers, bounded(0, 2))


@process
def init(k: Qrcu) -> None:
    with atomic():
        k.references[k.current] = 1
        k.started = True


# ---- the reader


@process(Qrcu.readers)
def reader(k: Qrcu) -> None:
    while True:
        wait(k.started)
        k.mine[me()] = k.current
        if get_unless_zero(k):
            break
    step(k)
    k.progress[me()] = 1
    k.progress[me()] = 2
    with atomic():
        k.references[k.mine[me()]] -= 1


def get_unless_zero(k: Qrcu) -> bool:
    with atomic():
        if k.references[k.mine[me()]] == 0:
            return False
        k.references[k.mine[me()]] += 1
        return True


# ---- the updater


@process
def updater(k: Qrcu) -> None:
    while True:
        wait(k.started)
        with atomic():
            for r in reader:
                k.before[r] = k.progress[r]
            k.other = 0
        sum_in_any_order(k)
        if at_most_one(k):
            sum_in_any_order(k)
        else:
            step(k)
        if more_than_one(k):
            wait_for_readers(k)
        else:
            step(k)
        with atomic():
            assert not any(k.before[r] == 1 and k.progress[r] == 1 for r in reader), "whoever read before has finished"
            k.other = 0
            k.total = 0


def sum_in_any_order(k: Qrcu) -> None:
    with atomic():
        first = choose(0, 1)
        k.total = k.references[first]
        k.other = 1 - first
    with atomic():
        k.total += k.references[k.other]


def at_most_one(k: Qrcu) -> bool:
    with atomic():
        if k.total > 1:
            return False
        k.total = 0
        return True


def more_than_one(k: Qrcu) -> bool:
    with atomic():
        if k.total <= 1:
            return False
        k.total = 0
        return True


def wait_for_readers(k: Qrcu) -> None:
    """The slow path: send new readers to the other counter, and wait until this one is at zero."""
    while True:
        step(k)
        if trylock(k):
            break
    step(k)
    with atomic():
        k.references[1 - k.current] += 1
    k.current = 1 - k.current
    with atomic():
        k.references[1 - k.current] -= 1
    while k.references[1 - k.current] > 0:
        step(k)
    k.mutex = False


def trylock(k: Qrcu) -> bool:
    with atomic():
        if k.mutex:
            return False
        k.mutex = True
        return True


def step(k: Qrcu) -> None:
    """A statement of SPIN that changes nothing."""
    with atomic():
        pass
