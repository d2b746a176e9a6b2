# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Benchmark programs of the literature on DPOR, over sequentially consistent memory, and their numbers of traces.

lastzero is from Abdulla, Aronis, Jonsson, Sagonas (Source Sets, JACM 2017); casrot, casw, the readers and the threads
with two fetch-and-adds come with RCMC and GenMC, redundant_co with Tracer and Nidhugg; their test suites name the same
counts. The others are counted by hand in the comments.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sync.atomic import Atomic
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.spinlock import SpinLock


class Cell(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0

    def load(self) -> int:
        return self.read("value")

    def store(self, value: int) -> None:
        self.write("value", value)


Build = Callable[[int], None]


def setup(build: Build, size: int) -> Callable[[], World]:
    def made() -> World:
        build(size)
        return World([])

    return made


def _spawn(*bodies: Callable[[], object]) -> None:
    for number, body in enumerate(bodies):
        sched.spawn(f"thread[{number}]", body)


def readers(n: int) -> None:
    """One writer of x, n readers: each reads before or after."""
    x = Cell()
    _spawn(lambda: x.store(1), *[x.load] * n)


def lastzero(n: int) -> None:
    """One thread looks from the end for the last element that is 0; thread j sets array[j] := array[j-1] + 1."""
    array = [Cell() for _ in range(n + 1)]

    def search() -> None:
        at = n
        while array[at].load() != 0:
            at -= 1

    def write(j: int) -> None:
        array[j].store(array[j - 1].load() + 1)

    _spawn(search, *[lambda j=j: write(j) for j in range(1, n + 1)])


def casrot(n: int) -> None:
    """Thread i: compare-and-swap x from i-1 to i."""
    x = Atomic("x")
    _spawn(*[lambda i=i: x.cmpxchg(i - 1, i) for i in range(1, n + 1)])


def casw(n: int) -> None:
    """Compare-and-swap x from 0 to 1; then write a value of one's own."""
    x = Cell()
    swap = sched.Op("cmpxchg x", (x.oid, "value"), sched.WRITE)

    def body(mine: int) -> None:
        sched.point(swap)
        if x.value == 0:
            x.value = 1
        else:
            sched.failed()
        x.store(mine)

    _spawn(*[lambda i=i: body(i + 3) for i in range(n)])


def increment(n: int) -> None:
    """Read x, then write x: any order of writes, and thread number k in it reads after any number below k of them."""
    x = Cell()
    _spawn(*[lambda: x.store(x.load() + 1)] * n)


def two_adds(n: int) -> None:
    """Fetch-and-add to x, then to y: any order on each."""
    x, y = Atomic("x"), Atomic("y")

    def body() -> None:
        x.add(1)
        y.add(1)

    _spawn(*[body] * n)


def mutexes(n: int) -> None:
    """Lock; increment; unlock."""
    mutex, x = Mutex("mutex"), Cell()

    def body() -> None:
        with mutex:
            x.value += 1

    _spawn(*[body] * n)


def mutexes_with_steps(n: int) -> None:
    """The increment is a read and a write, and so steps of their own under the lock."""
    mutex, x = Mutex("mutex"), Cell()

    def body() -> None:
        with mutex:
            x.store(x.load() + 1)

    _spawn(*[body] * n)


def spinlocks(n: int) -> None:
    """The same with a lock whose release is no step."""
    lock, x = SpinLock("lock"), Cell()

    def body() -> None:
        with lock:
            x.value += 1

    _spawn(*[body] * n)


def redundant_co(n: int) -> None:
    """Two threads write x n times each, one reads it twice: every interleaving differs."""
    x = Cell()

    def write(value: int) -> None:
        for _ in range(n):
            x.store(value)

    _spawn(lambda: write(1), lambda: write(2), lambda: (x.load(), x.load()))


def store_buffers(n: int) -> None:
    """Thread i writes x[i] and reads x[i+1], in a ring: each read before or after the write, but not all before."""
    x = [Cell() for _ in range(n)]

    def body(i: int) -> None:
        x[i].store(1)
        x[(i + 1) % n].load()

    _spawn(*[lambda i=i: body(i) for i in range(n)])


COUNTS: list[tuple[Build, int, int]] = [
    (readers, 2, 4),
    (readers, 8, 256),
    (lastzero, 5, 64),
    *((casrot, n, count) for n, count in zip(range(2, 8), (2, 5, 14, 43, 144, 523), strict=True)),
    *((casw, n, count) for n, count in ((2, 6), (3, 66), (4, 1200))),
    *((increment, n, factorial(n) ** 2) for n in (2, 3, 4)),
    *((two_adds, n, factorial(n) ** 2) for n in (2, 3, 4)),
    *((locks, n, factorial(n)) for locks in (mutexes, mutexes_with_steps, spinlocks) for n in range(2, 7)),
    *((redundant_co, n, count) for n, count in ((2, 90), (3, 560), (4, 3150))),
    *((store_buffers, n, 2**n - 1) for n in range(2, 7)),
]
"""Program, size, traces."""
