# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small random programs over the locks of the executable kernel, and every trace of theirs by brute force.

The brute force executes all interleavings and knows nothing of reductions; which steps depend on each other is said
here once more, so that a mistake in ``checker/schedule/dependence.py`` does not hide itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import cast

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategy import Strategy
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import AWAIT, READ, SHARE, UNSHARE, WRITE, Oops, Task
from svmcheck.model.kernel.sync.atomic import Atomic
from svmcheck.model.kernel.sync.mutex import Mutex
from svmcheck.model.kernel.sync.rwsem import RwSem
from svmcheck.model.kernel.sync.spinlock import SpinLock
from svmcheck.model.kernel.sync.waitqueue import Completion, wait_event

# ---- programs

Statement = tuple[object, ...]
Body = tuple[Statement, ...]


class Cell(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.value = 0


class Shared:
    """What the tasks of a program share, and what each of them saw."""

    def __init__(self, kinds: frozenset[str]) -> None:
        """Only what statements of ``kinds`` use: most runs are short, and this is a good part of each."""
        self.cells = [Cell(), Cell()]
        self.numbers = [Atomic("a"), Atomic("b")] if kinds & {"add", "cas"} else []
        self.mutexes = [Mutex("m0"), Mutex("m1")] if kinds & {"lock", "trylock", "wait_unlocked"} else []
        semaphores = kinds & {"down_read", "down_write", "try_read", "try_write"}
        self.rwsems = [RwSem("s0"), RwSem("s1", writer_preference=False)] if semaphores else []
        self.spins = [SpinLock("spin")] if "spin" in kinds else []
        self.completions = [Completion("c0"), Completion("c1")] if kinds & {"complete", "wait", "reinit"} else []
        self.seen: dict[int, list[object]] = {}

    def final(self) -> Hashable:
        """What can be told of a run from its end."""
        return (
            tuple(cell.value for cell in self.cells),
            tuple(number.value for number in self.numbers),
            tuple((task, tuple(seen)) for task, seen in sorted(self.seen.items())),
        )


def execute(shared: Shared, body: Body) -> None:
    for statement in body:
        getattr(_Statements, str(statement[0]))(shared, *statement[1:])


def _see(shared: Shared, value: object) -> None:
    shared.seen.setdefault(sched.current().number, []).append(value)


class _Statements:
    """What each statement does; the first of a tuple names it."""

    @staticmethod
    def read(shared: Shared, which: int) -> None:
        _see(shared, shared.cells[which].read("value"))

    @staticmethod
    def write(shared: Shared, which: int, value: int) -> None:
        shared.cells[which].write("value", value)

    @staticmethod
    def when(shared: Shared, which: int, value: int, body: Body) -> None:
        """What a task does next depends on what it reads."""
        if shared.cells[which].read("value") == value:
            execute(shared, body)

    @staticmethod
    def fail(shared: Shared, which: int, value: int) -> None:
        if shared.cells[which].read("value") == value:
            raise Oops("planted", "a value that must not be read")

    @staticmethod
    def both(shared: Shared, which: int, value: int) -> None:
        """What a step touches depends on what it reads."""
        if shared.cells[which].read("value") != value:
            sched.also((shared.cells[1 - which].oid, "value"), WRITE)
            shared.cells[1 - which].value += 2

    @staticmethod
    def add(shared: Shared, which: int) -> None:
        _see(shared, shared.numbers[which].add(1))

    @staticmethod
    def cas(shared: Shared, which: int, old: int, new: int) -> None:
        _see(shared, shared.numbers[which].cmpxchg(old, new))

    @staticmethod
    def lock(shared: Shared, which: int, body: Body) -> None:
        shared.mutexes[which].lock()
        execute(shared, body)
        shared.mutexes[which].unlock()

    @staticmethod
    def trylock(shared: Shared, which: int, body: Body) -> None:
        if shared.mutexes[which].trylock():
            execute(shared, body)
            shared.mutexes[which].unlock()
        else:
            _see(shared, "busy")

    @staticmethod
    def spin(shared: Shared, which: int, body: Body) -> None:
        with shared.spins[which]:
            execute(shared, body)

    @staticmethod
    def down_read(shared: Shared, which: int, body: Body) -> None:
        shared.rwsems[which].down_read()
        execute(shared, body)
        shared.rwsems[which].up_read()

    @staticmethod
    def down_write(shared: Shared, which: int, downgrade: bool, body: Body) -> None:
        shared.rwsems[which].down_write()
        if downgrade:
            shared.rwsems[which].downgrade_write()
        execute(shared, body)
        (shared.rwsems[which].up_read if downgrade else shared.rwsems[which].up_write)()

    @staticmethod
    def try_read(shared: Shared, which: int, body: Body) -> None:
        if shared.rwsems[which].down_read_trylock():
            execute(shared, body)
            shared.rwsems[which].up_read()

    @staticmethod
    def try_write(shared: Shared, which: int, body: Body) -> None:
        if shared.rwsems[which].down_write_trylock():
            execute(shared, body)
            shared.rwsems[which].up_write()

    @staticmethod
    def complete(shared: Shared, which: int) -> None:
        shared.completions[which].complete_all()

    @staticmethod
    def reinit(shared: Shared, which: int) -> None:
        shared.completions[which].reinit()

    @staticmethod
    def wait(shared: Shared, which: int) -> None:
        shared.completions[which].wait()

    @staticmethod
    def wait_value(shared: Shared, which: int, value: int) -> None:
        cell = shared.cells[which]
        wait_event("a value", (cell.oid, "value"), lambda: cell.value == value)

    @staticmethod
    def wait_unlocked(shared: Shared, which: int, locked: bool) -> None:
        mutex = shared.mutexes[which]
        wait_event("the mutex", (mutex.oid, "owner"), lambda: mutex.locked() == locked)

    @staticmethod
    def choose(shared: Shared, n: int, body: Body) -> None:
        value = sched.choose(n, "a choice")
        _see(shared, value)
        if value == 0:
            execute(shared, body)

    @staticmethod
    def spawn(shared: Shared, body: Body) -> None:
        sched.spawn("child", lambda: execute(shared, body))

    @staticmethod
    def hurry(shared: Shared, body: Body) -> None:
        with sched.urgent("hurry"):
            execute(shared, body)


def _kinds(body: Body) -> Iterator[str]:
    for statement in body:
        yield str(statement[0])
        inner = statement[-1]
        if isinstance(inner, tuple):
            yield from _kinds(cast("Body", inner))


@dataclass(frozen=True)
class Program:
    bodies: tuple[Body, ...]
    daemon: bool = False  # the last task

    def setup(self, keep: list[Shared]) -> Callable[[], World]:
        """``keep`` gets what the current run shares."""
        kinds = frozenset(kind for body in self.bodies for kind in _kinds(body))

        def build() -> World:
            shared = Shared(kinds)
            keep[:] = [shared]
            for number, body in enumerate(self.bodies):
                daemon = self.daemon and number == len(self.bodies) - 1
                sched.spawn(f"t{number}", lambda body=body: execute(shared, body), daemon)
            return World([])

        return build


PLAIN = ("read", "write", "add", "cas", "both", "fail")
NESTED = ("lock", "trylock", "down_read", "down_write", "try_read", "try_write", "spin", "when", "choose", "spawn")
WAITING = ("complete", "wait", "reinit", "wait_value", "wait_unlocked")
LOCK_OF = {"lock": "mutex", "trylock": "mutex", "spin": "spin"} | dict.fromkeys(
    ("down_read", "down_write", "try_read", "try_write"), "rwsem"
)
PARTNERS = {"wait": "complete", "wait_value": "write", "wait_unlocked": "lock", "reinit": "complete", "fail": "write"}


@dataclass
class Generator:
    """Programs of at most ``most`` statements, each of a few kinds and about few objects, so that tasks meet."""

    random: random.Random
    most: int = 7
    urgent: bool = False
    left: int = field(default=0, init=False)
    kinds: list[str] = field(default_factory=list[str], init=False)

    def program(self) -> Program:
        draw = self.random
        chosen = draw.sample(PLAIN, 1) + draw.sample(NESTED, draw.randint(1, 2))
        chosen += draw.sample(PLAIN + NESTED + WAITING, 1)
        self.kinds = [*chosen, *(PARTNERS[kind] for kind in chosen if kind in PARTNERS)]
        if self.urgent:
            self.kinds.append("hurry")
        self.left = draw.randint(3, self.most)
        tasks = draw.choice((2, 3, 3, 4))
        shares = [max(1, round(self.left / tasks))] * (tasks - 1)
        bodies = [self._body(share, frozenset()) for share in [*shares, self.left]]
        return Program(tuple(body for body in bodies if body), draw.random() < 0.15)

    def _body(self, share: int, held: frozenset[str]) -> Body:
        found: list[Statement] = []
        stop = self.left - share
        while self.left > max(stop, 0):
            found.append(self._statement(held))
        return tuple(found)

    def _statement(self, held: frozenset[str]) -> Statement:
        self.left -= 1
        for _ in range(20):
            found = self._made(self.random.choice(self.kinds), held)
            if found is not None:
                return found
        return "read", 0

    def _made(self, kind: str, held: frozenset[str]) -> Statement | None:
        """A statement of a kind; None if it makes no sense with what is held."""
        draw = self.random
        which, value = int(draw.random() < 0.2), draw.randrange(3)
        spinning = "spin0" in held
        match kind:
            case "read" | "add" | "complete":
                return kind, which
            case "write" | "both" | "fail":
                return kind, which, value
            case "cas":
                return kind, which, value, value + 1
            case "wait" | "reinit":
                return None if spinning else (kind, which)
            case "wait_value":
                return None if spinning else (kind, which, draw.randrange(2))
            case "wait_unlocked":
                return None if spinning else (kind, which, draw.random() < 0.3)
            case "when":
                return kind, which, draw.randrange(2), self._body(draw.randint(1, 2), held)
            case "choose":
                return kind, draw.choice((2, 3)), self._body(1, held)
            case "spawn":
                return kind, self._body(draw.randint(1, 2), frozenset())
            case "hurry":
                return None if "hurry" in held else (kind, self._body(draw.randint(1, 2), held | {"hurry"}))
            case _:
                return self._locking(kind, 0 if kind == "spin" else which, held)

    def _locking(self, kind: str, which: int, held: frozenset[str]) -> Statement | None:
        lock = f"{LOCK_OF[kind]}{which}"
        if lock in held or "spin0" in held:
            return None
        body = self._body(self.random.randrange(3), held | {lock})
        return (kind, which, self.random.random() < 0.2, body) if kind == "down_write" else (kind, which, body)


# ---- traces

Label = tuple[Hashable, ...]


@dataclass(frozen=True)
class Step:
    """What a step was: its task, the operation, what it touched, what the environment decided, whom it created."""

    task: int
    op: str
    touched: frozenset[tuple[Hashable, int]]
    value: int | None
    created: tuple[int, ...]
    hurried: bool


_steps: dict[Step, int] = {}
_known: list[Step] = []


def number_of(step: Step) -> int:
    """Steps as numbers: the same ones come again and again, and comparing them takes time."""
    found = _steps.get(step)
    if found is None:
        found = _steps[step] = len(_known)
        _known.append(step)
    return found


@cache
def depends(later: int, earlier: int) -> bool:
    """Whether a step has to stay after an earlier one."""
    step, other = _known[later], _known[earlier]
    if step.task == other.task or step.task in other.created:
        return True
    if (step.created and other.created) or step.hurried or other.hurried:
        return True
    pairs = product(step.touched, other.touched)
    return any(key == touched and not _commute(mode, how) for (key, mode), (touched, how) in pairs)


def _commute(some: int, other: int) -> bool:
    pair = {some, other}
    return pair <= {READ, AWAIT} or pair <= {SHARE, UNSHARE}


def normal_form(steps: Sequence[int], only_past_of_last: bool) -> Hashable:
    """The Foata normal form: equal for two runs exactly if they are one Mazurkiewicz trace."""
    levels: list[int] = []
    before: list[int] = []  # for each step a mask of those before it
    for at, step in enumerate(steps):
        level = past = 0
        for earlier in range(at):
            if depends(step, steps[earlier]):
                past |= before[earlier] | 1 << earlier
                level = max(level, levels[earlier])
        levels.append(level + 1)
        before.append(past)
    kept = before[-1] | 1 << len(steps) - 1 if only_past_of_last and steps else -1
    return frozenset((levels[at], step) for at, step in enumerate(steps) if kept >> at & 1)


class Recorder:
    """Notes the steps of each run of another strategy, and what they come to."""

    name = "recorder"

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.steps: list[int] = []
        self.runtime: Runtime | None = None
        self._tasks = 0
        self._hurry = False

    def begin(self, runtime: Runtime) -> bool:
        self.runtime = runtime
        self.steps = []
        return self.strategy.begin(runtime)

    def _note(self, left: Sequence[Task]) -> None:
        runtime = self.runtime
        assert runtime is not None
        assert runtime.last_task is not None
        op = runtime.last_op
        touched = set(runtime.last_also)
        if op.key is not None:
            touched.add((op.key, READ if runtime.last_failed else op.mode))
        created = tuple(range(self._tasks + 1, len(runtime.tasks) + 1))
        hurried = self._hurry or any(task.urgent for task in left)
        number, value = runtime.last_task.number, runtime.last_choice
        self.steps.append(number_of(Step(number, op.name, frozenset(touched), value, created, hurried)))

    def pick(self, enabled: list[Task]) -> Task | None:
        runtime = self.runtime
        assert runtime is not None
        if runtime.schedule:
            self._note(runtime.alive)
        self._tasks = len(runtime.tasks)
        self._hurry = any(task.urgent for task in runtime.alive)
        return self.strategy.pick(enabled)

    def value(self, n: int) -> int:
        return self.strategy.value(n)

    def end(self, run: Run) -> None:
        assert self.runtime is not None
        if self.runtime.schedule and run.end != "abandoned":
            self._note(self.runtime.unfinished)
        self.strategy.end(run)


class BruteForce:
    """Every schedule, in lexical order."""

    name = "brute force"

    def __init__(self) -> None:
        self.decisions: list[list[int]] = []  # at each decision the alternatives that are left, the current one last
        self.at = 0
        self.begun = False

    def begin(self, runtime: Runtime) -> bool:
        if self.begun:
            while self.decisions and len(self.decisions[-1]) == 1:
                self.decisions.pop()
            if not self.decisions:
                return False
            self.decisions[-1].pop()
        self.begun = True
        self.at = 0
        return True

    def _decide(self, alternatives: list[int]) -> int:
        if self.at == len(self.decisions):
            self.decisions.append(alternatives[::-1])
        self.at += 1
        return self.decisions[self.at - 1][-1]

    def pick(self, enabled: list[Task]) -> Task | None:
        number = self._decide([task.number for task in enabled])
        return next(task for task in enabled if task.number == number)

    def value(self, n: int) -> int:
        return self._decide(list(range(n)))

    def end(self, run: Run) -> None:
        pass


@dataclass(frozen=True)
class Seen:
    """A complete run: how it ended, what can be told from that end, and its trace."""

    end: str
    check: str
    final: Hashable
    trace: Hashable


def explore(program: Program, strategy: Strategy, most: int | None = None) -> Iterator[Seen | None]:
    """What each run of a program comes to; None for one that was given up. Ends early after ``most`` runs."""
    recorder = Recorder(strategy)
    runtime = Runtime(Greenlets(), recorder, lock_order=False)
    keep: list[Shared] = []
    setup = program.setup(keep)
    while recorder.begin(runtime) and most != 0:
        run = runtime.run(setup)
        if run.end == "abandoned":
            yield None
        else:
            check = run.failure.check if run.failure is not None else ""
            broke = run.end == "failed" and not runtime.stuck
            final = () if broke else keep[0].final()
            yield Seen(run.end, check, final, normal_form(recorder.steps, broke))
        if most is not None:
            most -= 1
