# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel self-tests of HMM with memory that belongs to a file, and with pages pinned by get_user_pages().

A file is its page cache: shared memory of an object. read(2) and write(2) reach the same pages.
"""

from __future__ import annotations

from ..dmirror.commands import migrate_to_device
from ..dmirror.snapshot import Prot, snapshot
from ..mm.exclusive import get_user_page_vma_remote
from ..mm.page import put_page
from ..mm.shmem import Shmem
from ..sched import READ, also, point
from .hmm_tests import read_all, write_all
from .self_test import BUFFER, SelfTest, self_test, word


def the_file(test: SelfTest) -> Shmem:
    """The object that the buffer shows; it stays while the address space does."""
    found = test.mm.vmas[0].file
    assert found is not None
    return found


def pread(file: Shmem, pages: int) -> list[bytes]:
    """The contents of the file, one step for each page; zeros where nobody has touched it."""
    found: list[bytes] = []
    for index in range(pages):
        point(file.op("pages", READ))
        folio = file.pages.get(index)
        if folio is not None:
            also(folio.data_key, READ)
        found.append(word(0) if folio is None else bytes(folio.data))
    return found


@self_test("file-read", pages=2, least=1)
def file_read(test: SelfTest) -> None:
    """The device reads what was written to a file, with one fault."""
    test.map(shared=True)
    test.fill(base=7)
    read_all(test, test.mirrors[0], test.words(7))
    test.unmap()


@self_test("file-write", pages=2, least=1)
def file_write(test: SelfTest) -> None:
    """The device writes a mapped file: the CPU sees it, and so does read(2)."""
    test.map(shared=True)
    file = the_file(test)
    write_all(test, test.mirrors[0], test.words(7))
    test.holds(test.counting(7))
    test.same("pread()", pread(file, test.pages), test.words(7))
    test.unmap()


@self_test("gup", pages=2, least=1)
def gup(test: SelfTest) -> None:
    """get_user_pages() brings device pages back: a pinned page is one of RAM, mapped writable, with its data."""
    test.map()
    test.fill()
    result = migrate_to_device(test.mirrors[0], BUFFER, test.pages)
    test.same("migration to the device", (result.ret, result.cpages), (0, test.pages))
    test.mm.mmap_lock.down_read()
    for page in range(test.pages):
        folio = get_user_page_vma_remote(test.mm, BUFFER + page)
        test.same(f"get_user_pages() of page {page}", isinstance(folio, int), False)
        if not isinstance(folio, int):
            put_page(folio)
    test.mm.mmap_lock.up_read()
    ret, words = snapshot(test.mirrors[0], BUFFER, test.pages)
    test.same("snapshot", (ret, words), (0, [Prot.WRITE] * test.pages))
    test.holds(test.counting())
    test.unmap()
