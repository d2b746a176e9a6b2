# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Isomorphic states hash equal, others do not: on random object graphs, and for what tasks keep in their frames."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.checker.schedule import frames
from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statehash import state_hash, value_hash
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import READ, Op, Task
from tests.checker.schedule import miniature

BACKENDS = ("greenlets", "threads")


class Cell(Kobject):
    _uncounted = frozenset({"statistics"})

    def __init__(self, value: int) -> None:
        super().__init__()
        self.value = value
        self.links: list[Cell] = []
        self.by_name: dict[str, Cell] = {}
        self.members: set[Cell] = set()
        self.statistics = 0


Links = list[tuple[int, int, str]]


def build(values: list[int], links: Links, order: list[int]) -> Cell:
    """A graph of cells, made in some order; all that is equal but for that order is isomorphic."""
    cells: dict[int, Cell] = {}
    for number in order:
        cells[number] = Cell(values[number])
        cells[number].statistics = random.randrange(1000)
    for source, target, way in links:
        if way == "list":
            cells[source].links.append(cells[target])
        elif way == "set":
            cells[source].members.add(cells[target])
        else:
            cells[source].by_name.setdefault(way, cells[target])
    return cells[0]


SIZE = 6
VALUES = st.lists(st.integers(0, 2), min_size=SIZE, max_size=SIZE)
LINKS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.sampled_from(["list", "set", "a", "b"])),
    max_size=12,
)


@given(VALUES, LINKS, st.permutations(range(SIZE)))
def test_the_order_in_which_objects_were_made_does_not_matter(
    values: list[int], links: Links, order: list[int]
) -> None:
    assert value_hash(build(values, links, list(range(SIZE)))) == value_hash(build(values, links, order))


def reachable(links: Links) -> set[int]:
    """The cells that ``build`` makes reachable from the first: of two links of one name the first counts."""
    named = {(source, way): target for source, target, way in reversed(links) if way in ("a", "b")}
    edges = [(source, target) for source, target, way in links if way in ("list", "set")]
    edges += [(source, target) for (source, _), target in named.items()]
    found = {0}
    while more := {target for source, target in edges if source in found} - found:
        found |= more
    return found


@given(VALUES, LINKS, st.data())
def test_a_different_value_in_a_reachable_object_shows(values: list[int], links: Links, data: st.DataObject) -> None:
    inside = reachable(links)
    changed = data.draw(st.sampled_from(sorted(inside)))
    other = [v + 1 if n == changed else v for n, v in enumerate(values)]
    if sorted(values[n] for n in inside) != sorted(other[n] for n in inside):
        order = list(range(SIZE))
        assert value_hash(build(values, links, order)) != value_hash(build(other, links, order))


def test_two_objects_are_not_one() -> None:
    shared, left, right = Cell(1), Cell(1), Cell(1)
    assert value_hash([shared, shared]) != value_hash([left, right])


def test_a_cycle_is_not_its_unrolling() -> None:
    one, first, second = Cell(0), Cell(0), Cell(0)
    one.links, first.links, second.links = [one], [second], [first]
    assert value_hash(one) != value_hash(first)


def test_values_made_anew_are_the_same() -> None:
    cell = Cell(3)
    assert value_hash([cell, (1, "a"), cell.read]) == value_hash([cell, (1, "a"), cell.read])
    assert value_hash([(1,), (1,)]) == value_hash([shared := (1,), shared])


def test_members_of_a_set_are_told_apart_by_who_else_knows_them() -> None:
    def world(known: int) -> list[object]:
        cells = [Cell(0), Cell(0)]
        return [set(cells), cells[known], {cells[1 - known]}]

    assert value_hash(world(0)) == value_hash(world(1))
    one = Cell(0)
    assert value_hash([{one, Cell(0)}, one, {one}]) != value_hash([{one, (other := Cell(0))}, one, {other}])


def test_equal_texts_are_equal_wherever_they_come_from() -> None:
    assert value_hash("".join(["a", "b"])) == value_hash("ab")
    assert len({value_hash(1), value_hash(True), value_hash(1.0), value_hash("1"), value_hash(b"1")}) == 5


def test_iterators_differ_by_what_is_left_and_are_not_advanced() -> None:
    def after(taken: int) -> bytes:
        iterator = iter([5, 5, 5])
        for _ in range(taken):
            next(iterator)
        first = value_hash(iterator)
        assert value_hash(iterator) == first
        return first

    assert len({after(0), after(1), after(2)}) == 3


def test_closures_differ_by_what_they_hold() -> None:
    def adder(cell: Cell) -> Callable[[], int]:
        return lambda: cell.value

    assert value_hash(adder(Cell(1))) == value_hash(adder(Cell(1))) != value_hash(adder(Cell(2)))


# ---- tasks

STEP = Op("step", None, READ)


def hashes(body: Callable[[], object], backend: str = "greenlets") -> list[bytes]:
    """The hash at every point of the only task."""
    found: list[bytes] = []

    class Look(RandomWalk):
        def pick(self, enabled: list[Task]) -> Task | None:
            found.append(state_hash(runtime))
            return enabled[0]

    def setup() -> World:
        sched.spawn("only", body)
        return World([])

    look = Look(0, 1)
    runtime = Runtime(make_backend(backend), look)
    assert look.begin(runtime)
    assert runtime.run(setup).failure is None
    return found


def step(result: int = 0) -> int:
    sched.point(STEP)
    return result


def used_local(value: int) -> Callable[[], object]:
    def body() -> int:
        kept = value
        step()
        return kept

    return body


def operand(value: int) -> Callable[[], object]:
    return lambda: step(0) if value < 0 else len([value]) * value + step()


def rest_of_a_list(value: int) -> Callable[[], object]:
    def body() -> None:
        for _ in [0, value]:
            step()

    return body


@contextmanager
def manager(value: int) -> Generator[None]:
    kept = [value]
    yield
    assert kept


def suspended_generator(value: int) -> Callable[[], object]:
    def body() -> None:
        with manager(value):
            step()

    return body


def while_entering(value: int) -> Callable[[], object]:
    class Slow:
        def __enter__(self) -> None:
            step()

        def __exit__(self, *_: object) -> None: ...

    def body() -> None:
        for _ in [0, value]:
            with Slow():
                pass

    return body


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", [used_local, operand, rest_of_a_list, suspended_generator, while_entering])
def test_what_a_task_will_still_look_at_counts(make: Callable[[int], Callable[[], object]], backend: str) -> None:
    if not frames.VISIBLE and make is not used_local:
        pytest.skip("this Python does not show the value stack")
    assert hashes(make(1), backend)[0] == hashes(make(1), backend)[0] != hashes(make(2), backend)[0]


def dead_local(value: int) -> Callable[[], object]:
    """The value reaches the body through a list that the body empties."""
    box = [value]

    def body() -> None:
        forgotten = box.pop()
        forgotten += 1
        step()

    return body


def test_a_local_that_nobody_reads_again_does_not_count() -> None:
    assert hashes(dead_local(1)) == hashes(dead_local(2))


def test_where_a_task_stands_counts() -> None:
    def body() -> None:
        step()
        step()

    first, second = hashes(body)
    assert first != second


def test_a_loop_comes_back_to_its_states() -> None:
    def body() -> None:
        while not done():
            left = 2
            while left:
                left -= 1
                step()

    def done() -> bool:
        Counted.rounds += 1
        return Counted.rounds > 3

    class Counted:
        """On the class, which is no part of a state."""

        rounds = 0

    found = hashes(body)
    assert len(found) == 6
    assert found[:2] == found[2:4] == found[4:]


def test_pending_goals_and_urgency_count() -> None:
    def pending(goal: str) -> Callable[[], object]:
        def body() -> None:
            with sched.pending(goal):
                step()

        return body

    def urgent(when: bool) -> Callable[[], object]:
        def body() -> None:
            with sched.urgent("block", when):
                step()

        return body

    assert hashes(pending("a")) != hashes(pending("b"))
    assert hashes(urgent(True)) != hashes(urgent(False))


def all_hashes(found: Any, backend: str) -> list[bytes]:
    noted: list[bytes] = []

    class Look(RandomWalk):
        def pick(self, enabled: list[Task]) -> Task | None:
            noted.append(state_hash(runtime))
            return super().pick(enabled)

    look = Look(3, 5)
    runtime = Runtime(make_backend(backend), look, 200)
    while look.begin(runtime):
        runtime.run(found.setup)
    return noted


@pytest.mark.parametrize("scenario", miniature.ALL, ids=lambda s: s.name)
def test_both_backends_see_the_same_states(scenario: Any) -> None:
    found = miniature.chosen(scenario)
    assert all_hashes(found, "greenlets") == all_hashes(found, "threads")
