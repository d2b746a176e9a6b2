# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sixteen mistakes of the kind a kernel engineer makes in a first protocol, each marked with its number."""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from svmcheck.model.lang import Options, Record, World, flag, me, null, pid, pool, process, ref, state
from svmcheck.model.primitives import Mutex, Refcount


class Pte(Enum):
    DEVICE = auto()
    MIGRATION = auto()
    RAM = auto()


class Zap(Enum):
    NONE = auto()
    ALL = auto()


class Page(Record):
    lock = Mutex()
    refs = Refcount()
    dirty = flag()


class Fence(Record):
    signalled = flag()


class Mode(Options):
    policy: Literal["flush", "disable"] = "flush"


class Demo(World):
    ptl = Mutex()
    owner = pid()
    pte = state(Pte.DEVICE)
    busy = flag()
    pages = pool(Page, 2)
    fences = pool(Fence, 1)
    mapped = ref(Page)


def set_pte(k: Demo, pte: Pte) -> None:
    k.pte = pte


def is_free(k: Demo):
    return not k.busy  # planted 1: no return annotation


def look(k: Demo) -> bool:
    return k.pte  # planted 2: returns an Enum member as a bool


@process(2)
def worker(k: Demo, opt: Mode) -> None:
    page = k.pages.alloc()
    page.drity = True  # planted 3: misspelt field
    k.pte = Zap.ALL  # planted 4: member of another Enum
    k.owner = me() + 1  # planted 5: arithmetic on a process id
    if k.owner is None:  # planted 6: 'is None' instead of '== null'
        k.owner = null
    if k.pte == 2:  # planted 7: Enum compared with an integer
        k.busy = True
    k.pte = 1  # planted 8: integer assigned to an Enum field
    k.busy = 1  # planted 9: integer assigned to a flag
    set_pte(k)  # planted 10: missing argument
    k.ptl.acquire()  # planted 11: unknown method of a lock
    set_pte(k, Zap.NONE)  # planted 12: argument of another Enum
    if me() < k.owner:  # planted 13: order between process ids
        k.busy = False
    k.pte = Pte.MIGRATON  # planted 14: misspelt member
    if opt.policy == "flsh":  # planted 15: misspelt value of an option
        k.busy = False
    k.fences.free(page)  # planted 16: freed into another pool
    if is_free(k):
        k.busy = True
    if look(k):
        k.busy = True
