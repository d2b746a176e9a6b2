# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Mistakes in scenarios of users: each ends in a verdict or in an error with its line, and none in a pass."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.session import Session, Wish, run_session
from svmcheck.checker.schedule.watchdog import watchdog
from svmcheck.checker.selection import BadRequest
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import Oops
from svmcheck.model.kernel.sync.mutex import Mutex

BACKENDS = pytest.mark.parametrize("backend", ["greenlets", "threads"])
Task = Callable[["Box"], object]


class Box(Kobject):
    """Shared state of a test, with somewhere to wait for its end."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 0


def scenario(*tasks: Task, **ends: Callable[[Box], None]) -> Chosen:
    """Tasks over one box; ``check`` and ``finish`` of the world."""

    def build(config: Config, sizes: Mapping[str, int]) -> World:
        box = Box()
        for number, task in enumerate(tasks):
            sched.spawn(f"task {number}", lambda task=task: task(box))
        return World([box], **{name: lambda end=end: end(box) for name, end in ends.items()})

    return Chosen(Scenario("mistaken", "", build, {}, {}), (), ())


def session(chosen: Chosen, strategy: str = "states", backend: str = "greenlets") -> Session:
    return run_session(chosen, Wish(strategy, runs=50, backend=backend))


def failure(chosen: Chosen, backend: str = "greenlets") -> tuple[str, str]:
    (violation,) = session(chosen, backend=backend).violations
    return violation.property, violation.message


def read(box: Box) -> None:
    box.read("value")


def leaves(box: Box) -> None:
    box.read("value")
    sys.exit(0)


def gives_up(box: Box) -> None:
    box.read("value")
    raise BaseException("enough")


def raises(box: Box) -> None:
    raise ValueError("wrong")


def reads_in_thread(box: Box) -> None:
    thread = threading.Thread(target=box.read, args=("value",))
    thread.start()
    thread.join()


def digs(box: Box) -> None:
    box.read("value")
    digs(box)


@BACKENDS
@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (scenario(leaves), "SystemExit: 0, at "),
        (scenario(gives_up), "BaseException: enough, at "),
        (scenario(read, check=raises), "ValueError: wrong, at "),
        (scenario(read, finish=raises), "ValueError: wrong, at "),
        (scenario(read, check=leaves), "a check must not reach a point, and this one does: 'read Box.value'"),
        (scenario(read, finish=read), "a check must not reach a point, and this one does: 'read Box.value'"),
        (scenario(reads_in_thread), "'read Box.value' in a thread that is no task"),
    ],
)
def test_whatever_is_raised_fails_the_check_for_exceptions(chosen: Chosen, said: str, backend: str) -> None:
    check, message = failure(chosen, backend)
    assert check == "exception"
    assert message.startswith(said)
    assert not said.endswith(" at ") or "test_misuse.py:" in message


def test_ctrl_c_is_not_what_a_task_raises_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a handler of ours, of which every real one is a class of its own."""
    monkeypatch.setattr("signal.getsignal", lambda number: None)

    def interrupts(box: Box) -> None:
        box.read("value")
        raise KeyboardInterrupt

    check, message = failure(scenario(interrupts))
    assert check == "exception"
    assert message.startswith("KeyboardInterrupt, at ")


@pytest.mark.parametrize("check", [5, "", None])
def test_the_name_of_a_check_is_a_text(check: object) -> None:
    def fails(box: Box) -> None:
        raise Oops(check, "message")  # pyright: ignore[reportArgumentType]

    assert failure(scenario(fails)) == (
        "exception",
        f"Oops({check!r}, 'message'): the first argument is the name of a check",
    )


@pytest.mark.parametrize("strategy", ["states", "dpor", "random"])
def test_a_recursion_without_end_is_an_exception_with_its_line(strategy: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        (violation,) = session(scenario(digs), strategy).violations
    finally:
        sys.setrecursionlimit(limit)
    assert violation.property == "exception"
    assert violation.message.startswith("RecursionError: ")
    assert "test_misuse.py:" in violation.message


def test_a_task_is_a_function_without_arguments() -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        sched.spawn("eager", lambda box: box)  # pyright: ignore[reportArgumentType]
        return World([])

    check, message = failure(Chosen(Scenario("mistaken", "", build, {}, {}), (), ()))
    assert check == "exception"
    assert message.startswith('the function of task "eager" cannot be called without arguments: TypeError: ')
    assert "test_misuse.py:" in message


def test_what_is_spawned_can_be_called() -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        sched.spawn("eager", 0)  # pyright: ignore[reportArgumentType]
        return World([])

    with pytest.raises(TypeError, match=r"spawn\('eager', 0\): a task is a function"):
        session(Chosen(Scenario("mistaken", "", build, {}, {}), (), ()))


# ---- code that cannot be ended


@pytest.fixture
def _impatient() -> Iterator[None]:
    with watchdog(period=0.05, ticks=6):
        yield


def spins(box: Box) -> None:
    end = released
    while not end.is_set():
        pass


def blocks(box: Box) -> None:
    with python_lock:
        box.read("value")
        box.read("value")


def is_deaf(box: Box) -> None:
    end = released
    while not end.is_set():
        with suppress(BaseException):
            box.read("value")


def fails(box: Box) -> None:
    raise Oops("deadlock", "not really")


released = threading.Event()
python_lock = threading.Lock()


@pytest.fixture
def _released() -> Iterator[None]:
    """Ends threads that could not be ended: they would keep a processor busy during other tests. Those that wait for
    the lock wait for ever: what they did next would be part of another test."""
    global python_lock, released
    released = threading.Event()
    python_lock = threading.Lock()
    yield
    released.set()


@BACKENDS
@pytest.mark.usefixtures("_impatient", "_released")
@pytest.mark.parametrize("chosen", [scenario(spins), scenario(blocks, blocks), scenario(read, check=spins)])
def test_who_reaches_no_point_is_named_with_the_line(chosen: Chosen, backend: str) -> None:
    with pytest.raises(BadRequest, match=r'task "task \d" has reached no point for ') as error:
        session(chosen, backend=backend)
    assert "test_misuse.py:" in error.value.where


@pytest.mark.usefixtures("_impatient", "_released")
def test_a_set_up_without_end_is_ended() -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        spins(Box())
        return World([])

    with pytest.raises(BadRequest, match=r"the set-up has not come to its end in "):
        session(Chosen(Scenario("mistaken", "", build, {}, {}), (), ()))


@BACKENDS
@pytest.mark.usefixtures("_released")
def test_who_catches_everything_is_named_with_the_line(backend: str) -> None:
    with pytest.raises(BadRequest, match='task "task 0" cannot be ended') as error:
        session(scenario(is_deaf, fails), backend=backend)
    assert "test_misuse.py:" in error.value.where


def test_who_catches_everything_without_a_point_ends_the_program() -> None:
    """In a process of its own: nothing else ends such code."""
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'error: task "endless" has reached no point for ' in done.stderr


ENDLESS = """
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.session import Wish, run_session
from svmcheck.checker.schedule.watchdog import watchdog
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import Scenario, World

def endless():
    while True:
        try:
            while True:
                pass
        except:
            pass

def build(config, sizes):
    sched.spawn("endless", endless)
    return World([])

with watchdog(period=0.05, ticks=2):
    run_session(Chosen(Scenario("mistaken", "", build, {}, {}), (), ()), Wish("states"))
"""


def test_a_deadlock_says_where_each_task_waits() -> None:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        left, right = Mutex("left"), Mutex("right")

        def both(first: Mutex, second: Mutex) -> None:
            with first, second:
                pass

        sched.spawn("one", lambda: both(left, right))
        sched.spawn("other", lambda: both(right, left))
        return World([left, right])

    found = Chosen(Scenario("mistaken", "", build, {}, {}), (), ())
    from svmcheck.checker.schedule.backends import make_backend
    from svmcheck.checker.schedule.runtime import Runtime
    from svmcheck.checker.schedule.strategies.random import RandomWalk

    walk = RandomWalk(1, 100)
    runtime = Runtime(make_backend("greenlets"), walk, lock_order=False)
    messages: list[str] = []
    while walk.begin(runtime):
        run = runtime.run(found.setup)
        messages += [run.failure.message] if run.failure is not None else []
    line = both_line()
    assert messages
    assert all(message.count(f"test_misuse.py:{line})") == 2 for message in messages)


def both_line() -> int:
    source = Path(__file__).read_text().splitlines()
    return source.index("            with first, second:") + 1
