# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small worlds with locks of a family: in any order among themselves, one class against all others."""

from __future__ import annotations

from svmcheck.model.lang import World, array, process
from svmcheck.model.primitives import Mutex, WwClass, WwMutex, WwResult


class Family(World):
    ww = WwClass()
    m = Mutex()
    bos = array(2, WwMutex())
    vm = WwMutex()


@process
def bystander(k: Family) -> None:
    with k.m:
        pass


def lock_two(k: Family, first: WwMutex, second: WwMutex) -> None:
    first.lock_ctx(k.ww)
    if second.lock_ctx(k.ww) == WwResult.OK:
        second.unlock_ctx(k.ww)
    first.unlock_ctx(k.ww)


class AnyOrderFamily(Family):
    pass


@process
def locks_in_any_order(k: AnyOrderFamily) -> None:
    with k.ww.acquire():
        lock_two(k, k.vm, k.bos[0])
        lock_two(k, k.bos[1], k.vm)
        lock_two(k, k.bos[0], k.bos[1])
        lock_two(k, k.bos[1], k.bos[0])
    with k.m, k.ww.acquire():
        lock_two(k, k.vm, k.bos[0])


@process
def tries_in_any_order(k: AnyOrderFamily) -> None:
    with k.ww.acquire():
        if k.bos[1].trylock_ctx(k.ww):
            lock_two(k, k.vm, k.bos[0])
            k.bos[1].unlock_ctx(k.ww)


class AroundFamily(Family):
    """The mutex inside one of them, and another of them inside the mutex: a third actor may hold the two together."""


@process
def takes_m_inside(k: AroundFamily) -> None:
    with k.ww.acquire():
        k.vm.lock_ctx(k.ww)
        with k.m:
            pass
        k.vm.unlock_ctx(k.ww)


@process
def takes_m_outside(k: AroundFamily) -> None:
    with k.ww.acquire(), k.m:
        k.bos[0].lock_ctx(k.ww)
        k.bos[0].unlock_ctx(k.ww)


@process
def holds_two(k: AroundFamily) -> None:
    with k.ww.acquire():
        lock_two(k, k.bos[0], k.vm)


class OutsideFamily(Family):
    """One of them is taken without a context while another is held: nobody backs off for it."""


@process
def takes_one_plainly(k: OutsideFamily) -> None:
    with k.ww.acquire():
        k.vm.lock_ctx(k.ww)
        with k.bos[0]:
            pass
        k.vm.unlock_ctx(k.ww)


@process
def takes_it_in_context(k: OutsideFamily) -> None:
    with k.ww.acquire():
        k.bos[0].lock_ctx(k.ww)
        k.bos[0].unlock_ctx(k.ww)


class TriesFamily(Family):
    """A plain trylock waits for nobody, but who holds it must not wait for another of them either."""


@process
def tries_one(k: TriesFamily) -> None:
    with k.ww.acquire():
        k.vm.lock_ctx(k.ww)
        if k.bos[0].trylock():
            k.bos[0].unlock()
        k.vm.unlock_ctx(k.ww)


@process
def holds_one_plainly(k: TriesFamily) -> None:
    if k.bos[1].trylock():
        with k.ww.acquire():
            lock_two(k, k.vm, k.bos[0])
        k.bos[1].unlock()


class NoFamily(World):
    """Where nobody uses a context, they are mutexes like others."""

    a = WwMutex()
    b = WwMutex()


@process
def a_inside_b(k: NoFamily) -> None:
    with k.b, k.a:
        pass


@process
def b_inside_a(k: NoFamily) -> None:
    with k.a, k.b:
        pass
