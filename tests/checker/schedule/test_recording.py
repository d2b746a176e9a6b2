# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A run as a trace: every step with the line it stands at and exactly what it changed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.cells import ABSENT, ALLOCATED, GONE, Cells
from svmcheck.checker.schedule.recording import Recording, record
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statespace import Decision
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.model.ir.program import shown_frame
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.sched import Task
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.rwsem import RwSem
from svmcheck.model.trace import Change, Step
from svmcheck.reports.run import holdings
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, livelock


def recorded(found: Chosen, decisions: list[Decision], loop: int | None = None) -> Recording:
    return record(found.setup, Runtime(make_backend("greenlets"), Replay(())), decisions, loop)


def source(step: Step) -> str:
    """The text of the line that is shown for a step."""
    frame = shown_frame(step.frames)
    assert frame is not None
    return Path(miniature.__file__).read_text().splitlines()[frame.line - 1].strip()


def test_each_step_has_its_line_and_what_it_changed() -> None:
    found = recorded(chosen(miniature.RACE), [(2,), (1,), (1,), (2,)])
    assert [step.actor for step in found.trace.steps] == ["adder[1]", "adder[0]", "adder[0]", "adder[1]"]
    assert {source(step) for step in found.trace.steps} == {'counter.write("value", counter.read("value") + 1)'}
    changes = [step.changes for step in found.trace.steps]
    assert changes == [(), (), (Change("counter.value", "0", "1"),), ()]
    assert found.trace.violation == "2 threads added 1, and the sum is 1"
    assert found.mismatch == ""


def test_locks_are_seen_in_the_hands_of_their_owners() -> None:
    trace = recorded(chosen(miniature.OPPOSITE), [(1,), (2,), (2,), (2,), (2,)]).trace
    assert "nobody can go on" in trace.violation
    assert [sorted(held.items()) for held in holdings(trace)][-1] == [
        ("backwards", ("second.owner",)),
        ("forwards", ("first.owner",)),
    ]


def test_a_failure_inside_a_step_is_shown_at_its_line() -> None:
    trace = recorded(chosen(miniature.CHOICE), [(1, 1), (1, 0), (1, 1)]).trace
    assert source(trace.steps[-1]) == 'raise sched.Oops("sigbus", "the wrong answer")'
    assert trace.steps[0].label == "answer 0: 1"
    assert trace.steps[0].edge == 1
    assert source(trace.steps[0]).startswith("answers.append(sched.choose(")


def test_the_call_chain_begins_with_the_task() -> None:
    step = recorded(livelock(), [(1,)]).trace.steps[0]
    assert [frame.function.rpartition(".")[2] for frame in step.frames] == ["touch", "fault", "lock"]


def test_what_unwinding_does_is_no_part_of_the_last_step() -> None:
    trace = recorded(chosen(miniature.OPPOSITE), [(1,), (1,), (1,), (1,), (1,), (2,), (2,), (2,), (2,), (2,)]).trace
    last = {change.name: change.after for change in trace.steps[-1].changes}
    assert last == {"first.owner": "backwards"}


def test_a_schedule_that_does_not_fit_is_told() -> None:
    assert "decision 3 names task 2" in recorded(chosen(miniature.CHOICE), [(1, 1), (2,)]).mismatch


# ---- cells


class Colour(Enum):
    RED = auto()


@dataclass(frozen=True)
class Entry:
    kind: str

    def __str__(self) -> str:
        return f"entry of {self.kind}"


class Leaf(Kobject):
    _uncounted = frozenset({"statistics"})

    def __init__(self, value: int) -> None:
        super().__init__()
        self.value = value
        self.statistics = 5
        self._private = 6


class Tree(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.colour = Colour.RED
        self.entry = Entry("x")
        self.data = bytearray(b"\x01\xff")
        self.leaf = Leaf(1)
        self.leaves = [Leaf(2), Leaf(3)]
        self.table = {4: Leaf(4), 5: 50}
        self.queue = deque([1, 2])
        self.tasks = [Task(1, "one", lambda: None), Task(2, "two", lambda: None)]
        self.names = {"b", "a"}
        self.pair = (1, None)
        self.flag = True
        self.lock = Mutex("tree_lock")
        self.callback = lambda: None


class Node(Kobject):
    def __init__(self, lock: Mutex | RwSem, leaf: Leaf) -> None:
        super().__init__()
        self.lock = lock
        self.leaf = leaf


class Kernel(Kobject):
    def __init__(self, **attributes: object) -> None:
        super().__init__()
        vars(self).update(attributes)

    def run(self) -> None: ...


def test_every_attribute_is_a_cell_under_a_name_that_can_be_read() -> None:
    assert Cells().read([Tree()]) == {
        "tree.colour": "RED",
        "tree.entry": "entry of x",
        "tree.data": "01 ff",
        "tree.leaf": "Leaf#1",
        "tree.leaf.value": "1",
        "tree.leaves": "[Leaf#2, Leaf#3]",
        "tree.leaves[0].value": "2",
        "tree.leaves[1].value": "3",
        "tree.table[4]": "Leaf#4",
        "tree.table[4].value": "4",
        "tree.table[5]": "50",
        "tree.queue": "[1, 2]",
        "tree.tasks": "{one, two}",
        "tree.names": "{a, b}",
        "tree.pair": "(1, null)",
        "tree.flag": "true",
        "tree.lock": "tree_lock",
        "tree.lock.owner": "null",
    }


def differences(cells: Cells, before: dict[str, str], tree: Tree) -> dict[str, tuple[str, str]]:
    found = list(cells.changes(before, cells.read([tree]), "one"))
    result = {name: (was, now) for name, was, now in found}
    assert len(result) == len(found), "one change for each name"
    return result


def test_a_structure_keeps_its_name_and_another_gets_its_own() -> None:
    tree, cells = Tree(), Cells()
    before = cells.read([tree])
    old, tree.leaf = tree.leaf, Leaf(7)
    tree.leaves.append(old)
    assert differences(cells, before, tree) == {
        "tree.leaf": ("Leaf#1", "Leaf#5"),
        "tree.leaves": ("[Leaf#2, Leaf#3]", "[Leaf#2, Leaf#3, Leaf#1]"),
        "Leaf#5": (ABSENT, ALLOCATED),
    }
    before = cells.read([tree])
    tree.leaf.value = 8
    assert differences(cells, before, tree) == {"tree.leaf~2.value": ("7", "8")}


def test_a_structure_that_cannot_be_reached_is_gone_with_all_that_hangs_on_it() -> None:
    tree, cells = Tree(), Cells()
    before = cells.read([tree])
    tree.leaves.append(tree.leaf)
    tree.table[6] = Node(Mutex("node_lock"), Leaf(5))
    assert differences(cells, before, tree) == {
        "tree.leaves": ("[Leaf#2, Leaf#3]", "[Leaf#2, Leaf#3, Leaf#1]"),
        "tree.table[6]": (ABSENT, "Node#1"),
        "Node#1": (ABSENT, ALLOCATED),
    }
    before = cells.read([tree])
    del tree.leaves[2], tree.table[6]
    assert differences(cells, before, tree) == {
        "tree.leaves": ("[Leaf#2, Leaf#3, Leaf#1]", "[Leaf#2, Leaf#3]"),
        "tree.table[6]": ("Node#1", ABSENT),
        "Node#1": (ALLOCATED, GONE),
    }


def test_who_holds_a_lock_is_told_even_where_the_lock_is_new() -> None:
    tree, cells = Tree(), Cells()
    before = cells.read([tree])
    node = tree.table[6] = Node(Mutex("node_lock"), Leaf(5))
    node.lock.owner = tree.tasks[0]
    assert differences(cells, before, tree) == {
        "tree.table[6]": (ABSENT, "Node#1"),
        "tree.table[6].lock.owner": (ABSENT, "one"),
        "Node#1": (ABSENT, ALLOCATED),
    }


def test_a_lock_says_which_of_its_cells_name_holders() -> None:
    tree, cells = Tree(), Cells()
    tree.table[6] = Node(RwSem("rwsem"), Leaf(5))
    assert {"tree.table[6].lock.queued", "tree.tasks"} < cells.read([tree]).keys()
    assert cells.holders == {"tree.lock.owner", "tree.table[6].lock.writer", "tree.table[6].lock.readers"}


def test_what_says_how_and_not_what_is_is_no_cell() -> None:
    structure = Entry("x")
    kernel = Kernel(config=structure, name="xe", on_destroy=lambda: None, steps=[print, Kernel.run], state="on")
    assert Cells().read([kernel]) == {"xe.steps": "[]", "xe.state": "on"}
