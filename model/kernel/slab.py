# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Structures that are freed: what KASAN sees, a use after ``kfree()`` and a second ``kfree()``."""

from __future__ import annotations

from . import sched
from .object import Kobject
from .sched import READ, WRITE, Oops


class Slab(Kobject):
    """Memory of the kernel's allocator. Code that follows a pointer to it calls ``alive``."""

    def __init__(self) -> None:
        super().__init__()
        self.freed = False
        self._life = (self.oid, "life")

    def kfree(self) -> None:
        """Part of the step that calls it."""
        if self.freed:
            raise Oops("double-free", f"{self!r} is freed twice")
        sched.also(self._life, WRITE)
        self.freed = True

    def alive(self) -> None:
        """The step that calls it dereferences a pointer to this structure."""
        sched.also(self._life, READ)
        if self.freed:
            raise Oops("use-after-free", f"{sched.current().name} uses {self!r} after it was freed")
