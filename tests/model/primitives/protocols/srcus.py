# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An object that readers find under SRCU, and an updater that takes it away and frees it."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import (
    Options,
    Record,
    Size,
    World,
    atomic,
    flag,
    initial,
    pending,
    pool,
    process,
    ref,
    touch,
    wait,
)
from svmcheck.model.primitives import Mutex, Srcu


class Thing(Record):
    used = flag()


class Update(Options):
    waits: bool = True
    endless_readers: bool = False


class Lookup(World):
    readers = Size(2, most=4)
    updaters = Size(1, most=2)
    srcu = Srcu()
    things = pool(Thing, 3)
    current = ref(Thing)


@initial
def one_thing(k: Lookup) -> None:
    k.current = k.things.alloc()


@process(Lookup.readers)
def reader(k: Lookup, opt: Update) -> None:
    while True:
        with k.srcu.read():
            thing = k.current
            with k.srcu.read():  # as a callee does with drm_dev_enter()
                touch(thing)
            touch(thing)
        if not opt.endless_readers:
            break


@process(Lookup.updaters)
def updater(k: Lookup, opt: Update) -> None:
    with pending("update-completes"):
        fresh = k.things.alloc()
        with atomic():
            thing = k.current
            k.current = fresh
        if opt.waits:
            k.srcu.synchronize()
        k.things.free(thing)


class Arrival(Options):
    late_reader: Literal["comes-after", "comes-when-it-likes"] = "comes-after"


class Late(World):
    """A reader that came after synchronize() began may wait for what follows it; one that was there may not."""

    srcu = Srcu()
    early_inside = flag()
    late_inside = flag()
    first_done = flag()


@process
def early(k: Late) -> None:
    with k.srcu.read():
        k.early_inside = True
        wait(k.late_inside)


@process
def late(k: Late, opt: Arrival) -> None:
    if opt.late_reader == "comes-after":
        wait(len(k.srcu.served) != 0)
    with k.srcu.read():
        k.late_inside = True
        wait(k.first_done)


@process
def first(k: Late) -> None:
    wait(k.early_inside)
    k.srcu.synchronize()
    k.first_done = True


@process
def second(k: Late) -> None:
    """Asks while a grace period runs that does not wait for the late reader, and gets one that does."""
    wait(k.late_inside)
    k.srcu.synchronize()
    assert k.first_done, "the late reader was waited for"


class Wrong(Options):
    what: Literal[
        "nothing", "unlocks-twice", "synchronizes-inside", "never-unlocks", "nests-three-times", "nests-four-times"
    ] = "nothing"


class Misuse(World):
    srcu = Srcu()


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    k.srcu.read_lock()
    match opt.what:
        case "unlocks-twice":
            k.srcu.read_unlock()
        case "synchronizes-inside":
            k.srcu.synchronize()
        case "never-unlocks":
            k.srcu.read_lock()
        case "nests-three-times":
            with k.srcu.read(), k.srcu.read():
                assert k.srcu.read_held(), "inside"
        case "nests-four-times":
            with k.srcu.read(), k.srcu.read(), k.srcu.read():
                pass
        case _:
            pass
    k.srcu.read_unlock()


@process
def other(k: Misuse) -> None:
    k.srcu.synchronize()


class UnderALock(World):
    srcu = Srcu()
    lock = Mutex()


@process
def synchronizes_under_it(k: UnderALock) -> None:
    with k.lock:
        k.srcu.synchronize()


@process
def takes_it_inside(k: UnderALock) -> None:
    with k.srcu.read(), k.lock:
        pass
