# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct folio``, its reference count and its memory: system RAM, or memory of a device that the CPU cannot reach.

A reference taken or given back belongs to the step of its caller (``folio_get``, ``folio_put``): under the page-table
lock or the folio lock it is no step of its own, because nobody else can tell it apart. Where it is one, the caller
announces it: ``point(folio.ref_op)`` before, as ``put_page`` does.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops, Op, point
from ..sync import lockdep
from ..sync.folio_lock import FolioLock
from .pte import KINDS

if TYPE_CHECKING:
    from ..kernel import Kernel
    from .pagemap import DevPagemap
    from .pte import Pte
    from .rmap import AnonVma
    from .shmem import Shmem

PAGE_SIZE: Final = 4  # bytes
POISON: Final = bytes.fromhex("6b6b6b6b")  # what a free page holds, so that whoever still reads it finds out
PFNS_PER_TASK: Final = 1000  # page frame numbers tell which task met the page first, and nothing else


class Folio(Kobject):
    """One page, for ever: it is free or allocated, and its number names it.

    ``pgmap``: the device's memory it belongs to; None for system RAM. ``mapping`` and ``index`` lead the reverse map
    (``rmap.py``). ``lru``: on a list of reclaim; a page just faulted in waits in a per-CPU batch.
    """

    # Operations are made when they are first needed: most pages need few.
    _uncounted: ClassVar[frozenset[str]] = frozenset(
        {"kernel", "pfn", "dirty", "mapped_by", "migrating", "published", "ptes", "ref_key", "data_key", "reach_key"}
        | {"ref_op", "get_op", "count_op", "load_op", "store_op"}
    )

    def __init__(self, kernel: Kernel, pfn: int, pgmap: DevPagemap | None = None) -> None:
        super().__init__()
        self.kernel = kernel
        self.pfn = pfn
        self.pgmap = pgmap
        self.refcount = 0
        self.mapcount = 0
        self.mapping: AnonVma | Shmem | None = None
        self.index = 0
        self.data = bytearray(PAGE_SIZE)
        self.zone_device_data = None
        self.lru = False
        self._free_place: FreePlace | None = None
        self.lock = FolioLock(self, (self.oid, "lock"))
        self.ptes: list[Pte | None] = [None] * (2 * len(KINDS))  # the entries that have named it
        self.ref_key = (self.oid, "refcount")
        self.data_key = (self.oid, "data")
        self.reach_key = (self.oid, "reached by GPUs")
        self.dirty = False  # changed in this step: checked at its end
        self.mapped_by = 0  # page-table entries that map it, counted by the page tables
        self.migrating = 0  # migration entries that name it
        self.published = False  # mapped since it was allocated

    @cached_property
    def ref_op(self) -> Op:
        return Op("put_page", self.ref_key, WRITE)

    @cached_property
    def get_op(self) -> Op:
        return Op("folio_try_get", self.ref_key, WRITE)

    @cached_property
    def count_op(self) -> Op:
        return Op("read refcount", self.ref_key, READ)

    @cached_property
    def load_op(self) -> Op:
        return Op("load from page", self.data_key, READ)

    @cached_property
    def store_op(self) -> Op:
        return Op("store to page", self.data_key, WRITE)

    def __repr__(self) -> str:
        return f"page {self.pfn}" if self.pgmap is None else f"{self.pgmap.name} page {self.pfn}"

    @property
    def is_device(self) -> bool:
        """folio_is_zone_device()."""
        return self.pgmap is not None

    def keep(self, place: FreePlace | None) -> None:
        """Where the allocator of RAM has it while it is free."""
        self._free_place = place

    def touched(self) -> None:
        """Its counts changed in this step."""
        if not self.dirty:
            self.dirty = True
            self.kernel.dirty_folios.append(self)

    @property
    def zone_device_data(self) -> Any:
        """The driver's own. It is written while the page is being allocated, before anybody can reach it."""
        return self.__dict__["zone_device_data"]

    @zone_device_data.setter
    def zone_device_data(self, value: object) -> None:
        """Oops where it becomes something else while the page is in use, whoever writes it."""
        known = self.__dict__
        if known.get("published") and self.refcount > 0 and value is not known["zone_device_data"]:
            raise Oops("backpointer", f"zone_device_data of {self!r} is changed while the page is in use")
        known["zone_device_data"] = value

    def set_zone_device_data(self, value: object) -> None:
        """folio_set_zone_device_data()."""
        self.zone_device_data = value

    def ref_count(self) -> int:
        """folio_ref_count(), in the step of the caller."""
        sched.also(self.ref_key, READ)
        return self.refcount


def folio_get(folio: Folio) -> None:
    """The caller holds a reference, or a lock that keeps one."""
    if folio.refcount <= 0:
        raise Oops("use-after-free", f"reference to {folio!r} taken, which is free")
    folio.refcount += 1
    sched.also(folio.ref_key, WRITE)
    folio.touched()


def folio_try_get(folio: Folio) -> bool:
    """A step: nothing keeps the page, which may be free by now."""
    point(folio.get_op)
    if folio.refcount <= 0:
        sched.failed()
        return False
    folio.refcount += 1
    folio.touched()
    return True


def folio_put(folio: Folio) -> None:
    """In the step of the caller; the last reference frees the page."""
    if folio.refcount <= 0:
        raise Oops("refcount", f"reference to {folio!r} dropped, which is free")
    folio.refcount -= 1
    sched.also(folio.ref_key, WRITE)
    folio.touched()
    if folio.refcount == 0:
        _free(folio)


def put_page(folio: Folio) -> None:
    """folio_put() as a step."""
    point(folio.ref_op)
    folio_put(folio)


def _free(folio: Folio) -> None:
    """free_unref_folios(), free_zone_device_folio()."""
    if folio.mapcount or folio.mapped_by:
        raise Oops("use-after-free", f"{folio!r} is freed while {folio.mapped_by or folio.mapcount} entries map it")
    if folio.lock.locked():
        raise Oops("page-lock", f"{folio!r} is freed with its lock held by {folio.lock.owner}")
    folio.mapping = None
    folio.index = 0
    folio.lru = False
    folio.published = False
    folio.data[:] = POISON
    if folio.pgmap is None:
        folio.kernel.memory.free(folio)
    else:
        folio.pgmap.ops.folio_free(folio)


def zone_device_page_init(folio: Folio) -> None:
    """A free device page becomes the caller's: one reference, locked."""
    if folio.refcount:
        raise Oops("refcount", f"{folio!r} is handed out while {folio.refcount} references are held")
    folio.refcount = 1
    sched.also(folio.ref_key, WRITE)
    folio.touched()
    if not folio.lock.trylock_now():
        raise Oops("page-lock", f"{folio!r} is handed out while {folio.lock.owner} has it locked")


class FreePlace:
    """Where a free page is on the free list of a task. ``above``: what came after it, and will go before it."""

    __slots__ = ("above", "folio", "task")

    def __init__(self, folio: Folio, task: int) -> None:
        self.folio = folio
        self.task = task
        self.above: FreePlace | None = None


class Tally:
    """How many pages are in use. It is no attribute of a kernel structure, and no step announces it: additions commute,
    and nobody looks at it but the allocator with a limit, which does announce, and the end of a run."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = 0


class PageAllocator(Kobject):
    """System RAM. Each CPU, here each task, has a list of free pages of its own; ``limit`` pages exist in all.

    Without a limit two allocations never touch the same thing; with one they compete for the count of what is left.

    The last page that came is the first to go. Free lists are no part of a state: they grow where one task allocates
    and another frees, but a page that nobody refers to any more is as good as one that does not exist yet. A page that
    somebody still refers to leads to its ``FreePlace``, and so to when and by whom it will be reused.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"kernel", "made", "free_lists"})

    def __init__(self, kernel: Kernel, limit: int | None = None) -> None:
        super().__init__()
        self.kernel = kernel
        self.limit = limit
        self.free_lists: dict[int, list[FreePlace]] = {}  # by task, as ``made``
        self.made: dict[int, int] = {}
        self._tally = Tally()
        self.key = (self.oid, "free pages")

    @property
    def used(self) -> int:
        """How many pages are not free."""
        return self._tally.used

    def alloc(self) -> Folio | None:
        """alloc_page(GFP_HIGHUSER_MOVABLE), in the step of the caller: one reference, zeroed. None: no memory.

        It may have to reclaim, and so sleep."""
        lockdep.might_sleep("alloc_page")
        if self.limit is not None:
            sched.also(self.key, WRITE)
            if self.used >= self.limit:
                return None
        free = self.free_lists.get(sched.current().number)
        if free:
            folio = free.pop().folio
            folio.keep(None)
            if free:
                free[-1].above = None
            folio.data[:] = bytes(PAGE_SIZE)
        else:
            number = sched.current().number
            made = self.made.get(number, 0)
            self.made[number] = made + 1
            folio = Folio(self.kernel, PFNS_PER_TASK * number + made)
        self._tally.used += 1
        folio.refcount = 1
        sched.also(folio.ref_key, WRITE)
        folio.touched()
        return folio

    def free(self, folio: Folio) -> None:
        """The page's last reference was put."""
        if self.limit is not None:
            sched.also(self.key, WRITE)
        number = sched.current().number
        free = self.free_lists.setdefault(number, [])
        place = FreePlace(folio, number)
        if free:
            free[-1].above = place
        free.append(place)
        folio.zone_device_data = None  # whoever gets it next finds it as new
        folio.keep(place)
        self._tally.used -= 1
