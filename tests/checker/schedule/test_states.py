# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The exploration of states against brute force, and what it does when hashes do not tell the whole state."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.statehash import state_hash
from svmcheck.checker.schedule.statespace import END, HiddenState, StateSpace, Taken, flat
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.checker.schedule.view import NOBODY
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import READ, Op, Task
from tests.checker.schedule import miniature
from tests.checker.schedule.miniature import chosen, explored, livelock

LONGEST = 100  # decisions: more than any schedule of the programs that are enumerated here


class _Branches(Replay):
    """A replay that notes the hash of each state, and the decisions that could follow the schedule."""

    def __init__(self, schedule: tuple[int, ...]) -> None:
        super().__init__(schedule)
        self.hashes: list[bytes] = []
        self.onward: list[int] = []
        self.asked = False
        self.runtime: Runtime | None = None

    def begin(self, runtime: Runtime) -> bool:
        self.runtime = runtime
        return super().begin(runtime)

    def pick(self, enabled: list[Task]) -> Task | None:
        assert self.runtime is not None
        self.hashes.append(state_hash(self.runtime))
        if self.at == len(self.schedule) and not self.asked:
            self.onward = [task.number for task in enabled]
            self.asked = True
        return super().pick(enabled)

    def value(self, n: int) -> int:
        if self.at == len(self.schedule) and not self.asked:
            self.onward = list(range(n))
            self.asked = True
        return super().value(n)


def brute_force(found: Chosen) -> tuple[set[bytes], set[str]]:
    """The states and failures of all schedules, each run from its beginning."""
    hashes: set[bytes] = set()
    failures: set[str] = set()
    left: list[tuple[int, ...]] = [()]
    while left:
        schedule = left.pop()
        assert len(schedule) < LONGEST, "these schedules have no end"
        branches = _Branches(schedule)
        runtime = Runtime(make_backend("greenlets"), branches)
        branches.begin(runtime)
        run = runtime.run(found.setup)
        hashes.update(branches.hashes)
        if run.end == "done" and len(run.schedule) == len(schedule):
            hashes.add(END)
        if run.failure is not None and len(run.schedule) == len(schedule):
            failures.add(run.failure.check)
        left += [(*schedule, decision) for decision in branches.onward]
    return hashes, failures


@pytest.mark.parametrize(
    "found",
    [
        chosen(miniature.RACE),
        chosen(miniature.OPPOSITE, steps=1),
        chosen(miniature.CHOICE),
        chosen(miniature.WORK),
        livelock("g3"),
    ],
    ids=lambda found: found.name,
)
def test_the_states_are_those_of_all_schedules(found: Chosen) -> None:
    states, runs = explored(found)
    hashes, failures = brute_force(found)
    assert states.complete is (not failures)
    assert not any(node.todo for node in states.space.nodes)
    assert set(states.space.numbers) == hashes
    assert {run.failure.check for run in runs if run.failure} == failures


def test_every_state_can_be_reached_by_its_way() -> None:
    found = livelock()
    states, _ = explored(found)
    runtime = Runtime(make_backend("greenlets"), Replay(()))
    for number in range(0, len(states.space), 7):
        if states.space.nodes[number].digest == END:
            continue
        way = flat(states.space.way(number))
        branches = _Branches(way)
        runtime.strategy = branches
        branches.begin(runtime)
        runtime.run(found.setup)
        assert branches.hashes[-1] == states.space.nodes[number].digest


def test_a_limit_leaves_it_incomplete() -> None:
    states, _ = explored(livelock(), most_states=20)
    assert not states.complete
    assert states.full
    assert len(states.space) == 20


def test_a_run_that_is_cut_leaves_it_incomplete() -> None:
    found = chosen(miniature.OPPOSITE)
    states = miniature.States()
    runtime = Runtime(make_backend("greenlets"), states, most_steps=4)
    while states.begin(runtime):
        runtime.run(found.setup)
    assert not states.complete
    assert not states.space.complete


def test_state_that_is_kept_elsewhere_shows_and_is_told() -> None:
    """The task that reads goes on in two ways from what looks like one state."""
    counted = {"runs": 0}

    def build(config: object, sizes: object) -> World:
        counted["runs"] += 1
        step = Op("step", None, READ)

        def task() -> None:
            sched.point(step)
            if counted["runs"] > 1:
                sched.point(Op("another way", None, READ))

        sched.spawn("one", task)
        sched.spawn("two", lambda: sched.point(step))
        return World([])

    states, _ = explored(chosen(Scenario("hidden", "", build, {}, {})))
    assert "another outcome" in states.fault or "elsewhere" in states.fault
    assert not states.complete


def test_a_step_has_one_outcome() -> None:
    space = StateSpace()
    first = space.visit(b"a", NOBODY, [(1,)], -1, ())
    second = space.visit(b"b", NOBODY, [], first, (1,))
    space.connect(first, (1,), Taken(second, None, frozenset()))
    space.connect(first, (1,), Taken(second, None, frozenset()))
    with pytest.raises(HiddenState, match="another outcome"):
        space.connect(first, (1,), Taken(first, None, frozenset()))
    assert space.transitions == 1


def test_the_way_gets_shorter_when_a_shorter_one_is_seen() -> None:
    space = StateSpace()
    a = space.visit(b"a", NOBODY, [], -1, ())
    b = space.visit(b"b", NOBODY, [], a, (1,))
    c = space.visit(b"c", NOBODY, [], b, (1,))
    assert space.way(c) == [(1,), (1,)]
    space.visit(b"c", NOBODY, [], a, (2, 0))
    assert space.way(c) == [(2, 0)]
    assert flat(space.way(c)) == (2, 0)
