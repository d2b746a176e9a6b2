# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Processes that increment a counter atomically, and one that checks the sum: the first SPIN model of perfbook.

Source: ``atomicincrement.spin``, Paul McKenney, "Is Parallel Programming Hard, And, If So, What Can You Do About It?",
section on Promela. 59, 422, 3,926 and 44,696 states with 2 to 5 processes, without partial-order reduction.
Granularity: SPIN's statements, so the end of a process is a step as well. Processes end in the reverse order of their
start, as SPIN keeps them on a stack; only then their locals go, which is why ``temp`` and ``total`` are fields here.
"""

from __future__ import annotations

from svmcheck.model.lang import Size, World, array, atomic, bounded, flag, me, null, pid, process, wait


class AtomicIncrement(World):
    incrementers = Size(2, least=1, most=5)

    counter = bounded(0, incrementers)
    progress = array(incrementers, bounded(0, 1))

    temp = array(incrementers, bounded(0, incrementers))  # a local of each incrementer
    total = bounded(0, incrementers)  # a local of init

    started = flag()
    youngest = pid()  # the top of SPIN's stack of processes
    older = array(incrementers, pid())


@process
def init(k: AtomicIncrement) -> None:
    with atomic():
        for p in incrementer:
            k.older[p] = k.youngest
            k.youngest = p
        k.started = True
    with atomic():
        k.total = sum(k.progress[p] for p in incrementer)
        assert k.total < k.incrementers or k.counter == k.incrementers, "all done means all counted"
    with atomic():
        wait(k.youngest == null)
        k.total = 0


@process(AtomicIncrement.incrementers)
def incrementer(k: AtomicIncrement) -> None:
    with atomic():
        wait(k.started)
        k.temp[me()] = k.counter
        k.counter = k.temp[me()] + 1
    k.progress[me()] = 1
    with atomic():
        wait(k.youngest == me())
        k.youngest = k.older[me()]
        k.temp[me()] = 0
