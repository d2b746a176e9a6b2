# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Groups of devices that reach each other's memory (drm_pagemap_acquire_owner(), drivers/gpu/drm/drm_pagemap_util.c).

The group is the ``owner`` of its members' device pages: hmm_range_fault() hands them to any member as they are. A
device joins the first group with all of whose members it has an interconnect, or makes a new one. This is greedy:
what groups there are depends on the order in which devices come, and groups neither merge nor split later.
"""

from __future__ import annotations

from collections.abc import Callable

from ..object import Kobject
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.mutex import Mutex

Interconnect = Callable[[str, str], bool]
"""Whether two devices, by name, reach each other's memory."""


class Owner(Slab):
    """drm_pagemap_owner: one reference for each member; ``peers`` under the lock of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.refs = Refcount("drm_pagemap_owner.kref", 1)
        self.peers: list[str] = []


class OwnerList(Kobject):
    """drm_pagemap_owner_list of a driver."""

    def __init__(self, has_interconnect: Interconnect) -> None:
        super().__init__()
        self.has_interconnect = has_interconnect
        self.lock = Mutex("owner_list->lock")
        self.owners: list[Owner] = []

    def acquire(self, device: str) -> Owner:
        """drm_pagemap_acquire_owner()."""
        with self.lock:
            for owner in self.owners:
                owner.alive()
                if all(self.has_interconnect(device, peer) for peer in owner.peers):
                    owner.refs.get()
                    owner.peers.append(device)
                    return owner
            owner = Owner()
            owner.peers.append(device)
            self.owners.append(owner)
            return owner

    def release(self, owner: Owner, device: str) -> None:
        """drm_pagemap_release_owner(): the last member takes the group along."""
        with self.lock:
            owner.alive()
            owner.peers.remove(device)
            if owner.refs.put():
                self.owners.remove(owner)
                owner.kfree()
