# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The data-race detector: what is announced or locked is fine, what is neither is found with both source lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from svmcheck.checker.schedule.races import Race, find_races
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import READ, WRITE, Oops, point
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.rwsem import RwSem
from svmcheck.model.kernel.sync.spinlock import SpinLock


class Box(Kobject):
    _uncounted: ClassVar[frozenset[str]] = frozenset({"statistics"})

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.table: dict[int, int] = {}
        self.items: list[int] = []
        self.statistics = 0
        self.mutex = Mutex("mutex")
        self.spin = SpinLock("spin")
        self.semaphore = RwSem("semaphore")
        self.gate = 0


Body = Callable[[Box], None]


def races(*bodies: Body, ignore: tuple[str, ...] = (), check: Body | None = None) -> list[Race]:
    def setup() -> World:
        box = Box()
        for number, body in enumerate(bodies):
            sched.spawn(f"task{number}", lambda body=body: body(box))
        return World([box], (lambda: check(box)) if check is not None else lambda: None)

    return find_races(setup, runs=30, seed=3, ignore=ignore)


def step(box: Box) -> None:
    """A step that orders nothing with anybody."""
    box.read("gate")


def add(box: Box) -> None:
    step(box)
    box.number += 1


def add_locked(box: Box) -> None:
    with box.mutex:
        step(box)
        box.number += 1


def add_under_spinlock(box: Box) -> None:
    with box.spin:
        box.number += 1


def add_announced(box: Box) -> None:
    point(box.op("number", WRITE))
    box.number += 1


def also_announced(box: Box) -> None:
    step(box)
    sched.also((box.oid, "number"), WRITE)
    box.number += 1


def look_shared(box: Box) -> None:
    box.semaphore.down_read()
    step(box)
    _ = box.number
    box.semaphore.up_read()


def add_exclusive(box: Box) -> None:
    box.semaphore.down_write()
    box.number += 1
    box.semaphore.up_write()


@pytest.mark.parametrize("body", [add_locked, add_under_spinlock, add_announced, also_announced])
def test_what_is_locked_or_announced_is_no_race(body: Body) -> None:
    assert races(body, body, body) == []


def test_two_announced_in_different_ways_agree_on_the_key() -> None:
    assert races(add_announced, also_announced, lambda box: box.write("number", 1)) == []


def test_readers_and_a_writer_of_a_semaphore() -> None:
    assert races(look_shared, look_shared, add_exclusive) == []


def test_a_write_that_nothing_orders() -> None:
    found = races(add, add)
    assert {race.what for race in found} == {"Box.number"}
    line = add.__code__.co_firstlineno + 2
    assert all(side.line.endswith(f"test_races.py:{line}") for race in found for side in (race.first, race.second))
    assert all(race.first.writes or race.second.writes for race in found)
    assert "in the step 'read Box.gate'" in str(found[0])


def test_different_locks_do_not_help() -> None:
    assert {race.what for race in races(add_locked, add_under_spinlock)} == {"Box.number"}


def test_reading_outside_of_the_lock() -> None:
    def peek(box: Box) -> None:
        step(box)
        _ = box.number

    assert [race.what for race in races(add_locked, peek)] == ["Box.number"]


def test_what_comes_before_the_first_point_is_no_step_at_all() -> None:
    def eager(box: Box) -> None:
        box.number = 5
        step(box)

    assert [race.what for race in races(eager, add_announced)] != []


def test_dictionaries_race_item_by_item() -> None:
    def put(box: Box, key: int) -> None:
        step(box)
        box.table[key] = 1

    def count(box: Box) -> None:
        step(box)
        len(box.table)

    assert races(lambda box: put(box, 1), lambda box: put(box, 2)) == []
    assert {race.what for race in races(lambda box: put(box, 1), lambda box: put(box, 1))} == {"Box.table"}
    assert {race.what for race in races(lambda box: put(box, 1), count)} == {"Box.table"}
    assert races(count, count) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.pop(1, None),
        lambda table: table.setdefault(1, 2),
        lambda table: table.update({1: 2}),
        lambda table: table.clear(),
        lambda table: table.__setitem__(1, 2),
    ],
)
def test_every_way_to_change_a_dictionary_is_seen(change: Callable[[dict[int, int]], Any]) -> None:
    def writer(box: Box) -> None:
        step(box)
        box.table[1] = 0
        change(box.table)

    def reader(box: Box) -> None:
        step(box)
        list(box.table.items())

    assert races(writer, reader) != []


def test_lists_race_as_a_whole_and_only_if_they_change() -> None:
    def append(box: Box) -> None:
        step(box)
        box.items.append(1)

    def look(box: Box) -> None:
        step(box)
        len(box.items)

    assert races(look, look) == []
    assert {race.what for race in races(append, look)} == {"Box.items"}


def test_what_a_task_made_is_ordered_for_its_children() -> None:
    def parent(box: Box) -> None:
        step(box)
        box.number = 1
        sched.spawn("child", lambda: add(box))

    assert races(parent) == []


def test_checks_and_what_is_no_state_do_not_count() -> None:
    def body(box: Box) -> None:
        step(box)
        box.statistics += 1

    def check(box: Box) -> None:
        if box.statistics < 0 or box.number < 0:
            raise Oops("planted", "never")

    assert races(body, body, check=check) == []
    assert races(add, add, ignore=("Box.number",)) == []
    assert races(add, add, ignore=("Kobject.number",)) == []


def test_asking_whether_a_lock_is_held_by_anybody_is_a_read() -> None:
    def ask(box: Box) -> None:
        step(box)
        box.mutex.locked()

    def ask_for_oneself(box: Box) -> None:
        step(box)
        box.mutex.held()

    assert {race.what for race in races(ask, add_locked)} == {"Mutex.owner"}
    assert races(ask_for_oneself, add_locked) == []


def test_nothing_is_left_behind() -> None:
    races(add, add)
    assert "__getattribute__" not in Kobject.__dict__
    assert "__setattr__" not in Kobject.__dict__
    assert box_reads() == READ


def box_reads() -> int:
    return Box().op("number", READ).mode
