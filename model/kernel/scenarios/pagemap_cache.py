# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lifetime of a device's pagemap: first open to last close plus shrinker."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .. import sched
from ..gpu.cache import PagemapCache, PagemapLife, PagemapShrinker
from ..gpu.device import DrmDevice
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from ..sync.work import WorkQueue


@scenario("pagemap-cache", sizes={"users": Size(2, 1, 3), "rounds": Size(1, 1, 3), "scans": Size(1, 0, 3)})
def pagemap_cache(config: Config, sizes: Mapping[str, int]) -> World:
    """Users look a pagemap up in the cache, or create it, use it and put it, while a shrinker scans.

    At most one pagemap of the device is active; nobody uses one that was destroyed; an inactive one is reactivated or
    destroyed, by whoever takes it off the shrinker's list; no look-up blocks for ever.
    """
    world = _Cache(config)
    for number in range(sizes["users"]):
        sched.spawn(f"user {number}", partial(world.use, sizes["rounds"]))
    if sizes["scans"]:
        sched.spawn("shrinker", partial(world.scan, sizes["scans"]))
    return World([world.device, world.shrinker, world.cache, world.holds], finish=world.finish)


class _Cache:
    """``made``: every pagemap there has been."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.device = DrmDevice("drm0")
        self.shrinker = PagemapShrinker(config)
        self.cache = PagemapCache(config, self.shrinker)
        self.holds = WorkQueue("dev_unhold")
        self.made: list[PagemapLife] = []

    def find_or_create(self) -> PagemapLife:
        """xe_pagemap_find_or_create()."""
        with self.cache.lookup_mutex:
            found = self.cache.get()
            if found is None:
                found = PagemapLife(self.config, self.device, self.shrinker, self.holds)
                self.made.append(found)
                self.cache.set(found)
        return found

    def use(self, rounds: int) -> None:
        for _ in range(rounds):
            with sched.pending("look-up-returns"):
                dpagemap = self.find_or_create()
            active = sum(other.refs.value_now() > 0 for other in self.made)
            if active > 1:
                raise Oops("pagemap-unique", f"{active} pagemaps of one device are active")
            dpagemap.get()
            dpagemap.put()
            dpagemap.put()

    def scan(self, scans: int) -> None:
        for _ in range(scans):
            self.shrinker.scan()

    def finish(self) -> None:
        for dpagemap in self.made:
            if not dpagemap.freed and dpagemap not in self.shrinker.inactive:
                raise Oops("leak", "an inactive pagemap is left that the shrinker does not know")
            if not dpagemap.freed and self.cache.dpagemap is not dpagemap:
                raise Oops("pagemap-unique", "an inactive pagemap is left that no look-up finds")
        if self.device.refs.value != 1:
            raise Oops("leak", f"{self.device!r} is left with {self.device.refs.value} references")
