# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct dev_pagemap`` (mm/memremap.c): memory of a device with struct pages, and the driver's functions for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from .. import sched
from ..object import Kobject
from ..sync.waitqueue import wait_event
from .page import Folio

if TYPE_CHECKING:
    from ..kernel import Kernel
    from .fault import Vmf


class PagemapOps(Protocol):
    """``struct dev_pagemap_ops``."""

    def migrate_to_ram(self, vmf: Vmf) -> int:
        """The CPU faulted on ``vmf.page``: bring it back. VM_FAULT_*; 0 also where nothing could be done."""
        ...

    def folio_free(self, folio: Folio) -> None:
        """The last reference is gone; may not sleep."""
        ...


class DevPagemap(Kobject):
    """``pages`` pages of a device, all free. ``owner``: whose pages hmm_range_fault() gives to whom as they are."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"kernel"})

    def __init__(self, kernel: Kernel, name: str, pages: int, owner: object, ops: PagemapOps) -> None:
        """memremap_pages()."""
        super().__init__()
        self.kernel = kernel
        self.name = name
        self.owner = owner
        self.ops = ops
        self.folios = [Folio(kernel, pfn, self) for pfn in range(pages)]
        self.dead = False
        self.key = (self.oid, "pages in use")
        kernel.pagemaps.append(self)

    def __repr__(self) -> str:
        return self.name

    def _unused(self) -> bool:
        return all(folio.refcount == 0 for folio in self.folios)

    def memunmap(self) -> None:
        """memunmap_pages(): no new user, then wait until every page is free."""
        self.write("dead", True)
        wait_event(f"{self.name} to be unused", self.key, self._unused)

    def page_freed(self) -> None:
        """put_dev_pagemap() for a page that was freed: what memunmap() waits for changes with this step."""
        sched.also(self.key, sched.WRITE)
