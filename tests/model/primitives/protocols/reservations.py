# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Jobs that use the memory of a buffer object, and an eviction that moves it when they are through."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import (
    Options,
    Size,
    World,
    array,
    atomic,
    choose,
    flag,
    initial,
    pending,
    pool,
    process,
    ref,
    wait,
)
from svmcheck.model.primitives import DmaResv, Fence, Mutex, Usage


class Policy(Options):
    """``job_adds``: the usage of the job's fence. ``eviction_waits``: for which usage, or for none."""

    job_adds: Literal["kernel", "write", "read", "bookkeep", "nothing"] = "read"
    eviction_waits: Literal["write", "read", "bookkeep", "not-at-all", "tests-only"] = "bookkeep"


class Memory(World):
    jobs = Size(1, most=3)
    fences = pool(Fence, 3)
    bo = DmaResv()
    moved = flag()


@process(Memory.jobs)
def job(k: Memory, opt: Policy) -> None:
    """Submits under the lock, runs without it."""
    k.bo.lock()
    if k.moved:
        k.bo.unlock()
        return
    k.bo.reserve_fences(1)
    fence = k.fences.alloc()
    fence.submit()
    match opt.job_adds:
        case "kernel":
            k.bo.add_fence(fence, Usage.KERNEL)
        case "write":
            k.bo.add_fence(fence, Usage.WRITE)
        case "read":
            k.bo.add_fence(fence, Usage.READ)
        case "bookkeep":
            k.bo.add_fence(fence, Usage.BOOKKEEP)
        case _:
            pass
    k.bo.unlock()
    with fence.signalling():
        assert not k.moved, "memory stays while a job runs"
        fence.signal()
    k.fences.free(fence)


@process
def eviction(k: Memory, opt: Policy) -> None:
    with pending("eviction-completes"):
        k.bo.lock()
        match opt.eviction_waits:
            case "write":
                k.bo.wait(Usage.WRITE)
            case "read":
                k.bo.wait(Usage.READ)
            case "bookkeep":
                k.bo.wait(Usage.BOOKKEEP)
            case "tests-only":
                if not k.bo.test_signaled(Usage.BOOKKEEP):
                    k.bo.unlock()
                    return
            case _:
                pass
        k.moved = True
        k.bo.unlock()


class Shared(World):
    """One fence in two reservations; the notifier waits without a lock."""

    fences = pool(Fence, 2)
    fence = ref(Fence)
    bo = DmaResv()
    vm = DmaResv()
    added = flag()
    done = flag()


@initial
def submitted(k: Shared) -> None:
    k.fence = k.fences.alloc()


@process
def binds(k: Shared) -> None:
    fence = k.fence
    fence.submit()
    add(k.bo, fence, Usage.READ)
    add(k.vm, fence, Usage.BOOKKEEP)
    add(k.bo, fence, Usage.BOOKKEEP)  # listed as READ, which is stronger
    assert not k.bo.test_signaled(Usage.READ), "still there for readers"
    assert k.bo.test_signaled(Usage.WRITE), "not there for writers"
    add(k.bo, fence, Usage.KERNEL)
    assert not k.bo.test_signaled(Usage.KERNEL), "there for all"
    assert k.vm.test_signaled(Usage.READ), "not there in the other reservation"
    k.added = True
    k.done = True
    fence.signal()
    assert k.bo.test_signaled(Usage.BOOKKEEP), "signalled everywhere"
    k.fences.free(fence)


def add(resv: DmaResv, fence: Fence, usage: Usage) -> None:
    with resv:
        resv.reserve_fences(1)
        resv.add_fence(fence, usage)


@process
def notifier(k: Shared) -> None:
    wait(k.added)
    k.vm.wait(Usage.BOOKKEEP)
    assert k.done, "the notifier waited"


class Stream(World):
    """Jobs that never stop: who waits is kept by those that were there, and not by the ones that follow."""

    fences = pool(Fence, 2)
    bo = DmaResv()


@process(2)
def keeps_submitting(k: Stream) -> None:
    while True:
        fence = k.fences.alloc()
        fence.submit()
        add(k.bo, fence, Usage.WRITE)
        fence.signal()
        k.fences.free(fence)


@process
def waits_once(k: Stream) -> None:
    with pending("wait-completes"):
        k.bo.wait(Usage.WRITE)


class Full(World):
    """As many fences as there is room for. All but one are signalled, then that one."""

    fences = pool(Fence, 4)
    listed = array(4, ref(Fence))
    bo = DmaResv()
    one_is_left = flag()
    none_is_left = flag()


@process
def fills(k: Full) -> None:
    for i in range(4):
        fence = k.fences.alloc()
        fence.submit()
        add(k.bo, fence, Usage.READ)
        k.listed[i] = fence
    last = choose(0, 1, 2, 3)
    for i in range(4):
        if i != last:
            k.listed[i].signal()
    k.one_is_left = True
    with atomic():
        k.none_is_left = True
        k.listed[last].signal()


@process
def waits_for_the_last(k: Full) -> None:
    wait(k.one_is_left)
    k.bo.wait(Usage.READ)
    assert k.none_is_left, "the last was waited for"


class OneOfFour(World):
    """A free slot among full ones is found, wherever it is."""

    fences = pool(Fence, 5)
    listed = array(4, ref(Fence))
    bo = DmaResv()


@process
def replaces_one(k: OneOfFour) -> None:
    for i in range(4):
        fence = k.fences.alloc()
        fence.submit()
        add(k.bo, fence, Usage.READ)
        k.listed[i] = fence
    k.listed[choose(0, 1, 2, 3)].signal()
    fence = k.fences.alloc()
    fence.submit()
    add(k.bo, fence, Usage.READ)


class Wrong(Options):
    what: Literal[
        "nothing",
        "adds-without-lock",
        "reserves-without-lock",
        "adds-without-slot",
        "adds-in-a-slot-of-before",
        "adds-two-in-one-slot",
        "adds-unsubmitted",
        "adds-five",
    ] = "nothing"


class Misuse(World):
    fences = pool(Fence, 5)
    bo = DmaResv()


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    fence = k.fences.alloc()
    if opt.what != "adds-unsubmitted":
        fence.submit()
    match opt.what:
        case "adds-without-lock":
            k.bo.add_fence(fence, Usage.READ)
        case "reserves-without-lock":
            k.bo.reserve_fences(1)
        case "adds-in-a-slot-of-before":
            with k.bo:
                k.bo.reserve_fences(1)
            with k.bo:
                k.bo.add_fence(fence, Usage.READ)
        case "adds-five":
            for _i in range(4):
                another = k.fences.alloc()
                another.submit()
                add(k.bo, another, Usage.READ)
            add(k.bo, fence, Usage.READ)
        case _:
            with k.bo:
                if opt.what != "adds-without-slot":
                    k.bo.reserve_fences(1)
                k.bo.add_fence(fence, Usage.READ)
                if opt.what == "adds-two-in-one-slot":
                    k.bo.add_fence(fence, Usage.WRITE)


class WaitsUnderALock(World):
    """A job needs a lock before it can signal; who waits for it holds that lock."""

    fences = pool(Fence, 1)
    fence = ref(Fence)
    bo = DmaResv()
    lock = Mutex()


@initial
def a_fence(k: WaitsUnderALock) -> None:
    k.fence = k.fences.alloc()


@process
def runs(k: WaitsUnderALock) -> None:
    fence = k.fence
    fence.submit()
    add(k.bo, fence, Usage.KERNEL)
    with fence.signalling():
        with k.lock:
            pass
        fence.signal()


@process
def waits_under_it(k: WaitsUnderALock) -> None:
    with k.lock:
        k.bo.wait(Usage.KERNEL)
