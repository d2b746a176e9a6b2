# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel self-tests of HMM with a child process: copy on write for what a device has, or writes."""

from __future__ import annotations

from collections.abc import Callable

from .. import sched
from ..dmirror.mirror import Dmirror
from ..dmirror.snapshot import Prot, snapshot
from ..mm.address_space import Mm
from ..mm.exit import mmput
from ..mm.fork import fork
from .hmm_migrate_tests import exclude_all, migrate_all
from .hmm_tests import write_all
from .self_test import BUFFER, SelfTest, self_test, word


def fork_and_run(test: SelfTest, child: Callable[[Mm], None]) -> Callable[[], None]:
    """fork(): the child runs ``child`` and exits. Returns waitpid(). A fork that fails is no fork at all."""
    mm = fork(test.mm, "child")
    if mm is None:
        test.same("fork()", mm, "a child")
        return lambda: None

    def run() -> None:
        with sched.pending("child-exits"):
            child(mm)
            mmput(mm)

    task = sched.spawn("child", run)
    op = sched.Op("waitpid", ("task", task.number), sched.AWAIT, lambda: task.done)
    return lambda: sched.point(op)


def write_in_child(test: SelfTest, mm: Mm, values: list[bytes]) -> None:
    """The child opens the device for itself, which writes its memory; the child sees the data."""
    child_mirror = Dmirror(test.devices[0], mm)
    write_all(test, child_mirror, values)
    test.holds(test.counting(sign=-1), mm)
    child_mirror.release()


def anon_write_child(test: SelfTest, migrate: bool) -> None:
    test.map()
    test.fill()
    if migrate:
        migrate_all(test, test.mirrors[0], test.words())

    def child(mm: Mm) -> None:
        test.holds(test.counting(), mm)
        write_in_child(test, mm, test.words(sign=-1))

    wait = fork_and_run(test, child)
    wait()
    test.holds(test.counting())
    test.unmap()


@self_test("anon-write-child", pages=2, least=1)
def anon_write_child_test(test: SelfTest) -> None:
    """A device writes the child's private memory: the parent's does not change."""
    anon_write_child(test, False)


@self_test("anon-write-child-migrated", pages=2, least=1)
def anon_write_child_migrated(test: SelfTest) -> None:
    """The same, with the memory on the device when the process forks."""
    anon_write_child(test, True)


@self_test("anon-write-child-shared", pages=2, least=1)
def anon_write_child_shared(test: SelfTest) -> None:
    """A device writes the child's shared memory: the parent sees it."""
    test.map(shared=True)
    test.fill()

    def child(mm: Mm) -> None:
        test.holds(test.counting(), mm)
        write_in_child(test, mm, test.words(sign=-1))

    wait = fork_and_run(test, child)
    wait()
    test.holds(test.counting(sign=-1))
    test.unmap()


@self_test("exclusive-cow", pages=1, least=1)
def exclusive_cow(test: SelfTest) -> None:
    """Parent and child each add one to memory that a device had for itself: both find their own result."""
    test.map()
    test.fill()
    exclude_all(test)

    def increment(mm: Mm) -> None:
        test.holds(test.counting(), mm)
        test.fill(mm=mm, base=1)
        test.holds(test.counting(1), mm)

    wait = fork_and_run(test, increment)
    increment(test.mm)
    wait()
    test.unmap()


@self_test("cow-in-device", pages=2, least=1)
def cow_in_device(test: SelfTest) -> None:
    """The parent writes memory that it shares with a child, on the device: it gets copies in RAM."""
    test.map()
    test.fill()
    migrate_all(test, test.mirrors[0], [word(page) for page in range(test.pages)])
    wait = fork_and_run(test, lambda mm: test.holds(test.counting(), mm))
    test.fill()
    wait()
    ret, words = snapshot(test.mirrors[0], BUFFER, test.pages)
    test.same("snapshot", (ret, words), (0, [Prot.WRITE] * test.pages))
    test.unmap()
