# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where the executable kernel hands control to a scheduler: ``point(op)`` before each step that another task can see.

What a task does from one point to the next is one step: the operation it announced, and whatever only it can see.
Code under a lock that nothing else reads without that lock needs no points of its own. Without a scheduler (while a
scenario is set up) points are passed through, and an operation that would block is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import AsyncGeneratorType, CodeType, CoroutineType, GeneratorType
from typing import Any, Final, NamedTuple, Protocol, cast

READ: Final = 0  # commutes with other reads of the same key
WRITE: Final = 1
ACQUIRE: Final = 2  # takes a lock exclusively; blocks while it is held
SHARE: Final = 3  # takes a lock for read; commutes with other SHAREs
RELEASE: Final = 4  # gives a lock back: never enabled together with an ACQUIRE or SHARE that it lets go on
AWAIT: Final = 5  # blocks until a condition over the key holds, and reads it
UNSHARE: Final = 6  # gives a lock for read back: commutes with SHAREs too, which may go on meanwhile

MODES: Final = ("read", "write", "acquire", "share", "release", "await", "unshare")


class Op:
    """A visible operation: what it does (``mode``) to what (``key``), and when it can happen.

    ``key`` names a piece of shared state and is the same in every run of the same schedule. ``ready`` is asked without
    side effect and reads nothing but what ``key`` names and what is the task's own; None is always. ``urgent``: while
    such an operation is enabled, only such operations go on. ``backs_off``: an ACQUIRE that may also go on without the
    lock while somebody holds it, so that it can be enabled together with the RELEASE.
    """

    __slots__ = ("backs_off", "key", "mode", "name", "ready", "urgent")

    def __init__(
        self,
        name: str,
        key: Hashable,
        mode: int,
        ready: Callable[[], bool] | None = None,
        urgent: bool = False,
        backs_off: bool = False,
    ) -> None:
        self.name = name
        self.key = key
        self.mode = mode
        self.ready = ready
        self.urgent = urgent
        self.backs_off = backs_off

    def __repr__(self) -> str:
        return f"{self.name} ({MODES[self.mode]} {self.key})"


START: Final = Op("start", None, READ)


class Stopped(BaseException):
    """The run is over: unwinds a task that had not ended. Never caught by the kernel."""


class Oops(Exception):
    """The kernel did what must never happen: BUG_ON(), use after free, unlock by another task.

    ``check``: the name of the check that failed, as the catalogue of checks lists it; the message is one sentence.
    The run is over where it is made, before any ``finally`` on the way out can let other tasks go on.
    """

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check
        if _scheduler is not None:
            _scheduler.oops(self)


class Task:
    """A thread of the executable kernel.

    ``op`` is what it does next. ``daemon``: a kernel thread that may wait for work for ever, unless it owes something.
    ``held``: the locks it holds, outermost first, as (lock, shared). ``atomic``: how many of them are spin locks (the
    preemption count); while it is not 0 the task must not sleep. ``pending``: what it must complete, outermost first;
    ``completed``: how often it did, by goal. ``urgent``, ``inside`` and ``hurried`` belong to ``urgent()``: whether its
    next step goes before others, in how many such blocks it is, and which it used up.
    ``made`` numbers the objects it created, so that their names do not depend on what other tasks created before.
    """

    __slots__ = (
        "atomic",
        "backing",
        "completed",
        "cpu",
        "daemon",
        "done",
        "function",
        "held",
        "hurried",
        "inside",
        "made",
        "name",
        "number",
        "op",
        "pending",
        "urgent",
        "waits",
    )

    def __init__(self, number: int, name: str, function: Callable[[], object], daemon: bool = False) -> None:
        self.number = number
        self.name = name
        self.function = function
        self.daemon = daemon
        self.op = START
        self.done = False
        self.held: list[tuple[object, bool]] = []
        self.atomic = 0
        self.made = 0
        self.cpu: object = None  # the Cpu it is bound to, if any
        self.pending: list[str] = []
        self.completed: dict[str, int] = {}
        self.urgent = False
        self.inside = 0
        self.hurried: list[str] = []
        self.waits: object = None  # the lock or queue it sleeps on, for the wait-for graph
        self.backing: object = None  # the greenlet or thread

    def __repr__(self) -> str:
        return self.name


class Scheduler(Protocol):
    """What a runtime provides; one at a time is installed."""

    current: Task | None
    tasks: list[Task]

    def point(self, op: Op) -> None: ...

    def choose(self, n: int, why: str) -> int: ...

    def spawn(self, name: str, function: Callable[[], object], daemon: bool = False) -> Task: ...

    def failed(self) -> None: ...

    def also(self, key: Hashable, mode: int) -> None: ...

    def oops(self, oops: Oops) -> None: ...


_SETUP = Task(0, "setup", lambda: None)
_scheduler: Scheduler | None = None


def install(scheduler: Scheduler | None) -> None:
    """From now on points go to this scheduler; None passes them through."""
    global _scheduler
    _scheduler = scheduler
    _SETUP.made = 0
    _SETUP.held.clear()
    _SETUP.atomic = 0


def point(op: Op) -> None:
    """The calling task is about to do ``op``: returns when the scheduler lets it, with ``op`` possible."""
    scheduler = _scheduler
    if scheduler is not None and scheduler.current is not None:
        scheduler.point(op)
    elif op.ready is not None and not op.ready():
        raise Oops("setup", f"{op.name} would block while the scenario is set up")


def choose(n: int, why: str) -> int:
    """What the environment decides: 0 .. n-1, explored like a schedule. 0 is what usually happens. Raises ValueError
    if there is nothing to decide between."""
    if n < 1:
        raise ValueError(f"choose({n}, {why!r}): there is no answer to choose; n counts the answers, 0 .. n-1")
    scheduler = _scheduler
    if scheduler is None or scheduler.current is None:
        return 0
    return scheduler.choose(n, why)


def failed() -> None:
    """The operation of this step changed nothing (a trylock or compare-and-swap that failed): it was a read."""
    if _scheduler is not None:
        _scheduler.failed()


def also(key: Hashable, mode: int) -> None:
    """This step does ``mode`` to ``key`` too (a spin lock given back, a second word written)."""
    if _scheduler is not None:
        _scheduler.also(key, mode)


def current() -> Task:
    """The task that runs; a stand-in of that name while the scenario is set up."""
    scheduler = _scheduler
    return _SETUP if scheduler is None else scheduler.current or _SETUP


def spawn(name: str, function: Callable[[], object], daemon: bool = False) -> Task:
    """A new task. It is created in the scenario's set-up, or by a running task. Raises TypeError for what is none."""
    code: object = getattr(getattr(function, "func", function), "__code__", None)
    if isinstance(code, CodeType) and code.co_flags & LAZY:
        raise TypeError(f"spawn({name!r}): a generator or async function does nothing when it is called: {PLAIN}")
    if _scheduler is None:
        raise Oops("setup", f"no scheduler to run {name}")
    return _scheduler.spawn(name, function, daemon)


LAZY: Final = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
PLAIN: Final = "a task is a plain function, which calls those of the kernel"


def returned(task: Task, value: object) -> None:
    """The function of a task returned ``value``. Raises TypeError for what only now would begin to do something."""
    kind = type(value)
    if issubclass(kind, (GeneratorType, CoroutineType, AsyncGeneratorType)):
        raise TypeError(f"{task.name} returned a {kind.__name__}, which nobody runs: {PLAIN}")


def tasks() -> list[Task]:
    """All that were spawned, those that have ended too."""
    return [] if _scheduler is None else _scheduler.tasks


@contextmanager
def pending(goal: str) -> Generator[None]:
    """What is inside must complete in every fair run, as ``pending`` of the protocol language.

    It has completed however it is left: an exception that is caught outside is an error return. A daemon owes what it
    begins like any other task: inside it may not rest for ever.
    """
    task = current()
    task.pending.append(goal)
    left = True
    try:
        yield
    except (Stopped, Oops):
        left = False  # the run is over
        raise
    finally:
        if left:
            task.pending.pop()
            task.completed[goal] = task.completed.get(goal, 0) + 1


def urgent(block: str, when: bool = True) -> AbstractContextManager[None]:
    """A timing assumption, as ``urgent`` of the protocol language: while some task can go on inside, only such go on.

    Between two of its own steps outside of all these blocks a task is urgent in each ``block`` at most once: one that
    comes round again at once is as slow as any other, or it could keep a lock's holder from running for ever.
    """
    return _urgent(block) if when else _CALM


_CALM: Final = nullcontext()


@contextmanager
def _urgent(block: str) -> Generator[None]:
    task = current()
    before = task.urgent
    task.urgent = block not in task.hurried
    task.inside += 1
    if task.urgent:
        task.hurried.append(block)
    left = True
    try:
        yield
    except (Stopped, Oops):
        left = False  # the run is over, and strategies look at where each task was
        raise
    finally:
        if left:
            task.urgent = before
            task.inside -= 1


class Oid(NamedTuple):
    """Names an object by who created it and how many that task had created before: no part of a state."""

    task: int
    number: int


_named: Callable[[type[Oid], tuple[int, int]], Oid] = cast("Any", tuple).__new__


def new_id() -> Oid:
    scheduler = _scheduler
    task = _SETUP if scheduler is None else scheduler.current or _SETUP
    task.made += 1
    return _named(Oid, (task.number, task.made))  # a third of the time of Oid(...), for each object of each run
