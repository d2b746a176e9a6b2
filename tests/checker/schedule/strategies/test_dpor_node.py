# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A position of an exploration: in which order things are tried, and who sleeps after what."""

from __future__ import annotations

from svmcheck.checker.schedule.strategies.dpor_node import Node, bits, fully_asleep
from svmcheck.model.kernel.sched import READ, WRITE

READS_X, WRITES_X, WRITES_Y = (0 << 3 | READ,), (0 << 3 | WRITE,), (1 << 3 | WRITE,)


def test_bits() -> None:
    assert list(bits(0b1011)) == [0, 1, 3]
    assert list(bits(0)) == []


def test_tasks_are_tried_once_each_as_they_are_wanted() -> None:
    node = Node(0b1110, {}, 2)
    assert node.covered() == 0b100
    node.wanted |= 0b1000
    assert node.next_choice(READS_X)
    assert node.chosen == 3
    assert not node.next_choice(WRITES_Y)
    assert node.done == {2: (READS_X,), 3: (WRITES_Y,)}
    assert node.covered() == 0b1100


def test_who_sleeps_or_cannot_go_on_is_not_tried() -> None:
    node = Node(0b0110, {1: (READS_X,)}, 2)
    node.wanted |= 0b1010
    assert node.covered() == 0b1110
    assert not node.next_choice(WRITES_Y)


def test_a_step_wakes_whoever_depends_on_it() -> None:
    node = Node(0b11110, {1: (READS_X,), 2: (WRITES_Y,)}, 3)
    node.wanted |= 0b10000
    assert node.asleep_after(READS_X) == {1: (READS_X,), 2: (WRITES_Y,)}
    assert node.asleep_after(WRITES_X) == {2: (WRITES_Y,)}
    node.next_choice(READS_X)
    assert node.asleep_after(()) == {1: (READS_X,), 2: (WRITES_Y,), 3: (READS_X,)}
    assert node.asleep_after(WRITES_X) == {2: (WRITES_Y,)}


def test_values_of_the_environment_are_tried_before_the_next_task() -> None:
    node = Node(0b110, {}, 1)
    node.wanted |= 0b100
    assert [node.decide(2), node.decide(2)] == [0, 0]
    assert node.next_choice(READS_X)
    assert (node.chosen, node.decide(2)) == (1, 1)
    assert node.next_choice(WRITES_Y)
    assert node.chosen == 2
    assert node.done == {1: (READS_X, WRITES_Y)}


def test_values_wake_one_by_one() -> None:
    """Only what depends on the step is tried again."""
    node = Node(0b110, {1: (READS_X, WRITES_Y, None)}, 2)
    assert fully_asleep(node.sleep) == 0
    assert node.asleep_after(WRITES_X) == {1: (None, WRITES_Y, None)}
    assert node.known(1) == (*READS_X, *WRITES_Y)
    node = Node(0b010, {1: (None, WRITES_Y, None)}, 1)
    assert node.decide(3) == 0
    assert node.next_choice(READS_X)
    assert node.decide(3) == 2
    assert not node.next_choice(WRITES_X)
    assert node.done == {1: (READS_X, WRITES_Y, WRITES_X)}
