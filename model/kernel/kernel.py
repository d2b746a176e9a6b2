# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One running kernel: its configuration, its memory, the oracle of its data, and what is checked after each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from .checks.mm import MmChecks
from .mm.address_space import Mm
from .mm.oracle import Oracle
from .mm.page import Folio, PageAllocator
from .mm.pagemap import DevPagemap
from .object import Kobject
from .options import Config
from .scenario import World
from .sync.work import WorkItem, WorkQueue


class Kernel(Kobject):
    """A driver adds its structures to ``devices``, and what it wants checked to ``checks`` and ``finishes``.

    ``page_checks`` and ``page_finishes`` are the kernel's own: the former look at the pages and entries that a step
    changed (``dirty_*``), and are called only if it changed some. ``ram``: how many pages of RAM exist; None: enough.
    ``drain``: a work item for each CPU that lru_add_drain_all() waits for; without any it is done at once.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset(
        {"config", "dirty_folios", "dirty_ptes", "page_checks", "page_finishes"}
    )

    def __init__(self, config: Config, ram: int | None = None) -> None:
        super().__init__()
        self.config = config
        self.dirty_folios: list[Folio] = []
        self.dirty_ptes: list[tuple[Mm, int]] = []
        self.memory = PageAllocator(self, ram)
        self.zero_page = Folio(self, -1)  # ZERO_PAGE(): its entries are not counted, and it is never freed
        self.zero_page.refcount = 1
        self.pagemaps: list[DevPagemap] = []
        self.oracle = Oracle()
        self.mms: list[Mm] = []
        self.devices: list[object] = []
        self.drain: list[WorkItem] = []
        mm_checks = MmChecks(self)
        self.page_checks: list[Callable[[], None]] = [mm_checks.check]
        self.page_finishes: list[Callable[[], None]] = [mm_checks.finish]
        self._checks: list[Callable[[], None]] = []
        self._finishes: list[Callable[[], None]] = []
        self._system_wq: WorkQueue | None = None

    @property
    def checks(self) -> list[Callable[[], None]]:
        """Called after every step. What they remember between two calls is part of the state."""
        return self._checks

    @property
    def finishes(self) -> list[Callable[[], None]]:
        """Called at the end of a complete run. What tasks have left them to look at is part of the state."""
        return self._finishes

    def new_mm(self, name: str) -> Mm:
        """mm_alloc()."""
        mm = Mm(self, name)
        self.mms.append(mm)
        return mm

    def system_wq(self) -> WorkQueue:
        """Where work goes that may wait for anything; its worker is spawned when it is first needed."""
        if self._system_wq is None:
            self._system_wq = WorkQueue("events")
        return self._system_wq

    def lru_add_drain_all(self) -> None:
        """Pages on their way to the LRU lists get there: every CPU has to do its work item."""
        for item in self.drain:
            item.queue()
        for item in self.drain:
            item.flush()

    def check(self) -> None:
        """After a step: Oops where the state is wrong."""
        if self.dirty_folios or self.dirty_ptes:
            for check in self.page_checks:
                check()
            for folio in self.dirty_folios:
                folio.dirty = False
            self.dirty_folios.clear()
            self.dirty_ptes.clear()
        for check in self._checks:
            check()

    def finish(self) -> None:
        """After a complete run."""
        for finish in (*self.page_finishes, *self._finishes):
            finish()

    def world(self, observed: Mapping[str, object] | None = None) -> World:
        """What a scenario returns."""
        self.check()
        return World([self], self.check, self.finish, dict(observed or {}))
