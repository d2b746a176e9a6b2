# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A table under an rwlock, with readers in tasks and in interrupts."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Size, World, bounded, cover, flag, pending, process, wait
from svmcheck.model.primitives import CpuSlot, RwLock, SpinLock


class Table(World):
    readers = Size(1, most=3)
    writers = Size(1, most=2)
    lock = RwLock()
    left = bounded(0, 1)
    right = bounded(0, 1)


class How(Options):
    reads: Literal["read-lock", "in-interrupt", "trylock", "without"] = "read-lock"
    for_ever: bool = False


@process(Table.readers)
def looks(k: Table, opt: How) -> None:
    while True:
        match opt.reads:
            case "trylock":
                if not k.lock.read_trylock():
                    break
            case "in-interrupt":
                k.lock.read_lock_in_interrupt()
            case "read-lock":
                with pending("read-completes"):
                    k.lock.read_lock()
            case _:
                pass
        left = k.left
        right = k.right
        assert left == right, "nothing torn"
        if opt.reads != "without":
            k.lock.read_unlock()
        if not opt.for_ever:
            break


@process(Table.writers)
def changes(k: Table, opt: How) -> None:
    while True:
        with pending("write-completes"), k.lock.write():
            new = 1 - k.left
            k.left = new
            k.right = new
        if not opt.for_ever:
            break


class Nested(World):
    """A task that reads twice, the second time in an interrupt or not, and a writer that comes in between."""

    lock = RwLock()
    reads = flag()


class Inner(Options):
    inner: Literal["task", "interrupt", "tries"] = "interrupt"


@process
def task(k: Nested) -> None:
    with k.lock.read():
        k.reads = True
        wait(not k.reads)


@process
def on_the_same_cpu(k: Nested, opt: Inner) -> None:
    """The inner section: the outer one goes on when it is over."""
    wait(k.reads)
    match opt.inner:
        case "task":
            k.lock.read_lock()
            k.lock.read_unlock()
        case "interrupt":
            k.lock.read_lock_in_interrupt()
            k.lock.read_unlock()
        case _:
            if k.lock.read_trylock():
                k.lock.read_unlock()
            else:
                cover("kept out by a writer that waits")
    k.reads = False


@process
def writes(k: Nested) -> None:
    with k.lock.write():
        pass


class Tries(World):
    """write_trylock() fails beside readers, and beside a writer that waits for them."""

    lock = RwLock()
    inside = flag()
    second_writes = flag()


@process
def reads_first(k: Tries) -> None:
    with k.lock.read():
        k.inside = True
        wait(k.lock.writer_waits)
        tried = k.lock.write_trylock()
        assert not tried, "beside a reader"


@process
def waits_to_write(k: Tries) -> None:
    wait(k.inside)
    with k.lock.write():
        k.second_writes = True


@process
def tries_to_write(k: Tries) -> None:
    wait(k.inside)
    if k.lock.write_trylock():
        assert k.second_writes, "nobody passes a writer that waits"
        k.lock.write_unlock()


class Misuse(World):
    lock = RwLock()


class Wrong(Options):
    what: Literal["reads-twice", "writes-and-reads", "unlocks-twice", "writes-unlocked", "never-unlocks"] = (
        "reads-twice"
    )


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    match opt.what:
        case "reads-twice":
            k.lock.read_lock()
            k.lock.read_lock()
        case "writes-and-reads":
            k.lock.write_lock()
            k.lock.read_lock()
        case "unlocks-twice":
            k.lock.read_lock()
            k.lock.read_unlock()
            k.lock.read_unlock()
        case "writes-unlocked":
            k.lock.write_unlock()
        case _:
            k.lock.read_lock()


class OneCpu(World):
    """The reader waits for an actor on the CPU on which a writer spins."""

    cpu = CpuSlot()
    lock = RwLock()
    held = flag()
    done = flag()


@process
def holds(k: OneCpu) -> None:
    with k.lock.read():
        k.held = True
        wait(k.done)


@process(on=OneCpu.cpu, preemptible=False)
def spins(k: OneCpu) -> None:
    wait(k.held)
    with k.lock.write():
        pass


@process(on=OneCpu.cpu, preemptible=False)
def lets_it_go_on(k: OneCpu) -> None:
    wait(k.held)
    k.done = True


class Ordered(World):
    table = RwLock()
    other = SpinLock()


class Order(Options):
    second: Literal["read", "interrupt", "write"] = "read"


@process
def reads_then_locks(k: Ordered) -> None:
    with k.table.read(), k.other:
        pass


@process
def locks_then(k: Ordered, opt: Order) -> None:
    with k.other:
        match opt.second:
            case "read":
                k.table.read_lock()
                k.table.read_unlock()
            case "interrupt":
                k.table.read_lock_in_interrupt()
                k.table.read_unlock()
            case _:
                k.table.write_lock()
                k.table.write_unlock()
