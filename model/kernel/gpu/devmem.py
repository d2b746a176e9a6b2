# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct drm_pagemap_devmem`` and ``struct drm_pagemap_zdd``: what zone_device_data of a device page points at.

The zdd is a physical thing: it counts the device pages of one allocation, knows the buffer object, and no address.
When the last page is free, the allocation is detached and the object put. A departure: it is put at once, where xe
leaves that to a work item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops, Op, point
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.waitqueue import Completion

if TYPE_CHECKING:
    from ..mm.address_space import Mm
    from ..mm.page import Folio
    from .cache import PagemapLife
    from .vram import Bo


class Timeslice(Kobject):
    """timeslice_expiration: until the device has had its access, or a tick, CPU faults leave the pages there."""

    def __init__(self) -> None:
        super().__init__()
        self.running = False
        self._end_op = Op("time slice ends", (self.oid, "running"), WRITE)
        self._read_op = Op("read time slice", (self.oid, "running"), READ)

    def read_running(self) -> bool:
        """now < timeslice_expiration, a step."""
        point(self._read_op)
        return self.running

    def end(self) -> None:
        point(self._end_op)
        self.running = False


class Devmem(Kobject):
    """drm_pagemap_devmem, a part of the buffer object. ``mm`` is not counted: evicting takes a user of it."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"mm"})

    def __init__(self, bo: Bo, mm: Mm) -> None:
        super().__init__()
        self.bo = bo
        self.mm = mm
        self.pages = len(bo.blocks)
        self.start = 0  # where it was migrated from; only broken evictions look at it
        self.detached = Completion("devmem.detached")
        self.timeslice = Timeslice()
        bo.devmem = self

    def release(self) -> None:
        """ops->devmem_release(): the reference that the allocation has of the object it is in."""
        self.bo.put()


class Zdd(Slab):
    """drm_pagemap_zdd. One reference by the creator while it migrates, one for each device page in use."""

    def __init__(self, devmem: Devmem, dpagemap: PagemapLife) -> None:
        super().__init__()
        self.refs = Refcount("zdd.refcount", 1)
        self.devmem = devmem
        self.dpagemap = dpagemap
        dpagemap.get()

    def get(self) -> Zdd:
        self.alive()
        self.refs.get()
        return self

    def put(self) -> None:
        """drm_pagemap_zdd_put(), drm_pagemap_zdd_destroy()."""
        self.alive()
        if self.refs.put():
            devmem = self.devmem
            devmem.detached.complete_all()
            devmem.release()
            self.kfree()
            self.dpagemap.put()


def zdd_of(folio: Folio) -> Zdd:
    """page->zone_device_data: the caller keeps the page from being freed, and with it the zdd."""
    zdd = folio.zone_device_data
    if not isinstance(zdd, Zdd):
        raise Oops("backpointer", f"zone_device_data of {folio!r} is used before it is written")
    zdd.alive()
    sched.also(folio.ref_key, READ)
    return zdd
