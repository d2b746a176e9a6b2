# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""DPOR beyond counting traces: how it ends, what it refuses, and the traps it has to step over."""

from __future__ import annotations

from collections.abc import Callable

from svmcheck.checker.schedule.backends import Greenlets, Threads
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.dpor import Dpor
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import READ, Oops, Op
from svmcheck.model.kernel.sync.atomic import Atomic
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.rwsem import RwSem
from svmcheck.model.kernel.sync.waitqueue import Completion, wait_event
from svmcheck.model.kernel.sync.work import WorkItem, WorkQueue
from svmcheck.model.kernel.sync.ww_mutex import WwAcquireCtx, WwClass, WwMutex


class Cell(Kobject):
    def __init__(self, value: int = 0) -> None:
        super().__init__()
        self.value = value


def run_all(
    build: Callable[[], None], strategy: Dpor | None = None, most_steps: int = 1000, most: int = 5000
) -> tuple[Dpor, list[Run]]:
    strategy = strategy or Dpor()
    runtime = Runtime(Greenlets(), strategy, most_steps, lock_order=False)

    def setup() -> World:
        build()
        return World([])

    runs: list[Run] = []
    while strategy.begin(runtime) and len(runs) < most:
        runs.append(runtime.run(setup))
    return strategy, runs


def checks(runs: list[Run]) -> set[str]:
    return {run.failure.check for run in runs if run.failure is not None}


def opposite_locks() -> None:
    first, second = Mutex("first"), Mutex("second")

    def one() -> None:
        with first, second:
            pass

    def other() -> None:
        with second, first:
            pass

    sched.spawn("one", one)
    sched.spawn("other", other)


def test_a_lock_that_stays_blocked_is_reversed_too() -> None:
    """Both orders without a deadlock, and the deadlock: from whichever of them the exploration starts."""
    strategy, runs = run_all(opposite_locks)
    explored = strategy.explored
    assert (explored.traces, explored.failed, explored.complete) == (3, 1, True)
    assert checks(runs) == {"deadlock"}


def test_failures_are_traces_and_the_rest_is_explored() -> None:
    def build() -> None:
        cell = Cell()

        def reader() -> None:
            if cell.read("value") == 1:
                raise Oops("planted", "seen in the middle")

        def writer() -> None:
            cell.write("value", 1)
            cell.write("value", 2)

        sched.spawn("reader", reader)
        sched.spawn("writer", writer)

    strategy, runs = run_all(build)
    assert sorted(run.end for run in runs) == ["done", "done", "failed"]
    assert strategy.explored.failed == 1
    assert strategy.complete
    strategy, runs = run_all(build, Dpor(first_failure=True))
    assert [run.end for run in runs][-1] == "failed"
    assert not strategy.complete


def test_what_others_had_ahead_when_a_task_failed_comes_first_elsewhere() -> None:
    """The first run fails at once; the other failure shows only where the other task is let go on."""

    def build() -> None:
        cell = Cell()

        def first() -> None:
            cell.read("value")
            raise Oops("first", "always")

        def second() -> None:
            cell.read("value")
            raise Oops("second", "always")

        sched.spawn("first", first)
        sched.spawn("second", second)

    strategy, runs = run_all(build)
    assert checks(runs) == {"first", "second"}
    assert strategy.complete


def test_a_run_that_is_cut_off_leaves_the_exploration_incomplete() -> None:
    def build() -> None:
        cell = Cell()

        def spin() -> None:
            while cell.read("value") == 0:
                pass

        sched.spawn("spin", spin)
        sched.spawn("release", lambda: cell.write("value", 1))

    strategy, runs = run_all(build, most_steps=20, most=50)
    assert "long" in {run.end for run in runs}
    assert strategy.explored.long > 0
    assert not strategy.complete


def test_a_condition_is_raced_against_every_write_that_came_before() -> None:
    """True at first, made false, then something else: only before the first write can the waiter go on."""

    def build() -> None:
        cell = Cell(1)

        def writer() -> None:
            cell.write("value", 0)
            cell.write("value", 2)

        sched.spawn("writer", writer)
        sched.spawn("waiter", lambda: wait_event("one", (cell.oid, "value"), lambda: cell.value == 1))

    strategy, runs = run_all(build)
    assert sorted(run.end for run in runs if run.end != "abandoned") == ["done", "failed"]
    assert strategy.complete


def test_failed_operations_are_reads() -> None:
    """Nobody gets what does not fit: one trace, whatever the order."""

    def build() -> None:
        number = Atomic("number")
        for _ in range(3):
            sched.spawn("swap", lambda: number.cmpxchg(5, 6))

    strategy, _ = run_all(build)
    assert strategy.explored.traces == 1


def test_readers_of_a_semaphore_do_not_order_each_other() -> None:
    def build(writers: int) -> None:
        semaphore = RwSem("semaphore", writer_preference=False)

        def read() -> None:
            semaphore.down_read()
            semaphore.up_read()

        def write() -> None:
            semaphore.down_write()
            semaphore.up_write()

        for _ in range(3):
            sched.spawn("reader", read)
        for _ in range(writers):
            sched.spawn("writer", write)

    assert run_all(lambda: build(0))[0].explored.traces == 1
    assert run_all(lambda: build(1))[0].explored.traces == 8, "each reader before or after the writer"


def test_a_wait_die_mutex_is_asked_before_its_release_too() -> None:
    """The younger context backs off if it comes before the release, and takes the lock if it comes later."""
    seen: set[int] = set()

    def build() -> None:
        family = WwClass("family")
        wanted, other = WwMutex("family", "wanted"), WwMutex("family", "other")
        old, young = WwAcquireCtx(family), WwAcquireCtx(family)
        flag = Completion("flag")

        def older() -> None:
            wanted.lock_ctx(old)
            flag.complete_all()
            wanted.unlock()

        def younger() -> None:
            other.lock_ctx(young)
            flag.wait()
            seen.add(wanted.lock_ctx(young))
            for mutex in (wanted, other):
                if mutex.held():
                    mutex.unlock()

        sched.spawn("older", older)
        sched.spawn("younger", younger)

    strategy, _ = run_all(build)
    assert strategy.complete
    assert len(seen) == 2
    assert 0 in seen


def test_the_environment_decides_everything_once() -> None:
    """Values multiply, and what a value leads to is raced with others."""

    def build() -> None:
        cell = Cell()

        def ask() -> None:
            if sched.choose(3, "which") == 2:
                cell.write("value", 1)

        sched.spawn("ask", ask)
        sched.spawn("read", lambda: cell.read("value"))

    strategy, runs = run_all(build)
    assert strategy.explored.traces == 4
    assert len({run.schedule for run in runs}) == len(runs)


def test_tasks_made_in_a_run_start_anywhere_after() -> None:
    def build() -> None:
        cell = Cell()

        def parent() -> None:
            cell.write("value", 1)
            sched.spawn("child", lambda: cell.write("value", 2))
            cell.write("value", 3)

        sched.spawn("parent", parent)

    assert run_all(build)[0].explored.traces == 2


def test_daemons_may_wait_for_ever() -> None:
    def build() -> None:
        queue = WorkQueue("events")
        done = Atomic("done")

        def count() -> None:
            done.add(1)

        item = WorkItem(queue, "count", count)
        for _ in range(2):
            sched.spawn("submit", item.queue)

    strategy, runs = run_all(build)
    assert strategy.complete
    assert checks(runs) == set()
    assert strategy.explored.traces == 6, "two orders; the second comes before, during or after the work"


def test_urgent_tasks_exclude_others_in_all_orders_of_their_coming() -> None:
    """Two urgent steps with nothing between, and an ordinary one: it comes before or after both, never between."""
    orders: set[tuple[int, ...]] = set()

    def build() -> None:
        order: list[int] = []
        hurried, plain = Cell(), Cell()

        def note(who: int) -> None:
            order.append(who)
            if len(order) == 3:
                orders.add(tuple(order))

        def hurry() -> None:
            hurried.read("value")
            with sched.urgent("hurry"):
                for _ in range(2):
                    hurried.read("value")
                    note(1)
            hurried.read("value")

        def walk() -> None:
            plain.read("value")
            note(2)

        sched.spawn("hurry", hurry)
        sched.spawn("walk", walk)

    strategy, _ = run_all(build)
    assert strategy.complete
    assert orders == {(2, 1, 1), (1, 1, 2)}


def test_keys_that_are_objects_are_refused() -> None:
    def build() -> None:
        sched.spawn("task", lambda: sched.point(Op("use", (object(), "field"), READ)))

    strategy, runs = run_all(build)
    assert "use its oid" in strategy.fault
    assert not strategy.complete
    assert len(runs) == 1


def test_a_condition_without_a_key_is_refused() -> None:
    def build() -> None:
        sched.spawn("task", lambda: sched.point(Op("wait", None, READ, lambda: True)))

    strategy, _ = run_all(build)
    assert strategy.fault == "'wait' can wait, but has no key that says for what"


def test_a_scenario_that_is_not_the_same_twice_is_told() -> None:
    times = [0]

    def build() -> None:
        cell = Cell()
        times[0] += 1

        def body() -> None:
            if times[0] > 1:
                wait_event("never", (cell.oid, "value"), lambda: False)
            cell.write("value", 1)

        sched.spawn("one", lambda: cell.write("value", 1))
        sched.spawn("two", body)

    strategy, _ = run_all(build)
    assert "could not when the same steps led there again" in strategy.fault
    assert not strategy.complete


def test_a_scenario_that_ends_earlier_the_second_time_is_told() -> None:
    times = [0]

    def build() -> None:
        cell = Cell()
        times[0] += 1
        for _ in range(2):
            sched.spawn("writer", lambda: cell.write("value", 1))
        if times[0] == 1:
            sched.spawn("third", lambda: [cell.write("value", 1) for _ in range(2)])

    strategy, runs = run_all(build)
    assert "the same steps led there" in strategy.fault
    assert len(runs) < 4


def test_a_condition_that_nobody_meets_needs_a_key_too() -> None:
    """It is asked when the run has ended."""

    def build() -> None:
        sched.spawn("task", lambda: sched.point(Op("wait", None, READ, lambda: False)))
        sched.spawn("other", lambda: sched.point(Op("step", None, READ)))

    strategy, _ = run_all(build)
    assert strategy.fault == "'wait' can wait, but has no key that says for what"


def test_nothing_to_do_is_explored_too() -> None:
    strategy, runs = run_all(lambda: None)
    assert [run.end for run in runs] == ["done"]
    assert strategy.complete


def test_its_schedules_replay_on_threads_too() -> None:
    _, runs = run_all(opposite_locks)
    for run in runs:
        replay = Replay(run.schedule)
        runtime = Runtime(Threads(), replay, lock_order=False)

        def setup() -> World:
            opposite_locks()
            return World([])

        replay.begin(runtime)
        assert runtime.run(setup) == run
