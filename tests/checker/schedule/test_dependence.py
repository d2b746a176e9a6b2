# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which accesses commute, what a step touched, and happened-before over it."""

from __future__ import annotations

from itertools import product

import pytest

from svmcheck.checker.schedule.dependence import (
    CONFLICTS,
    CONTEND,
    DISABLES,
    EXCLUSIVE,
    ORDERED,
    Keys,
    UnstableKey,
    independent,
)
from svmcheck.checker.schedule.history import History
from svmcheck.model.kernel.sched import ACQUIRE, AWAIT, READ, RELEASE, SHARE, UNSHARE, WRITE, Oid, Op

MODES = (READ, WRITE, ACQUIRE, SHARE, RELEASE, AWAIT, UNSHARE, CONTEND)


def test_conflicts_are_symmetric_and_complete() -> None:
    assert set(CONFLICTS) == set(MODES)
    for some, other in product(MODES, MODES):
        assert CONFLICTS[some] >> other & 1 == CONFLICTS[other] >> some & 1
        commute = {some, other} <= {READ, AWAIT} or {some, other} <= {SHARE, UNSHARE}
        assert bool(CONFLICTS[some] >> other & 1) is not commute


def test_an_exclusive_access_conflicts_with_everything() -> None:
    for mode in MODES:
        assert bool(EXCLUSIVE >> mode & 1) is all(CONFLICTS[mode] >> other & 1 for other in MODES)


def test_what_may_block_or_is_ordered_conflicts() -> None:
    for table in (DISABLES, ORDERED):
        for mode, others in table.items():
            assert others & ~CONFLICTS[mode] == 0
    for mode, others in ORDERED.items():
        assert others & DISABLES[mode] == 0, "giving a lock back makes nobody wait for it"


def test_footprints() -> None:
    keys = Keys()
    read, write = keys.access("x", READ), keys.access("x", WRITE)
    elsewhere = keys.access("y", WRITE)
    assert independent((read,), (read, elsewhere))
    assert not independent((read,), (elsewhere, write))
    assert independent((), (write,))
    assert keys.of_op(Op("start", None, READ)) is None
    assert keys.of_op(Op("lock", "m", ACQUIRE, backs_off=True)) == keys.access("m", CONTEND)


def test_keys_are_plain_values() -> None:
    keys = Keys()
    assert keys.number((Oid(1, 2), "field")) == keys.number((Oid(1, 2), "field"))
    assert keys.number(((1, 2), "other", None, b"", frozenset({1}))) == 1
    with pytest.raises(UnstableKey, match=r"contains an object \(Keys\): use its oid"):
        keys.number(((1, keys), "field"))


X, Y = 0 << 3, 1 << 3


def test_happened_before() -> None:
    """Writer, two readers that do not order each other, a writer after both."""
    history = History()
    first = history.push(1, (X | WRITE,), (), 4)
    one = history.push(2, (X | READ,), (), 4)
    two = history.push(3, (X | READ, Y | WRITE), (), 4)
    apart = history.push(4, (Y | READ,), (), 4)
    last = history.push(4, (X | WRITE,), (), 4)
    assert first.clock == [0, 1, 0, 0, 0]
    assert one.clock == [0, 1, 2, 0, 0]
    assert two.clock == [0, 1, 0, 3, 0]
    assert apart.clock == [0, 1, 0, 3, 4]
    assert last.clock == [0, 1, 2, 3, 5]
    assert last.base == apart.clock


def test_a_task_begins_after_the_step_that_made_it() -> None:
    history = History()
    history.push(1, (X | WRITE,), (), 2)
    history.born[2] = 0
    assert history.push(2, (), (), 2).clock == [0, 1, 2]


def test_forgetting_and_going_on() -> None:
    history = History()
    history.push(1, (X | WRITE,), (), 2)
    history.push(2, (X | WRITE,), (), 3)
    history.born[3] = 1
    history.cut(1)
    assert len(history) == 1
    assert history.born == {}
    assert history.push(2, (Y | WRITE,), (), 2).clock == [0, 0, 2]
    history.cut(0)
    assert history.push(2, (X | WRITE,), (), 2).clock == [0, 0, 1]
