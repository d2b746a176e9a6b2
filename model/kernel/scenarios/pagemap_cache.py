# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lifetime of a device's pagemap: first open to last close plus shrinker."""

from __future__ import annotations

from collections.abc import Mapping

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
    device = DrmDevice("drm0")
    shrinker = PagemapShrinker(config)
    cache = PagemapCache(config, shrinker)
    holds = WorkQueue("dev_unhold")
    made: list[PagemapLife] = []

    def find_or_create() -> PagemapLife:
        """xe_pagemap_find_or_create()."""
        with cache.lookup_mutex:
            found = cache.get()
            if found is None:
                found = PagemapLife(config, device, shrinker, holds)
                made.append(found)
                cache.set(found)
        return found

    def user() -> None:
        for _ in range(sizes["rounds"]):
            dpagemap = find_or_create()
            active = [other for other in made if other.refs.value > 0]
            if len(active) > 1:
                raise Oops("pagemap-unique", f"{len(active)} pagemaps of one device are active")
            dpagemap.get()
            dpagemap.put()
            dpagemap.put()

    def scan() -> None:
        for _ in range(sizes["scans"]):
            shrinker.scan()

    for number in range(sizes["users"]):
        sched.spawn(f"user {number}", user)
    if sizes["scans"]:
        sched.spawn("shrinker", scan)

    def finish() -> None:
        for dpagemap in made:
            if not dpagemap.freed and (dpagemap not in shrinker.inactive or cache.dpagemap is not dpagemap):
                raise Oops("leak", "an inactive pagemap can be neither found nor shrunk")
        if device.refs.value != 1:
            raise Oops("leak", f"{device!r} is left with {device.refs.value} references")

    return World([device, shrinker, cache, holds], finish=finish)
