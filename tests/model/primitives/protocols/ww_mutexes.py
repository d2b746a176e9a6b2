# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Two actors that take the same two ww_mutexes in opposite order, in ways that work and in ways that do not."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Pid, Size, World, cover, flag, invariant, null, pending, process, wait
from svmcheck.model.primitives import WwClass, WwMutex, WwResult


class BackOff(Options):
    """What an actor does with -EDEADLK."""

    after_edeadlk: Literal[
        "backs-off",
        "ignores-it",
        "keeps-the-other",
        "tries-with-the-other",
        "retries-from-the-start",
        "draws-a-new-ticket",
    ] = "backs-off"
    again: bool = False


class TwoOrders(World):
    forward = Size(1, most=2)
    backward = Size(1, most=2)
    ww = WwClass()
    a = WwMutex()
    b = WwMutex()


@process(TwoOrders.forward)
def a_then_b(k: TwoOrders, opt: BackOff) -> None:
    while True:
        with pending("a-then-b"):
            take_both(k, opt, k.a, k.b)
        if not opt.again:
            break


@process(TwoOrders.backward)
def b_then_a(k: TwoOrders, opt: BackOff) -> None:
    while True:
        with pending("b-then-a"):
            take_both(k, opt, k.b, k.a)
        if not opt.again:
            break


def take_both(k: TwoOrders, opt: BackOff, first: WwMutex, second: WwMutex) -> None:
    k.ww.acquire_init()
    begin(k, first)
    while second.lock_ctx(k.ww) == WwResult.EDEADLK:
        cover("back-off")
        if opt.after_edeadlk == "ignores-it":
            break
        if opt.after_edeadlk == "tries-with-the-other" and second.trylock_ctx(k.ww):
            break
        if opt.after_edeadlk != "keeps-the-other":
            first.unlock_ctx(k.ww)
        if opt.after_edeadlk == "draws-a-new-ticket":
            k.ww.acquire_fini()
            k.ww.acquire_init()
        if opt.after_edeadlk in ("draws-a-new-ticket", "retries-from-the-start"):
            begin(k, first)
            continue
        second.lock_slow(k.ww)
        if first.lock_ctx(k.ww) != WwResult.EDEADLK:
            break
        second.unlock_ctx(k.ww)
        first.lock_slow(k.ww)
    use(k)
    second.unlock_ctx(k.ww)
    first.unlock_ctx(k.ww)
    k.ww.acquire_fini()


def begin(k: TwoOrders, first: WwMutex) -> None:
    got = first.lock_ctx(k.ww)
    assert got == WwResult.OK, "who holds nothing is not refused"


def use(k: TwoOrders) -> None:
    assert k.a.owner == k.b.owner, "both are held"


class Plainly(World):
    a = WwMutex()
    b = WwMutex()


@process
def plainly_a_then_b(k: Plainly) -> None:
    with k.a, k.b:
        pass


@process
def plainly_b_then_a(k: Plainly) -> None:
    with k.b, k.a:
        pass


class Tickets(World):
    """Contexts that are opened and closed for ever: the states are the orders that open ones can have."""

    threads = Size(3, most=8)
    ww = WwClass()


@process(Tickets.threads)
def draws_tickets(k: Tickets) -> None:
    while True:
        with k.ww.acquire():
            pass


@invariant
def the_queue_has_no_gaps(k: Tickets) -> bool:
    return all(k.ww.contexts[i] != null or k.ww.contexts[i + 1] == null for i in range(5))


@invariant
def everybody_is_in_it_once(k: Tickets, who: Pid) -> bool:
    return sum(k.ww.contexts[i] == who for i in range(6)) <= 1


class Ages(World):
    """Each holds one and asks for the other's."""

    ww = WwClass()
    a = WwMutex()
    b = WwMutex()
    old_has_a_ticket = flag()
    young_has_b = flag()


@process
def old(k: Ages) -> None:
    k.ww.acquire_init()
    k.old_has_a_ticket = True
    k.a.lock_ctx(k.ww)
    wait(k.young_has_b)
    got = k.b.lock_ctx(k.ww)
    assert got == WwResult.OK, "the older one waits"
    k.b.unlock_ctx(k.ww)
    k.a.unlock_ctx(k.ww)
    k.ww.acquire_fini()


@process
def young(k: Ages) -> None:
    wait(k.old_has_a_ticket)
    k.ww.acquire_init()
    k.b.lock_ctx(k.ww)
    k.young_has_b = True
    wait(k.a.locked())
    got = k.a.lock_ctx(k.ww)
    assert got == WwResult.EDEADLK, "the younger one is refused"
    k.b.unlock_ctx(k.ww)
    k.a.lock_slow(k.ww)
    k.a.unlock_ctx(k.ww)
    k.ww.acquire_fini()


@invariant
def who_must_come_back_was_refused(k: Ages, who: Pid) -> bool:
    return who in k.ww.refused if who in k.a.contended or who in k.b.contended else who not in k.ww.refused


class Wrong(Options):
    what: Literal[
        "nothing",
        "locks-without-context",
        "opens-two",
        "closes-none",
        "closes-with-mutexes",
        "never-closes",
        "locks-after-done",
        "slow-without-refusal",
        "unlocks-as-if-plain",
        "unlocks-as-if-in-context",
        "unlocks-in-another-class",
        "unlocks-what-it-has-not",
        "plainly-twice",
        "in-context-what-it-has-plainly",
    ] = "nothing"


class Misuse(World):
    ww = WwClass()
    other = WwClass()
    a = WwMutex()
    b = WwMutex()


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    match opt.what:
        case "locks-without-context":
            k.a.lock_ctx(k.ww)
        case "closes-none":
            k.ww.acquire_fini()
        case "plainly-twice":
            k.a.lock()
            k.a.lock()
        case _:
            k.ww.acquire_init()
            k.a.lock_ctx(k.ww)
            with_one(k, opt)
            k.ww.acquire_done()
            k.a.unlock_ctx(k.ww)
            if opt.what != "never-closes":
                k.ww.acquire_fini()
            if opt.what == "nothing":
                with k.ww.acquire():
                    k.b.lock_ctx(k.ww)
                    k.b.unlock_ctx(k.ww)


def with_one(k: Misuse, opt: Wrong) -> None:
    match opt.what:
        case "opens-two":
            k.ww.acquire_init()
        case "closes-with-mutexes":
            k.ww.acquire_fini()
        case "locks-after-done":
            k.ww.acquire_done()
            k.b.lock_ctx(k.ww)
        case "slow-without-refusal":
            k.b.lock_slow(k.ww)
        case "unlocks-as-if-plain":
            k.a.unlock()
        case "unlocks-as-if-in-context":
            k.b.lock()
            k.b.unlock_ctx(k.ww)
        case "unlocks-in-another-class":
            k.other.acquire_init()
            k.a.unlock_ctx(k.other)
        case "unlocks-what-it-has-not":
            k.b.unlock_ctx(k.ww)
        case "in-context-what-it-has-plainly":
            k.b.lock()
            k.b.lock_ctx(k.ww)
        case _:
            again = k.a.lock_ctx(k.ww)
            assert again == WwResult.EALREADY, "the context has it already"
            if k.b.trylock_ctx(k.ww):
                k.b.unlock_ctx(k.ww)


class TwoClasses(World):
    """A mutex is of one class."""

    ww = WwClass()
    other = WwClass()
    a = WwMutex()


@process
def takes_it_in_one(k: TwoClasses) -> None:
    with k.ww.acquire():
        k.a.lock_ctx(k.ww)
        k.a.unlock_ctx(k.ww)


@process
def takes_it_in_the_other(k: TwoClasses) -> None:
    with k.other.acquire():
        k.a.lock_ctx(k.other)
        k.a.unlock_ctx(k.other)


class OnePlainly(World):
    """Who holds a mutex without a context makes nobody back off, so nothing else of the class may be waited for."""

    ww = WwClass()
    a = WwMutex()
    b = WwMutex()


@process
def plain(k: OnePlainly) -> None:
    if k.b.trylock():
        k.ww.acquire_init()
        k.a.lock_ctx(k.ww)
        k.a.unlock_ctx(k.ww)
        k.ww.acquire_fini()
        k.b.unlock()


@process
def in_context(k: OnePlainly) -> None:
    with k.ww.acquire():
        k.a.lock_ctx(k.ww)
        if k.b.lock_ctx(k.ww) == WwResult.OK:
            k.b.unlock_ctx(k.ww)
        k.a.unlock_ctx(k.ww)


class PlainOwner(World):
    """An older context does not matter that has nothing to do with the mutex."""

    ww = WwClass()
    a = WwMutex()
    b = WwMutex()
    elder_is_there = flag()
    younger_is_through = flag()


@process
def elder(k: PlainOwner) -> None:
    with k.ww.acquire():
        k.elder_is_there = True
        wait(k.younger_is_through)


@process
def owner(k: PlainOwner) -> None:
    with k.b:
        cover("owned-plainly")


@process
def younger(k: PlainOwner) -> None:
    wait(k.elder_is_there)
    with k.ww.acquire():
        k.a.lock_ctx(k.ww)
        got = k.b.lock_ctx(k.ww)
        assert got == WwResult.OK, "waits for who has no ticket"
        k.b.unlock_ctx(k.ww)
        k.a.unlock_ctx(k.ww)
    k.younger_is_through = True
