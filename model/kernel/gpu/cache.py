# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The cache of a device's pagemap, and the shrinker of pagemaps (drivers/gpu/drm/drm_pagemap_util.c).

Device memory has struct pages from its first user to the last, and then until the shrinker comes by: an inactive
pagemap (without references) waits on the shrinker's list for another first user. The cache points at the pagemap
without a reference. Whoever takes an inactive pagemap off the list decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..object import Kobject
from ..options import Config
from ..sched import Oops
from ..slab import Slab
from ..sync import lockdep
from ..sync.atomic import Refcount
from ..sync.mutex import Mutex
from ..sync.spinlock import SpinLock
from ..sync.waitqueue import Completion
from ..sync.work import WorkItem, WorkQueue
from .device import DrmDevice


class DevHold(Kobject):
    """drm_pagemap_dev_hold: a reference to the device and its module, given back by a work item of its own.

    It is no part of the pagemap, which may be destroyed or have its next hold before the work runs.
    """

    def __init__(self, device: DrmDevice, holds: WorkQueue | None) -> None:
        super().__init__()
        self.device = device
        self.work = WorkItem(holds, "drm_pagemap_dev_unhold_work", self._unhold) if holds is not None else None
        device.refs.get()

    def release(self) -> None:
        """Later, in the work item; at once in a world without a queue."""
        if self.work is None:
            self._unhold()
        else:
            self.work.queue()

    def _unhold(self) -> None:
        self.device.refs.put()


class PagemapLife(Slab):
    """The lifetime of a ``drm_pagemap``: references, device hold, cache. ``destroy`` gives its resources back."""

    def __init__(self, config: Config, device: DrmDevice, shrinker: PagemapShrinker, holds: WorkQueue | None) -> None:
        super().__init__()
        self.config = config
        self.device = device
        self.shrinker = shrinker
        self.cache: PagemapCache | None = None
        self.refs = Refcount("drm_pagemap.ref")
        self.on_destroy: Callable[[], None] | None = None
        self.holds = holds
        self.hold = DevHold(device, holds)
        self.refs.value = 1

    def reinit(self) -> None:
        """drm_pagemap_reinit(): one reference, and another hold on the device and its module."""
        self.hold = DevHold(self.device, self.holds)
        self.refs.set_now(1)

    def get(self) -> None:
        self.alive()
        self.refs.get()

    def put(self) -> None:
        """drm_pagemap_put(): the hold on the device goes last, and later, because the caller may be atomic."""
        self.alive()
        if self.refs.put():
            hold = self.hold
            self.shrinker.add(self)
            hold.release()

    def destroy(self) -> None:
        """drm_pagemap_destroy(): the driver's ops, and kfree()."""
        self.alive()
        if self.on_destroy is not None:
            self.on_destroy()
        self.kfree()


class PagemapShrinker(Kobject):
    """drm_pagemap_shrinker: inactive pagemaps, oldest first."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.lock = SpinLock("shrinker.lock")
        self.inactive: list[PagemapLife] = []

    def add(self, dpagemap: PagemapLife) -> None:
        """drm_pagemap_shrinker_add(): without a device or a cache nobody could find it again.

        Once it is on the list a scan may pop it and a look-up set another one, for which the completion would come
        too early.
        """
        cache = dpagemap.cache
        if cache is None or not dpagemap.device.enter():
            dpagemap.destroy()
            return
        self.lock.lock()
        self.inactive.append(dpagemap)
        if self.config.shrinker_add == "completes-under-lock":
            cache.queued.complete_all()
        self.lock.unlock()
        if self.config.shrinker_add == "completes-after-unlock":
            cache.queued.complete_all()
        dpagemap.device.exit()

    def cancel(self, dpagemap: PagemapLife) -> bool:
        """drm_pagemap_shrinker_cancel(): false if a scan was first."""
        with self.lock:
            if dpagemap not in self.inactive:
                return False
            self.inactive.remove(dpagemap)
            return True

    def scan(self) -> bool:
        """drm_pagemap_shrinker_scan() of one pagemap; false if there was none.

        Between the two locks a look-up may have found the pagemap off the list, and set another one.
        """
        with self.lock:
            if not self.inactive:
                return False
            dpagemap = self.inactive.pop(0)
        cache = dpagemap.cache
        if cache is not None and self.config.shrinker_scan != "leaves-cache":
            with cache.lock:
                if self.config.shrinker_scan == "clears-always" or cache.dpagemap is dpagemap:
                    cache.dpagemap = None
        dpagemap.destroy()
        return True


class PagemapCache(Kobject):
    """drm_pagemap_cache. ``dpagemap`` is under ``lock``; ``queued``: the last put has reached the shrinker's list."""

    def __init__(self, config: Config, shrinker: PagemapShrinker) -> None:
        super().__init__()
        self.config = config
        self.shrinker = shrinker
        self.lookup_mutex = Mutex("cache.lookup_mutex")
        self.lock = SpinLock("cache.lock")
        self.queued = Completion("cache.queued")
        self.dpagemap: PagemapLife | None = None

    def get(self) -> PagemapLife | None:
        """drm_pagemap_get_from_cache(): None tells the caller to create one; ``lookup_mutex`` is held."""
        lockdep.assert_held(self.lookup_mutex, "drm_pagemap_get_from_cache() without lookup_mutex")
        while True:
            self.lock.lock()
            dpagemap = self.dpagemap
            if dpagemap is None:
                self.lock.unlock()
                return None
            dpagemap.alive()
            if self._get_active(dpagemap):
                self.lock.unlock()
                return dpagemap
            if self.config.cache_inactive == "cancels-at-once" or self.queued.is_done():
                return self._reactivate(dpagemap)
            if self.config.cache_inactive == "waits-under-lock":
                self.queued.wait()
            self.lock.unlock()
            self.queued.wait()

    def _get_active(self, dpagemap: PagemapLife) -> bool:
        if self.config.cache_get == "plain":
            dpagemap.refs.get()
            return True
        return dpagemap.refs.get_unless_zero()

    def _reactivate(self, dpagemap: PagemapLife) -> PagemapLife | None:
        """An inactive pagemap, ``lock`` held: ours if it is still on the shrinker's list."""
        ours = self.shrinker.cancel(dpagemap)
        self.dpagemap = None
        self.lock.unlock()
        if not ours:
            return None
        dpagemap.reinit()
        self.set(dpagemap)
        return dpagemap

    def set(self, dpagemap: PagemapLife) -> None:
        """drm_pagemap_cache_set_pagemap()."""
        with self.lock:
            if self.dpagemap is not None:
                raise Oops("pagemap-unique", "the cache is set while it has a pagemap")
            self.dpagemap = dpagemap
            dpagemap.cache = self
            self.queued.done = False  # reinit_completion(): who waits for it holds lookup_mutex, as we do

    def fini(self) -> None:
        """drm_pagemap_cache_fini(), when the device goes: an inactive pagemap is destroyed now."""
        with self.lock:
            dpagemap = self.dpagemap
            self.dpagemap = None
            ours = dpagemap is not None and self.shrinker.cancel(dpagemap)
        if dpagemap is not None and ours:
            dpagemap.destroy()
