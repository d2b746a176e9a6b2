# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``atomic_t``, ``refcount_t`` and ``struct kref``: every operation is one step."""

from __future__ import annotations

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops, Op, point


class Atomic(Kobject):
    """An integer changed by read-modify-write operations. ``name`` is how traces call it."""

    def __init__(self, name: str, value: int = 0) -> None:
        super().__init__()
        self.name = name
        self.value: int = value
        key = (self.oid, "value")
        self._read_op = Op(f"read {name}", key, READ)
        self._write_op = Op(f"update {name}", key, WRITE)

    def __repr__(self) -> str:
        return f"{self.name}={self.value}"

    def get_value(self) -> int:
        point(self._read_op)
        return self.value

    def value_now(self) -> int:
        """In the step of the caller."""
        sched.also(self._read_op.key, READ)
        return self.value

    def set_now(self, value: int) -> None:
        """In the step of the caller."""
        sched.also(self._write_op.key, WRITE)
        self.value = value

    def add(self, amount: int) -> int:
        """atomic_add_return()."""
        point(self._write_op)
        self.value += amount
        return self.value

    def cmpxchg(self, old: int, new: int) -> bool:
        """atomic_try_cmpxchg(): a failed one is a read."""
        point(self._write_op)
        if self.value != old:
            sched.failed()
            return False
        self.value = new
        return True


class Refcount(Atomic):
    """A reference count; ``name`` says of what. Zero is dead."""

    def get(self) -> None:
        """refcount_inc(): the caller holds a reference already."""
        point(self._write_op)
        if self.value <= 0:
            raise Oops("refcount", f"reference to {self.name} taken at zero")
        self.value += 1

    def get_unless_zero(self) -> bool:
        point(self._write_op)
        if self.value <= 0:
            sched.failed()
            return False
        self.value += 1
        return True

    def put(self) -> bool:
        """refcount_dec_and_test(): true for the last one."""
        point(self._write_op)
        if self.value <= 0:
            raise Oops("refcount", f"reference to {self.name} dropped at zero")
        self.value -= 1
        return self.value == 0

    def put_not_last(self) -> bool:
        """refcount_dec_not_one(): false, with nothing done, for the last reference."""
        point(self._write_op)
        if self.value <= 1:
            sched.failed()
            return False
        self.value -= 1
        return True
