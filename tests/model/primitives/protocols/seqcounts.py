# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A pair of values that belong together, written under a seqcount and read without a lock."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Size, World, bounded, pending, process
from svmcheck.model.primitives import Mutex, SeqCount, SeqLock, SpinLock


class Reading(Options):
    how: Literal["retries", "looks-on-the-way", "forgets-to-retry", "tries", "takes-the-lock"] = "retries"


class Pair(World):
    writers = Size(2, most=4)
    readers = Size(1, most=4)
    seq = SeqLock()
    left = bounded(0, 4)
    right = bounded(0, 4)


@process(Pair.writers)
def writer(k: Pair) -> None:
    with k.seq.write():
        k.left = k.left + 1
        k.right = k.right + 1


@process(Pair.readers)
def reader(k: Pair, opt: Reading) -> None:
    with pending("reader-gets-through"):
        if opt.how == "takes-the-lock":
            left, right = read_locked(k)
        elif opt.how == "tries":
            left, right = read_once(k)
        else:
            left, right = read_again_and_again(k, opt)
    assert left == right, "no torn pair"


def read_again_and_again(k: Pair, opt: Reading) -> tuple[int, int]:
    while True:
        k.seq.read_begin()
        left = k.left
        if opt.how == "looks-on-the-way" and k.seq.count.changed():
            continue
        right = k.right
        if not k.seq.read_retry() or opt.how == "forgets-to-retry":
            return left, right


def read_once(k: Pair) -> tuple[int, int]:
    """As gup_fast() does: no second try without the lock."""
    if k.seq.count.try_begin():
        left = k.left
        right = k.right
        if not k.seq.read_retry():
            return left, right
    left, right = read_locked(k)
    return left, right


def read_locked(k: Pair) -> tuple[int, int]:
    k.seq.read_lock_excl()
    left = k.left
    right = k.right
    k.seq.read_unlock_excl()
    return left, right


class Storm(World):
    """A writer that never stops."""

    seq = SeqCount()


@process
def storms(k: Storm) -> None:
    while True:
        with k.seq.write():
            pass


@process
def hopes(k: Storm) -> None:
    with pending("reader-gets-through"):
        while True:
            k.seq.read_begin()
            if not k.seq.read_retry():
                break


class Wrong(Options):
    what: Literal[
        "nothing",
        "end-without-begin",
        "begin-twice",
        "two-writers",
        "begin-without-its-lock",
        "retry-without-begin",
        "retry-twice",
        "read-inside-write",
        "never-ends",
        "invalidates",
    ] = "nothing"


class Misuse(World):
    lock = SpinLock()
    other = Mutex()
    seq = SeqCount()


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    match opt.what:
        case "end-without-begin":
            k.seq.write_end()
        case "begin-twice":
            k.seq.write_begin()
            k.seq.write_begin()
        case "two-writers":
            with k.other, k.seq.write():
                pass
        case "begin-without-its-lock":
            k.seq.write_begin_locked(k.lock)
        case "retry-without-begin":
            k.seq.read_retry()
        case "retry-twice":
            k.seq.read_begin()
            k.seq.read_retry()
            k.seq.read_retry()
        case "read-inside-write":
            with k.lock:
                k.seq.write_begin()
                k.seq.read_begin()
        case "never-ends":
            with k.lock:
                k.seq.write_begin()
        case "invalidates":
            k.seq.read_begin()
            k.seq.write_invalidate()
            again = k.seq.read_retry()
            assert again, "an invalidated reader retries"
        case _:
            k.seq.read_begin()
            k.seq.read_retry()


@process
def well_behaved(k: Misuse) -> None:
    with k.lock:
        k.seq.write_begin_locked(k.lock)
        k.seq.write_end()


class UnderALock(World):
    """The lock order of a spinning reader: it waits for the writer, and the writer for its lock."""

    lock = Mutex()
    seq = SeqCount()


@process
def reads_under_it(k: UnderALock) -> None:
    with k.lock:
        k.seq.read_begin()
        k.seq.read_retry()


@process
def takes_it_inside(k: UnderALock) -> None:
    with k.seq.write(), k.lock:
        pass
