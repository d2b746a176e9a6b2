# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/eviction.py``: a window in device memory, evicted by its pages while CPUs fault, unmap, remap.

Observed are the VMAs, the page table, what of the device memory is in use and who has locked it, and the reservation.
System pages come and go in places of their own on each side, so that which one an entry maps is not said; nor is
anything of the notifier, which nobody in this scenario subscribes to. Of the mmap_lock only what it protects is seen: a
fault that finds its entry changed gives the lock back and is taken again, where the protocol, which reads the entry
once, goes on. VMAs are compared while nobody has the lock for write: mremap() takes apart and puts together under it
in several steps what the protocol changes in one.
"""

from __future__ import annotations

from ..gpu.vram import Bo
from ..kernel import Kernel
from ..scenario import World
from .abstraction import Abstraction, Observed, same
from .parts import entries, heap, vmas

NEVER = {
    "evictor: alive(k.vram[slot]) and k.vram[slot].refs.get_unless_zero(): true; "
    "alive(k.vram[slot]) and k.vram[slot].refs.get_unless_zero(): false": (
        "the page's last reference is gone and it is not free yet: in the kernel both are one step"
    ),
}
RAM_PAGES = 4  # enough for every page of the window, and for a copy that is thrown away


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    assert isinstance(kernel, Kernel)
    bo = world.observed["bo"]
    assert isinstance(bo, Bo)
    mm, pages = kernel.mms[0], kernel.pagemaps[0].folios
    return {
        "resv.owner": bo.resv.lock.owner,
        **vmas(mm, len(pages)),
        **entries(mm, len(pages), pages, RAM_PAGES),
        **heap(pages, RAM_PAGES),
    }


ABSTRACTION = Abstraction(
    protocol="eviction",
    file="eviction.py",
    world="Eviction",
    scenario="eviction-as-protocol",
    actors={"cpu thread": "cpu_thread", "evictor": "evictor", "unmapper": "unmapper", "remapper": "remapper"},
    observe=observe,
    options=same("find", "migrate_window"),
    sizes={**same("cpu_threads", "evictors", "unmappers", "remappers", "window"), "vram_pages": "window"},
    fixed={"ram_pages": RAM_PAGES},
    never=NEVER,
    shows={
        "a-migration-entry-means-a-locked-page": ("page-lock", "use-after-free"),
        "no-deadlock": ("deadlock",),
    },
)
