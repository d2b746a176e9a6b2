# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small scenarios for the tests of the scheduler: locks, a race, and a CPU fault with a driver lock in miniature."""

from __future__ import annotations

from collections.abc import Mapping

from svmcheck.checker.schedule.backends import make_backend
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.states import States
from svmcheck.checker.schedule.strategy import Strategy
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, Size, World
from svmcheck.model.kernel.sync.atomic import Atomic, Refcount
from svmcheck.model.kernel.sync.folio_lock import FolioLock
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.spinlock import SpinLock
from svmcheck.model.kernel.sync.work import WorkItem, WorkQueue


class Memory(Kobject):
    """One page-table entry, the device page it maps, and the driver's lock."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.ptl = SpinLock("ptl")
        self.driver = Mutex("driver")
        self.refs = Refcount("page", 1)
        self.page = FolioLock(self, (self.oid, "lock"))
        self.pte = "device"

    @property
    def refcount(self) -> int:
        return self.refs.value

    def fault(self) -> bool:
        """do_swap_page(); true when the entry is present."""
        owns_lock = self.config.generation in ("g2", "g3")
        with sched.urgent("take", self.config.urgent_refault):
            self.ptl.lock()
            if self.pte == "ram":
                self.ptl.unlock()
                return True
            if self.pte == "migration" or (owns_lock and not self.page.trylock()):
                asleep = self.config.generation != "g2" and self.page.enqueue()
                self.ptl.unlock()
                if asleep:
                    self.page.sleep()
                return False
            self.refs.get()
            self.ptl.unlock()
        if self.config.driver_lock:
            self.driver.lock()
        self.migrate(owns_lock)
        if self.config.driver_lock:
            self.driver.unlock()
        with sched.urgent("drop", self.config.urgent_refault):
            if owns_lock:
                self.page.unlock()
            self.refs.put()
        return False

    def migrate(self, owns_lock: bool) -> None:
        """migrate_vma_setup() to migrate_vma_finalize(): the page moves if nobody else has a reference."""
        self.ptl.lock()
        if self.pte != "device" or not (owns_lock or self.page.trylock()):
            self.ptl.unlock()
            return
        self.pte = "migration"
        self.ptl.unlock()
        moved = self.refs.get_value() == 2
        self.ptl.lock()
        self.pte = "ram" if moved else "device"
        self.ptl.unlock()
        if not owns_lock:
            self.page.unlock()


def _fault(config: Config, sizes: Mapping[str, int]) -> World:
    """Threads that touch a page in video memory."""
    memory = Memory(config)

    def touch() -> None:
        with sched.pending("fault-completes"):
            while not memory.fault():
                pass

    for number in range(sizes["cpu_threads"]):
        sched.spawn(f"cpu_fault[{number}]", touch)
    return World([memory])


def _opposite(config: Config, sizes: Mapping[str, int]) -> World:
    """Two threads that take two locks in opposite orders, the second after a few steps of its own."""
    first, second, steps = Mutex("first"), Mutex("second"), Atomic("steps")

    def forwards() -> None:
        with first, second:
            steps.add(1)

    def backwards() -> None:
        for _ in range(sizes["steps"]):
            steps.add(1)
        with second, first:
            steps.add(1)

    sched.spawn("forwards", forwards)
    sched.spawn("backwards", backwards)
    return World([first, second, steps])


class Counter(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0


def _race(config: Config, sizes: Mapping[str, int]) -> World:
    """Threads that add to a number with a read and a write."""
    counter = Counter()

    def increment() -> None:
        counter.write("value", counter.read("value") + 1)

    def finish() -> None:
        if counter.value != sizes["threads"]:
            raise sched.Oops("data-coherence", f"{sizes['threads']} threads added 1, and the sum is {counter.value}")

    for number in range(sizes["threads"]):
        sched.spawn(f"adder[{number}]", increment)
    return World([counter], finish=finish)


def _choice(config: Config, sizes: Mapping[str, int]) -> World:
    """The environment decides three times; one of eight answers is wrong."""
    answers: list[int] = []

    def ask() -> None:
        for number in range(3):
            answers.append(sched.choose(2, f"answer {number}"))  # noqa: PERF401 - one at a time is the point
        if answers == [1, 0, 1]:
            raise sched.Oops("sigbus", "the wrong answer")

    sched.spawn("asker", ask)
    return World([answers])


def _work(config: Config, sizes: Mapping[str, int]) -> World:
    """Two threads queue work on a daemon, which counts, and wait for it."""
    queue, done = WorkQueue("events"), Atomic("done")

    def count() -> None:
        done.add(1)

    item = WorkItem(queue, "count", count)

    def submit() -> None:
        with sched.pending("work-done"):
            item.queue()
            item.flush()

    for number in range(2):
        sched.spawn(f"submitter[{number}]", submit)
    return World([queue, done, item])


THREADS = {"cpu_threads": Size(2, 1, 4)}
FAULT = Scenario("tiny-fault", "A CPU fault in miniature.", _fault, THREADS, {})
OPPOSITE = Scenario("tiny-opposite", "Two locks.", _opposite, {"steps": Size(3)}, {})
RACE = Scenario("tiny-race", "A lost update.", _race, {"threads": Size(2, 1, 4)}, {})
CHOICE = Scenario("tiny-choice", "Three answers.", _choice, {}, {})
WORK = Scenario("tiny-work", "A work item.", _work, {}, {})
ALL = (FAULT, OPPOSITE, RACE, CHOICE, WORK)


def chosen(scenario: Scenario, options: Mapping[str, str] | None = None, **sizes: int) -> Chosen:
    """A scenario with its default sizes, or others."""
    counts = {name: size.default for name, size in scenario.sizes.items()} | sizes
    return Chosen(scenario, tuple((options or {}).items()), tuple(counts.items()))


def livelock(generation: str = "g1", driver_lock: bool = True, urgent: bool = False, threads: int = 2) -> Chosen:
    """The miniature fault with these options."""
    options = {"generation": generation, "driver_lock": str(driver_lock).lower(), "urgent_refault": str(urgent).lower()}
    return chosen(FAULT, options, cpu_threads=threads)


def explored(found: Chosen, most_states: int | None = None, backend: str = "greenlets") -> tuple[States, list[Run]]:
    """Its states, and all runs it took to see them (those that failed too)."""
    states, runs = States(most_states), list[Run]()
    runtime = Runtime(make_backend(backend), states)
    while states.begin(runtime):
        runs.append(runtime.run(found.setup))
    return states, runs


def one_run(found: Chosen, strategy: Strategy, steps: int = 20_000) -> Run:
    runtime = Runtime(make_backend("greenlets"), strategy, steps)
    assert strategy.begin(runtime)
    return runtime.run(found.setup)
