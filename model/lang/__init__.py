# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The protocol language: everything a protocol file imports. docs/language.md tells what each word means."""

from .declare import (
    Array,
    Bits,
    Lock,
    Options,
    Pid,
    Pool,
    Record,
    Size,
    World,
    array,
    bitset,
    bounded,
    flag,
    ghost,
    null,
    pid,
    pool,
    ref,
    state,
)
from .decorators import (
    acquires,
    always_eventually,
    balance,
    initial,
    invariant,
    leads_to,
    never,
    process,
    pure,
    releases,
    section,
)
from .statements import (
    acquired,
    alive,
    atomic,
    choose,
    counter,
    cover,
    demand,
    me,
    pending,
    released,
    resched,
    rest,
    touch,
    urgent,
    wait,
)

__all__ = [
    "Array", "Bits", "Lock", "Options", "Pid", "Pool", "Record", "Size", "World",
    "acquired", "acquires", "alive", "always_eventually", "array", "atomic", "balance", "bitset", "bounded", "choose",
    "counter", "cover", "demand", "flag", "ghost", "initial", "invariant", "leads_to", "me", "never", "null", "pending",
    "pid", "pool", "process", "pure", "ref", "released", "releases", "resched", "rest", "section", "state", "touch",
    "urgent", "wait",
]  # fmt: skip
