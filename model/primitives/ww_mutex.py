# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct ww_mutex`` (kernel/locking/ww_mutex.h), of the wait-die kind that DEFINE_WD_CLASS() makes.

Mutexes of one class may be taken in any order in an acquire context. It has a ticket; who asks for a mutex held in an
older context, and holds others, gets -EDEADLK: it gives all back, waits for that one with nothing held, and starts
again with the same ticket. So who waits with others held is older than who it waits for, and waits never go round.

The kernel's tickets are numbers that grow without end. It does nothing with them but compare those of contexts that
are open, so the order of these is all there is to know: ``contexts`` has them, the oldest first, without gaps. A
state of the kernel and the state here with the same order can do the same and get to such states again.

An actor has one context of a class at a time (lockdep warns of a second), and so is named by its class here:
``k.bo.lock_ctx(k.ww)`` is ww_mutex_lock(&bo->lock, &ctx). A mutex does not know its class: give back with
``unlock_ctx(k.ww)`` what was taken in a context, with ``unlock()`` what was taken without one.

Departure: in the kernel a context backs off also where an older one waits for the same mutex. Here it goes on waiting
until that one has the mutex. An actor that waits has not done anything others could see, so this is what happens in
the kernel if the older one comes later; the back-off is seen then, with the older context as the owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Literal

from ..lang import (
    Pid,
    Record,
    acquired,
    array,
    atomic,
    bitset,
    bounded,
    demand,
    flag,
    me,
    null,
    pid,
    pure,
    released,
    section,
    wait,
)
from .owned import Owned

MOST_CONTEXTS = 6  # open at a time in a class; more is a violation of ``bounds``
MOST_LOCKS = 7  # held in one context


class WwResult(Enum):
    OK = auto()
    EALREADY = auto()
    EDEADLK = auto()


class WwClass(Record):
    """``struct ww_class`` with the open acquire contexts of its mutexes, one for an actor."""

    contexts = array(MOST_CONTEXTS, pid())
    held = array(MOST_CONTEXTS, bounded(0, MOST_LOCKS))  # how many mutexes each context has
    refused = bitset(Pid)  # got -EDEADLK, and not yet the mutex that it was about
    finished = bitset(Pid)  # by acquire_done()

    def acquire_init(self) -> None:
        """ww_acquire_init(): draws a ticket, which is younger than all others."""
        with atomic():
            demand(not self.is_open(me()), "no-context-misuse", "this actor has an open context of this class")
            demand(self.contexts[MOST_CONTEXTS - 1] == null, "bounds", "too many acquire contexts are open")
            last = self.open_contexts()
            self.contexts[last] = me()

    def acquire_done(self) -> None:
        """ww_acquire_done(): nothing more will be taken in this context. Optional."""
        with atomic():
            demand(self.is_open(me()), "no-context-misuse", "this actor has no acquire context of this class")
            self.finished.add(me())

    def acquire_fini(self) -> None:
        """ww_acquire_fini(): those who came later move up."""
        with atomic():
            demand(self.is_open(me()), "no-context-misuse", "this actor has no acquire context of this class")
            demand(not self.holds_any(me()), "no-context-misuse", "the acquire context ends with mutexes held in it")
            self.refused.remove(me())
            self.finished.remove(me())
            passed = False
            for i in range(MOST_CONTEXTS - 1):
                passed = passed or self.contexts[i] == me()
                self.contexts[i] = self.contexts[i + 1] if passed else self.contexts[i]
                self.held[i] = self.held[i + 1] if passed else self.held[i]
            self.contexts[MOST_CONTEXTS - 1] = null
            self.held[MOST_CONTEXTS - 1] = 0

    def count(self, change: int) -> None:
        """No step of its own: the context of this actor has one mutex more or less."""
        mine = self.age(me())
        self.held[mine] = self.held[mine] + change

    @section
    def acquire(self) -> Iterator[None]:
        self.acquire_init()
        yield
        self.acquire_fini()

    @pure
    def open_contexts(self) -> int:
        return sum(self.contexts[i] != null for i in range(MOST_CONTEXTS))

    @pure
    def is_open(self, who: Pid) -> bool:
        return any(self.contexts[i] == who for i in range(MOST_CONTEXTS))

    @pure
    def holds_any(self, who: Pid) -> bool:
        return any(self.contexts[i] == who and self.held[i] > 0 for i in range(MOST_CONTEXTS))

    @pure
    def age(self, who: Pid) -> int:
        """The place in the queue of the contexts: 0 is the oldest."""
        return sum(i if self.contexts[i] == who else 0 for i in range(MOST_CONTEXTS))

    @pure
    def held_by(self, who: Pid) -> bool:
        """Nobody ends with a context open."""
        return self.is_open(who)

    @pure
    def quiescent(self) -> bool:
        return self.open_contexts() == 0


class WwMutex(Owned):
    handover: Literal["strong", "weak"] = "strong"
    in_context = flag()
    contended = bitset(Pid)  # whom -EDEADLK sent back to wait for this one; it may have given up since

    def lock(self) -> None:
        """ww_mutex_lock() without a context: of its class, the only one that may be held."""
        with atomic():
            demand(self.owner != me(), "no-self-deadlock", "the ww_mutex is already held by this actor")
            wait(self.owner == null, handover=self.handover)
            self.owner = me()
            acquired(self)

    def lock_ctx(self, ctx: WwClass) -> WwResult:
        """ww_mutex_lock()"""
        with atomic():
            self.demand_context(ctx)
            if self.owner == me():
                demand(self.in_context, "no-self-deadlock", "this actor holds the ww_mutex, without a context")
                return WwResult.EALREADY
            self.demand_backed_off(ctx)
            wait(self.owner == null or self.dies(ctx), handover=self.handover)
            if self.owner != null:
                self.contended.add(me())
                ctx.refused.add(me())
                return WwResult.EDEADLK
            self.take(ctx)
            acquired(self, family=ctx)
            return WwResult.OK

    def lock_slow(self, ctx: WwClass) -> None:
        """ww_mutex_lock_slow(): after -EDEADLK, with all given back. It cannot fail."""
        with atomic():
            self.demand_context(ctx)
            demand(me() in ctx.refused, "no-context-misuse", "lock_slow() is for after -EDEADLK")
            self.demand_backed_off(ctx)
            wait(self.owner == null, handover=self.handover)
            self.take(ctx)
            acquired(self, family=ctx)

    def trylock(self) -> bool:
        """ww_mutex_trylock() without a context"""
        with atomic():
            if self.owner != null:
                return False
            self.owner = me()
            acquired(self, blocking=False)
            return True

    def trylock_ctx(self, ctx: WwClass) -> bool:
        """ww_mutex_trylock()"""
        with atomic():
            self.demand_context(ctx)
            if self.owner != null:
                return False
            self.demand_backed_off(ctx)
            self.take(ctx)
            acquired(self, blocking=False, family=ctx)
            return True

    def unlock(self) -> None:
        """ww_mutex_unlock() of one that was taken without a context"""
        with atomic():
            demand(self.owner == me(), "no-unlock-by-non-owner", "the ww_mutex is not held by this actor")
            demand(not self.in_context, "no-context-misuse", "taken in a context: give it back with unlock_ctx()")
            self.before_unlock()
            self.owner = null
            released(self)

    def unlock_ctx(self, ctx: WwClass) -> None:
        """ww_mutex_unlock() of one that was taken in a context"""
        with atomic():
            demand(self.owner == me(), "no-unlock-by-non-owner", "the ww_mutex is not held by this actor")
            demand(self.in_context, "no-context-misuse", "taken without a context: give it back with unlock()")
            demand(ctx.holds_any(me()), "no-context-misuse", "taken in a context of another class")
            self.before_unlock()
            self.owner = null
            self.in_context = False
            ctx.count(-1)
            released(self)

    def take(self, ctx: WwClass) -> None:
        """No step of its own: the mutex is this actor's, in its context."""
        self.owner = me()
        self.in_context = True
        self.contended.remove(me())
        ctx.refused.remove(me())
        ctx.count(1)

    def before_unlock(self) -> None:
        """No step: for what is derived from it and ends with the lock."""

    def demand_context(self, ctx: WwClass) -> None:
        """No step: what CONFIG_DEBUG_WW_MUTEXES asks of a context that is to take a mutex."""
        demand(ctx.is_open(me()), "no-context-misuse", "this actor has no acquire context of this class")
        demand(me() not in ctx.finished, "no-context-misuse", "this context takes no more: it said acquire_done()")
        demand(
            not self.in_context or ctx.is_open(self.owner),
            "no-context-misuse",
            "the ww_mutex is held in a context of another class",
        )

    def demand_backed_off(self, ctx: WwClass) -> None:
        """No step: after -EDEADLK comes the contended mutex, with no other held."""
        demand(
            me() not in ctx.refused or not ctx.holds_any(me()),
            "no-lock-before-back-off",
            "after -EDEADLK this actor still holds mutexes of the class: it must give them back first",
        )
        demand(
            me() not in ctx.refused or me() in self.contended,
            "no-lock-before-back-off",
            "after -EDEADLK this actor must take the mutex that was refused, and takes another",
        )

    @pure
    def dies(self, ctx: WwClass) -> bool:
        """__ww_mutex_check_kill(): who holds others does not wait for an older context."""
        return self.in_context and ctx.holds_any(me()) and ctx.age(self.owner) < ctx.age(me())
