# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small worlds, one for each way in which locks can be ordered."""

from __future__ import annotations

from svmcheck.model.lang import Record, World, alive, array, atomic, choose, flag, initial, null, pool, process, ref
from svmcheck.model.primitives import Fence, IntervalNotifier, Mutex, PseudoLock, RwSem, SpinLock, Work


class AbBa(World):
    a = Mutex()
    b = Mutex()


@process
def first(k: AbBa) -> None:
    with k.a:
        inner(k)


def inner(k: AbBa) -> None:
    with k.b:
        pass


@process
def second(k: AbBa) -> None:
    with k.b, k.a:
        pass


class Three(World):
    a = Mutex()
    b = SpinLock()
    c = Mutex()


@process
def takes_ab(k: Three) -> None:
    with k.a, k.b:
        pass


@process
def takes_bc(k: Three) -> None:
    with k.b, k.c:
        pass


@process
def takes_ca(k: Three) -> None:
    with k.c, k.a:
        pass


class TriesInside(World):
    a = Mutex()
    b = Mutex()


@process
def waits_for_b(k: TriesInside) -> None:
    with k.a, k.b:
        pass


@process
def tries_a(k: TriesInside) -> None:
    with k.b:
        if k.a.trylock():
            k.a.unlock()


class TriesOutside(World):
    a = Mutex()
    b = Mutex()


@process
def waits_for_b_too(k: TriesOutside) -> None:
    with k.a, k.b:
        pass


@process
def waits_for_a(k: TriesOutside) -> None:
    if k.b.trylock():
        with k.a:
            pass
        k.b.unlock()


class Readers(World):
    a = RwSem()
    b = RwSem()


@process
def reads_ab(k: Readers) -> None:
    with k.a.read(), k.b.read():
        pass


@process
def reads_ba(k: Readers) -> None:
    with k.b.read(), k.a.read():
        pass


class Passing(World):
    """Readers that pass queued writers never wait for each other."""

    a = RwSem(writer_preference=False)
    b = RwSem(writer_preference=False)


@process
def passes_ab(k: Passing) -> None:
    with k.a.read(), k.b.read():
        pass


@process
def passes_ba(k: Passing) -> None:
    with k.b.read(), k.a.read():
        pass


class PassingReader(World):
    """The writer of b gets past the reader of a, who waits for it."""

    a = RwSem(writer_preference=False)
    b = RwSem(writer_preference=False)


@process
def reads_a_then_b(k: PassingReader) -> None:
    with k.a.read(), k.b.read():
        pass


@process
def writes_b_reads_a(k: PassingReader) -> None:
    with k.b.write(), k.a.read():
        pass


class PassingWriter(World):
    a = RwSem(writer_preference=False)
    b = RwSem(writer_preference=False)


@process
def reads_both(k: PassingWriter) -> None:
    with k.a.read(), k.b.read():
        pass


@process
def writes_both(k: PassingWriter) -> None:
    with k.b.write(), k.a.write():
        pass


class Downgraded(World):
    a = RwSem()
    b = Mutex()


@process
def downgrades(k: Downgraded) -> None:
    k.a.down_write()
    k.a.downgrade_write()
    with k.b:
        pass
    k.a.up_read()


class Flush(World):
    """A work item that takes the lock under which it is waited for."""

    a = Mutex()
    work = Work()


@process
def flushes(k: Flush) -> None:
    k.work.queue()
    with k.a:
        k.work.flush()


@process
def runs(k: Flush) -> None:
    while True:
        with k.work.run_once(), k.a:
            pass


class Deferred(World):
    """2a9de42e8d3c, before: the deferred work drops the last mm reference, which waits for SRCU readers."""

    info_lock = Mutex()
    deferred = Work()
    restore = Work()
    srcu = PseudoLock()


@process
def deferred_list_work(k: Deferred) -> None:
    while True:
        with k.deferred.run_once():
            k.srcu.might()  # mmput() -> mmu_notifier_put() -> synchronize_srcu()


@process
def notifier_release(k: Deferred) -> None:
    with k.srcu.hold():
        k.restore.cancel_sync()


@process
def restore_work(k: Deferred) -> None:
    while True:
        with k.restore.run_once(), k.info_lock:
            pass


@process
def lock_and_flush(k: Deferred) -> None:
    k.deferred.queue()
    k.restore.queue()
    with k.info_lock:
        k.deferred.flush()


class Box(Record):
    lock = Mutex()


class OneByOne(World):
    boxes = array(2, Box())


@process
def in_turn(k: OneByOne) -> None:
    for box in k.boxes:
        with box.lock:
            pass


class Together(World):
    boxes = array(2, Box())


@process
def both(k: Together) -> None:
    with k.boxes[0].lock, k.boxes[1].lock:
        pass


class Declared(World):
    boxes = array(2, Box())


@process(2)
def ascending(k: Declared) -> None:
    k.boxes[0].lock.lock()
    k.boxes[1].lock.lock_nested()
    k.boxes[1].lock.unlock()
    k.boxes[0].lock.unlock()


class Contradicting(World):
    boxes = array(2, Box())


@process
def upwards(k: Contradicting) -> None:
    k.boxes[0].lock.lock()
    k.boxes[1].lock.lock_nested()
    k.boxes[1].lock.unlock()
    k.boxes[0].lock.unlock()


@process
def downwards(k: Contradicting) -> None:
    k.boxes[1].lock.lock()
    k.boxes[0].lock.lock_nested()
    k.boxes[0].lock.unlock()
    k.boxes[1].lock.unlock()


class Pooled(World):
    """Two records of a pool, of which nobody knows whether they are one."""

    pool = pool(Box, 2)
    one = ref(Box)
    other = ref(Box)


@process
def two_of_a_pool(k: Pooled) -> None:
    one = k.pool.alloc()
    other = k.pool.alloc()
    with one.lock, other.lock:
        pass


class Unreachable(World):
    a = Mutex()
    b = Mutex()
    odd = flag()


@process
def usual(k: Unreachable) -> None:
    with k.a, k.b:
        pass


@process
def never_there(k: Unreachable) -> None:
    if k.odd:
        with k.b, k.a:
            pass


class Conditional(World):
    """A lock taken and released under one condition is not held after that."""

    a = Mutex()
    b = Mutex()


@process
def lets_go_first(k: Conditional) -> None:
    locks = choose(True, False)
    if locks:
        k.a.lock()
    if locks:
        k.a.unlock()
    with k.b:
        pass


class Guarded(World):
    gate = Mutex()
    a = Mutex()
    b = Mutex()


@process
def gated_ab(k: Guarded) -> None:
    with k.gate, k.a, k.b:
        pass


@process
def gated_ba(k: Guarded) -> None:
    with k.gate, k.b, k.a:
        pass


class Alone(World):
    a = Mutex()
    b = Mutex()


@process
def both_ways(k: Alone) -> None:
    with k.a, k.b:
        pass
    with k.b, k.a:
        pass


class Twice(World):
    """One lock taken twice by one actor: no matter of order."""

    a = Mutex()
    b = Mutex()


@process
def takes_twice(k: Twice) -> None:
    with k.b:
        k.a.lock()
        k.a.lock()
        k.a.unlock()


class Sections(World):
    """Read sections are entered without waiting, in whatever order."""

    srcu = PseudoLock()
    a = Mutex()


@process
def outside(k: Sections) -> None:
    with k.srcu.hold(), k.a:
        pass


@process
def inside(k: Sections) -> None:
    with k.a, k.srcu.hold(), k.srcu.hold():
        pass


class SyncInside(World):
    srcu = PseudoLock()
    a = Mutex()


@process
def waits_for_itself(k: SyncInside) -> None:
    with k.srcu.hold():
        k.srcu.might()
    with k.a:
        pass


class Signalling(World):
    resv = Mutex()
    fence = Fence()


@process
def waits_under_resv(k: Signalling) -> None:
    with k.resv:
        k.fence.wait()


@process
def signals(k: Signalling) -> None:
    k.fence.submit()
    with k.fence.signalling():
        with k.resv:
            pass
        k.fence.signal()


class Bracket(World):
    driver = Mutex()
    sub = IntervalNotifier()


@process
def invalidates(k: Bracket) -> None:
    called = k.sub.start()
    if called:
        with k.driver:
            k.sub.set_seq()
    k.sub.end()


@process
def faults(k: Bracket) -> None:
    with k.driver:
        k.sub.read_begin()


class MaybeLocked(World):
    """A reference that is not null just where its lock is held; the other actor may free what it points to."""

    boxes = pool(Box, 1)
    one = ref(Box)
    b = Mutex()
    seen = flag()


@initial
def one_box(k: MaybeLocked) -> None:
    k.one = k.boxes.alloc()


@process
def locks_if_free(k: MaybeLocked) -> None:
    locked: Box = null
    with atomic():
        if alive(k.one) and k.one.lock.trylock():
            locked = k.one
    k.seen = True
    if locked != null:
        locked.lock.unlock()
    with k.b:
        pass


@process
def frees(k: MaybeLocked) -> None:
    with atomic():
        if not k.one.lock.locked():
            k.boxes.free(k.one)
