# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel self-tests of HMM that migrate memory to a device, take snapshots, or make pages exclusive."""

from __future__ import annotations

from errno import EINVAL, ENOENT, EPERM

from ..dmirror.commands import check_exclusive, exclusive, migrate_to_device
from ..dmirror.mirror import Dmirror
from ..dmirror.snapshot import Prot, snapshot
from ..mm.mmap import mprotect, munmap
from .self_test import BUFFER, ROUNDS, SelfTest, self_test, word


def migrate_all(test: SelfTest, mirror: Dmirror, values: list[bytes]) -> None:
    """The whole buffer migrates to the device, which reads ``values`` there."""
    result = migrate_to_device(mirror, BUFFER, test.pages)
    test.same("migration to the device", (result.ret, result.cpages), (0, test.pages))
    test.same("what the device read", result.data, values)


@self_test("migrate", pages=2, least=1)
def migrate(test: SelfTest) -> None:
    """All pages migrate, and the device has the data."""
    test.map()
    test.fill()
    migrate_all(test, test.mirrors[0], test.words())
    test.unmap()


@self_test("migrate-fault", pages=2, least=2)
def migrate_fault(test: SelfTest) -> None:
    """Half of the pages are faulted back, and then all migrate again: those still on the device stay there."""
    test.map()
    test.fill()
    migrate_all(test, test.mirrors[0], test.words())
    test.holds({page: page for page in range(test.pages // 2)})
    migrate_all(test, test.mirrors[0], test.words())
    test.unmap()


@self_test("migrate-release", pages=2, least=1)
def migrate_release(test: SelfTest) -> None:
    """The device gives up its memory: all pages are back in RAM with their data."""
    test.map()
    test.fill()
    migrate_all(test, test.mirrors[0], test.words())
    test.devices[0].remove_chunks()
    test.same("pages of the device in use", sum(f.refcount > 0 for f in test.devices[0].pgmap.folios), 0)
    test.holds(test.counting())
    test.unmap()


@self_test("migrate-multiple", pages=2, least=1)
def migrate_multiple(test: SelfTest) -> None:
    """Ten times to the device, and back by CPU faults."""
    for c in range(ROUNDS if test.plain else 2):
        test.map()
        test.fill(base=c)
        migrate_all(test, test.mirrors[0], test.words(c))
        test.holds(test.counting(c))
        test.unmap()


@self_test("migrate-shared", pages=2, least=1)
def migrate_shared(test: SelfTest) -> None:
    """Shared memory does not migrate: the device finds no page, -ENOENT."""
    test.map(shared=True)
    result = migrate_to_device(test.mirrors[0], BUFFER, test.pages)
    test.same("migration", result.ret, -ENOENT)
    test.unmap()


def mixed_pages(test: SelfTest, writable: int) -> None:
    """Page 0 PROT_NONE, 1 a hole, 2 the page of zeros, 3 data that is read-only, 4 .. 3 + ``writable`` read-write."""
    test.protect(True, False, page=2, pages=1)
    test.holds({2: 0})
    test.protect(True, True, page=3, pages=1)
    test.store(3, 3)
    test.protect(True, False, page=3, pages=1)
    test.protect(True, True, page=4, pages=writable)


@self_test("migrate-mixed", pages=6, least=6, devices=2)
def migrate_mixed(test: SelfTest) -> None:
    """PROT_NONE and a hole are -EINVAL; four pages of different kinds migrate; a page of the other device does not."""
    first, second = test.mirrors
    test.map(6, readable=False, writable=False)
    test.same("PROT_NONE", migrate_to_device(second, BUFFER, 6).ret, -EINVAL)
    test.same("munmap()", munmap(test.mm, BUFFER + 1, 1), 0)
    test.same("a hole", migrate_to_device(second, BUFFER, 3).ret, -EINVAL)
    mixed_pages(test, 2)
    test.store(4, 3)
    test.store(5, 3)
    result = migrate_to_device(second, BUFFER + 2, 4)
    test.same("four pages", (result.ret, result.cpages), (0, 4))
    test.same("their data", result.data, [word(0), word(3), word(3), word(3)])
    test.same("a foreign device page", migrate_to_device(first, BUFFER + 5, 1).ret, -ENOENT)
    test.unmap(6)


@self_test("snapshot", pages=7, least=7, devices=2)
def snapshot_test(test: SelfTest) -> None:
    """Seven kinds of page, as the first of two devices sees them."""
    first, second = test.mirrors
    test.map(7, readable=False, writable=False)
    test.same("munmap()", munmap(test.mm, BUFFER + 1, 1), 0)
    mixed_pages(test, 3)
    test.store(4, 3)
    for page, mirror in ((5, first), (6, second)):
        result = migrate_to_device(mirror, BUFFER + page, 1)
        test.same(f"migration of page {page}", (result.ret, result.cpages), (0, 1))
    ret, words = snapshot(first, BUFFER, 7)
    test.same("snapshot", ret, 0)
    test.same(
        "what the device saw",
        words,
        [
            Prot.ERROR,
            Prot.ERROR,
            Prot.ZERO | Prot.READ,
            Prot.READ,
            Prot.WRITE,
            Prot.DEV_PRIVATE_LOCAL | Prot.WRITE,
            Prot.NONE,
        ],
    )
    test.unmap(7)


def exclude_all(test: SelfTest) -> None:
    """The device gets the whole buffer for itself, and reads it."""
    result = exclusive(test.mirrors[0], BUFFER, test.pages)
    test.same("exclusive", (result.ret, result.cpages), (0, test.pages))
    test.same("what the device read", result.data, test.words())


@self_test("exclusive", pages=2, least=1)
def exclusive_test(test: SelfTest) -> None:
    """The CPU takes back each page by touching it: then the device cannot do atomics there any more."""
    test.map()
    test.fill()
    exclude_all(test)
    test.holds(test.counting())
    test.fill(base=1)
    test.holds(test.counting(1))
    test.same("still exclusive", check_exclusive(test.mirrors[0], BUFFER, test.pages).ret, 0)
    test.unmap()


@self_test("exclusive-mprotect", pages=2, least=1)
def exclusive_mprotect(test: SelfTest) -> None:
    """After mprotect(PROT_READ) a device write is -EPERM."""
    test.map()
    test.fill()
    exclude_all(test)
    test.same("mprotect()", mprotect(test.mm, BUFFER, test.pages, True, False), 0)
    test.same("device write", test.mirrors[0].device_write(BUFFER, test.words(7)).ret, -EPERM)
    test.unmap()
