# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Readers and writers of an rwsem that come for ever, a reader that waits for another one, and a trylock."""

from __future__ import annotations

from svmcheck.model.lang import Size, World, atomic, cover, flag, null, pending, process, wait
from svmcheck.model.primitives import RwSem


class Turns(World):
    readers = Size(1, most=2)
    writers = Size(2, most=2)
    lock = RwSem()


@process(Turns.readers)
def reads(k: Turns) -> None:
    while True:
        with pending("read-completes"):
            k.lock.down_read()
        k.lock.up_read()


@process(Turns.writers)
def writes(k: Turns) -> None:
    while True:
        with pending("write-completes"):
            k.lock.down_write()
        assert len(k.lock.readers) == 0, "a writer is alone"
        k.lock.up_write()


class WritersFirst(World):
    lock = RwSem(turns=False)


@process
def reads_once(k: WritersFirst) -> None:
    with pending("read-completes"), k.lock.read():
        pass


@process(2)
def writes_for_ever(k: WritersFirst) -> None:
    while True:
        with k.lock.write():
            pass


class Together(World):
    """The first reader waits, inside, for the second one; a writer that queues in between closes the circle."""

    lock = RwSem()
    done = flag()


@process
def first(k: Together) -> None:
    with k.lock.read():
        wait(k.done)


@process
def second(k: Together) -> None:
    with k.lock.read():
        k.done = True


@process
def between(k: Together) -> None:
    with k.lock.write():
        pass


class Tries(World):
    lock = RwSem()


@process
def queues(k: Tries) -> None:
    with k.lock.write():
        pass


@process
def holds(k: Tries) -> None:
    with k.lock.read():
        pass


@process
def tries(k: Tries) -> None:
    with atomic():
        waits = len(k.lock.queued) + len(k.lock.later) + len(k.lock.waiting) != 0
        free = k.lock.writer == null and len(k.lock.readers) == 0
        got = k.lock.down_write_trylock()
    assert got == (free and not waits), "a trylock passes nobody who waits"
    if waits and free:
        cover("free, but somebody waits for it")
    if got:
        k.lock.up_write()
