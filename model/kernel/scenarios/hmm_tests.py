# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel self-tests of HMM (tools/testing/selftests/mm/hmm-tests.c): reading and writing through a device.

Buffers are a few pages, and a page holds one int; what is asserted is what the real test asserts. The tests that
migrate are in hmm_migrate_tests.py, those with a child process in hmm_fork_tests.py.
"""

from __future__ import annotations

from errno import EFAULT, EPERM

from .. import sched
from ..dmirror.mirror import Dmirror, Result
from ..mm.mmap import munmap
from ..sched import Oops
from .self_test import BUFFER, ROUNDS, SelfTest, self_test, word


def read_all(test: SelfTest, mirror: Dmirror, values: list[bytes]) -> None:
    """A device reads the whole buffer with one fault, and finds ``values``."""
    result = mirror.device_read(BUFFER, test.pages)
    test.same("device read", (result.ret, result.cpages, result.faults), (0, test.pages, 1))
    test.same("what the device read", result.data, values)


def write_all(test: SelfTest, mirror: Dmirror, values: list[bytes]) -> Result:
    """A device writes the whole buffer with one fault."""
    result = mirror.device_write(BUFFER, values)
    test.same("device write", (result.ret, result.cpages, result.faults), (0, len(values), 1))
    return result


@self_test("open-close")
def open_close(test: SelfTest) -> None:
    """The device is opened and closed."""
    Dmirror(test.devices[0], test.mm).release()


@self_test("anon-read", pages=3, least=2)
def anon_read(test: SelfTest) -> None:
    """Pages 0 and 1 are zero (nothing, and the page of zeros), the others have data; all is read with one fault."""
    test.map()
    test.fill(2)
    test.protect(True, False)
    test.holds({1: 0})
    read_all(test, test.mirrors[0], [word(0), word(0), *test.words()[2:]])
    test.unmap()


@self_test("anon-read-prot", pages=2, least=1)
def anon_read_prot(test: SelfTest) -> None:
    """PROT_NONE: -EFAULT, nothing is read, and the data is still there afterwards."""
    test.map()
    test.fill()
    test.protect(False, False)
    result = test.mirrors[0].device_read(BUFFER, test.pages)
    test.same("device read", result.ret, -EFAULT)
    test.same("what the device read", result.data, [])
    test.protect(True, False)
    test.holds(test.counting())
    test.unmap()


@self_test("anon-read-multiple", pages=2, least=1)
def anon_read_multiple(test: SelfTest) -> None:
    """Ten times a new buffer, each time with other data."""
    for c in range(ROUNDS if test.plain else 2):
        test.map()
        test.fill(base=c)
        read_all(test, test.mirrors[0], test.words(c))
        test.unmap()


@self_test("anon-write", pages=2, least=1)
def anon_write(test: SelfTest) -> None:
    """The device writes memory that nobody has touched, with one fault; the CPU sees the data."""
    test.map()
    write_all(test, test.mirrors[0], test.words(7))
    test.holds(test.counting(7))
    test.unmap()


@self_test("anon-write-prot", pages=2, least=1)
def anon_write_prot(test: SelfTest) -> None:
    """Read-only: a read succeeds, a write is -EPERM and changes nothing; after mprotect() it succeeds."""
    test.map(writable=False)
    result = test.mirrors[0].device_read(BUFFER, 1)
    test.same("device read", (result.ret, result.cpages, result.faults), (0, 1, 1))
    result = test.mirrors[0].device_write(BUFFER, test.words(7))
    test.same("device write", result.ret, -EPERM)
    test.holds(dict.fromkeys(range(test.pages), 0))
    test.protect(True, True)
    write_all(test, test.mirrors[0], test.words(7))
    test.holds(test.counting(7))
    test.unmap()


@self_test("anon-teardown", pages=2, least=2)
def anon_teardown(test: SelfTest) -> None:
    """The device reads the buffer while its second half is unmapped: if that succeeds, the data is right."""
    test.map()
    test.fill(base=7)
    half = test.pages // 2
    second = test.pages - half
    thread = sched.spawn("unmap", lambda: teardown_thread(test, half, second))
    result = test.mirrors[0].device_read(BUFFER, test.pages)
    if not result.ret and test.plain and (result.cpages, result.data) != (test.pages, test.words(7)):
        raise Oops("self-test", f"the device read {result.data!r}")
    sched.point(sched.Op("pthread_join", ("task", thread.number), sched.AWAIT, lambda: thread.done))
    test.unmap(half)


def teardown_thread(test: SelfTest, half: int, second: int) -> None:
    """unmap_buffer()."""
    munmap(test.mm, BUFFER + half, second)


@self_test("double-map", pages=2, least=1, devices=2)
def double_map(test: SelfTest) -> None:
    """Two devices read the same memory; then it migrates to one of them, and the other can still read it."""
    from ..dmirror.commands import migrate_to_device

    test.map()
    test.fill()
    test.protect(True, False)
    for mirror in test.mirrors:
        read_all(test, mirror, test.words())
    result = migrate_to_device(test.mirrors[1], BUFFER, test.pages)
    test.same("migration", (result.ret, result.cpages), (0, test.pages))
    read_all(test, test.mirrors[0], test.words())
    test.unmap()
