# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct ww_mutex`` (kernel/locking/ww_mutex.h), the wait-die kind of ``reservation_ww_class``.

Mutexes of one class that are taken in any order, in a context with a ticket. Who finds a mutex held by an older context
gets -EDEADLK if it holds others of the class: it gives them all back, waits for that one with nothing held, and starts
again. A departure: a waiter does not die because of an older waiter in front of it, only because of an older owner.
"""

from __future__ import annotations

from errno import EALREADY, EDEADLK

from .. import sched
from ..object import Kobject
from ..sched import ACQUIRE, WRITE, Oops, Op, point
from . import lockdep
from .mutex import Mutex


class WwClass(Kobject):
    """``contexts`` in the order of their tickets: the first is the oldest."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.contexts: list[WwAcquireCtx] = []
        self.ticket_op = Op(f"ww_acquire_init {name}", (self.oid, "ticket"), WRITE)


class WwAcquireCtx(Kobject):
    """ww_acquire_init() .. ww_acquire_fini(): a ticket, and how many mutexes are held with it."""

    def __init__(self, ww_class: WwClass) -> None:
        super().__init__()
        self.ww_class = ww_class
        self.acquired = 0
        point(ww_class.ticket_op)
        ww_class.contexts.append(self)

    def older_than(self, other: WwAcquireCtx) -> bool:
        contexts = self.ww_class.contexts
        return contexts.index(self) < contexts.index(other)

    def fini(self) -> None:
        """Not a step: nobody compares tickets with a context that holds and waits for nothing."""
        if self.acquired:
            raise Oops("lock-held", f"ww_acquire_fini() with {self.acquired} mutexes of {self.ww_class.name} held")
        self.ww_class.contexts.remove(self)


class WwMutex(Mutex):
    """``ctx``: the context of the owner, if it has one. ``name``: which of its class, in messages."""

    kind = "ww_mutex"

    def __init__(self, lock_class: str, name: str) -> None:
        super().__init__(lock_class)
        self.name = name
        self.ctx: WwAcquireCtx | None = None
        self._key = (self.oid, "owner")

    def __repr__(self) -> str:
        return self.name

    def lock_ctx(self, ctx: WwAcquireCtx) -> int:
        """ww_mutex_lock(): 0, -EALREADY if this context holds it, or -EDEADLK: back off."""
        if self.ctx is ctx:
            return -EALREADY
        task = sched.current()
        if self.owner is task:
            raise Oops("self-deadlock", f"{task.name} locks {self.lock_class}, which it holds")
        if task.atomic:
            lockdep.might_sleep(f"lock {self.lock_class}")
        task.waits = self
        point(
            Op(
                f"lock {self.lock_class}",
                self._key,
                ACQUIRE,
                lambda: self.owner is None or self._dies(ctx),
                backs_off=True,
            )
        )
        task.waits = None
        if self.owner is not None:
            sched.failed()
            return -EDEADLK
        self._take(ctx)
        lockdep.acquired(self, self.lock_class, nested=True)
        return 0

    def _dies(self, ctx: WwAcquireCtx) -> bool:
        """__ww_mutex_check_kill(): a younger context that holds others does not wait for an older one."""
        return ctx.acquired > 0 and self.ctx is not None and self.ctx.older_than(ctx)

    def lock_slow(self, ctx: WwAcquireCtx) -> None:
        """ww_mutex_lock_slow(): after a back-off, with nothing of the class held."""
        if ctx.acquired:
            raise Oops("lock-held", f"{self.lock_class} is waited for after -EDEADLK with others still held")
        self.lock(nested=True)
        self._take(ctx)

    def trylock_ctx(self, ctx: WwAcquireCtx | None) -> bool:
        """ww_mutex_trylock()."""
        if not self.trylock():
            return False
        if ctx is not None:
            self._take(ctx)
        return True

    def _take(self, ctx: WwAcquireCtx) -> None:
        self.owner = sched.current()
        self.ctx = ctx
        ctx.acquired += 1

    def unlock(self) -> None:
        super().unlock()
        if self.ctx is not None:
            self.ctx.acquired -= 1
            self.ctx = None
