# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the kernel self-tests of HMM share: a process with a buffer, one or two devices, and perhaps an adversary.

Alone, a test asserts what the real one asserts ("self-test"). With an adversary (option ``adversary``), which does one
thing to the buffer at whatever point the scheduler picks, results depend on the order; what holds in any order is
judged by the oracle and the checks: an access that succeeds has the right data, and nothing crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ..dmirror.commands import migrate_to_device
from ..dmirror.device import DmirrorDevice
from ..dmirror.mirror import Dmirror
from ..kernel import Kernel
from ..mm.access import Signal, cpu_read, cpu_write
from ..mm.address_space import Mm
from ..mm.exit import mmput
from ..mm.mmap import mmap, mprotect, munmap
from ..mm.page import PAGE_SIZE
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops, choose, pending, spawn
from ..sync.waitqueue import Completion

T = TypeVar("T")

BUFFER = 16  # where the buffer of a test is mapped
ROUNDS = 10  # NTIMES


def word(value: int) -> bytes:
    """The contents of a page: one int."""
    return (value & 0xFFFFFFFF).to_bytes(PAGE_SIZE, "little")


class SelfTest:
    """``pages`` of buffer at BUFFER in ``mm``; ``mirrors``: an open file of each device."""

    def __init__(self, config: Config, pages: int, devices: int) -> None:
        self.kernel = Kernel(config)
        self.plain = config.adversary == "none"
        self.pages = pages
        self.mm = self.kernel.new_mm("test")
        self.devices = [DmirrorDevice(self.kernel, f"dmirror{i}", pages + 2, not self.plain) for i in range(devices)]
        self.mirrors = [Dmirror(device, self.mm) for device in self.devices]
        self.alone = Completion("the adversary")

    # ---- assertions

    def same(self, what: str, found: object, wanted: object) -> None:
        """ASSERT_EQ(), which only means something when nobody interferes."""
        if self.plain and found != wanted:
            raise Oops("self-test", f"{what}: {found!r}, not {wanted!r}")

    def map(self, pages: int | None = None, readable: bool = True, writable: bool = True, shared: bool = False) -> None:
        """mmap() of the buffer."""
        ret = mmap(self.mm, BUFFER, pages or self.pages, readable, writable, shared)
        self.same("mmap()", ret, 0)

    def unmap(self, pages: int | None = None) -> None:
        """hmm_buffer_free()."""
        self.same("munmap()", munmap(self.mm, BUFFER, pages or self.pages), 0)

    def protect(self, readable: bool, writable: bool, page: int = 0, pages: int | None = None) -> None:
        ret = mprotect(self.mm, BUFFER + page, pages or self.pages, readable, writable)
        self.same("mprotect()", ret, 0)

    def load(self, page: int, mm: Mm | None = None) -> bytes | Signal:
        """The CPU reads a page of the buffer."""
        return self._survived(cpu_read(mm or self.mm, BUFFER + page, 0, PAGE_SIZE))

    def store(self, page: int, value: int, mm: Mm | None = None) -> None:
        """The CPU writes a page of the buffer."""
        signal = self._survived(cpu_write(mm or self.mm, BUFFER + page, 0, word(value)))
        self.same(f"store to page {page}", signal, None)

    def _survived(self, outcome: T) -> T:
        if outcome is Signal.SIGBUS or outcome is Signal.OOM:
            raise Oops("sigbus", f"an access of the CPU ended in {outcome.name}")
        return outcome

    def fill(self, first: int = 0, mm: Mm | None = None, base: int = 0) -> None:
        """The CPU writes base + i to each page i from ``first``."""
        for page in range(first, self.pages):
            self.store(page, base + page, mm)

    def holds(self, values: Mapping[int, int], mm: Mm | None = None) -> None:
        """The CPU reads these values."""
        for page, value in values.items():
            self.same(f"page {page}", self.load(page, mm), word(value))

    def counting(self, base: int = 0, sign: int = 1) -> dict[int, int]:
        """Page i holds base + i, or -i."""
        return {page: base + sign * page for page in range(self.pages)}

    def words(self, base: int = 0, sign: int = 1) -> list[bytes]:
        return [word(value) for value in self.counting(base, sign).values()]

    # ---- the end

    def close(self) -> None:
        """pthread_join() where there is another thread, FIXTURE_TEARDOWN, and the end of the process."""
        if not self.plain:
            self.alone.wait()
        for mirror in self.mirrors:
            mirror.release()
        mmput(self.mm)


def adversary(test: SelfTest) -> None:
    """One thing happens to the buffer, to one page of it where that is a choice."""
    what = test.kernel.config.adversary
    if what == "evict":
        test.devices[0].evict_chunk()
        return
    if what == "migrate":
        migrate_to_device(test.mirrors[0], BUFFER, test.pages)
        return
    page = choose(test.pages, "page of the adversary")
    if what == "munmap":
        munmap(test.mm, BUFFER + page, 1)
    elif what == "mprotect":
        mprotect(test.mm, BUFFER + page, 1, True, False)
    else:
        test.store(page, 0xBAD)


Body = Callable[[SelfTest], None]


def self_test(name: str, pages: int = 4, least: int = 2, devices: int = 1) -> Callable[[Body], Body]:
    """Registers a test as the scenario ``hmm-NAME``."""

    def register(body: Body) -> Body:
        def build(config: Config, sizes: Mapping[str, int]) -> World:
            test = SelfTest(config, sizes["pages"], devices)

            def run() -> None:
                with pending("test-ends"):
                    body(test)
                    test.close()

            spawn("test", run)
            if not test.plain:
                spawn("adversary", lambda: interfere(test))
            return test.kernel.world()

        build.__doc__ = body.__doc__
        scenario(f"hmm-{name}", {"pages": Size(pages, least=least)})(build)
        return body

    return register


def interfere(test: SelfTest) -> None:
    """The adversary is a thread of the process."""
    with pending("adversary-ends"):
        adversary(test)
        test.alone.complete_all()
