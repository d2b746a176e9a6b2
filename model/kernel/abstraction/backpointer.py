# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/backpointer.py``: device pages that are moved by mremap(), shared by fork(), and outlive a process.

Observed are both address spaces, whether each address has a CPU page-table entry, of what kind, and a GPU's. Which
page an entry maps is not said, because pages and what zone_device_data points at come and go in places of their own on
each side. VMAs are compared while nobody has the mmap_lock for write: mremap(), fork() and exit do in several steps
under it what the protocol does in one. Where a child shares the pages, migration entries are not told from what they
become: remove_migration_ptes() replaces them one by one, in the protocol all at once. Of the GPU faults, brackets and
locks on the way only their outcome is seen. drm_pagemap moves two pages at once, the protocol one by one: with that
driver one page is compared.
"""

from __future__ import annotations

from typing import cast

from ..gpu.page_table import GpuPageTable
from ..kernel import Kernel
from ..mm.address_space import Mm
from ..scenario import World
from .abstraction import PRESENT, Abstraction, Observed, same
from .parts import kind

ADDRESSES = 3


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    assert isinstance(kernel, Kernel)
    parent, children = world.observed["parent"], world.observed["children"]
    assert isinstance(parent, GpuPageTable)
    assert isinstance(children, list)
    own = cast("list[GpuPageTable]", children)
    child = kernel.mms[1] if len(kernel.mms) > 1 else None
    busy = kernel.mms[0].mmap_lock.writer is not None
    shared = child is not None
    seen = _places(0, kernel.mms[0], parent, busy, shared)
    seen.update(_places(ADDRESSES, child, own[0] if own else None, busy, shared))
    return seen


def _places(first: int, mm: Mm | None, gpu: GpuPageTable | None, busy: bool, shared: bool) -> dict[str, object]:
    seen: dict[str, object] = {}
    for va in range(ADDRESSES):
        name = f"places[{first + va}]"
        entry = None if mm is None else mm.pte(va)
        seen[f"{name}.vma"] = ... if busy else mm is not None and mm.find_vma(va) is not None
        found = "NONE" if entry is None else kind(entry)
        seen[f"{name}.pte"] = ... if shared and found == "MIGRATION" else found
        seen[f"{name}.page"] = PRESENT if entry is not None and entry.folio is not None else None
        seen[f"{name}.gpte"] = PRESENT if gpu is not None and va in gpu.ptes else None
    return seen


ABSTRACTION = Abstraction(
    protocol="backpointer",
    file="backpointer.py",
    scenario="backpointer-as-protocol",
    actors={
        "parent thread": "parent_thread",
        "child thread": "child_thread",
        "migration": "gpu_migration",
        "parent gpu": "parent_gpu",
        "child gpu": "child_gpu",
        "unmapper": "unmapper",
        "remapper": "remapper",
        "fork": "fork",
        "exit": "exit_parent",
    },
    observe=observe,
    options=same("driver", "data_written", "data_reference", "data_put", "target_range"),
    sizes=same("pages_moved", "cpu_threads", "remappers", "unmappers", "forks", "exits", "parent_gpus", "child_gpus"),
    fixed={"migrations": 1},
    present=(".page", ".gpte"),
    shows={
        "the-gpu-maps-what-the-cpu-maps": ("gpu-mapping",),
        "no-gpu-mapping-of-a-freed-page": ("gpu-mapping", "use-after-free"),
        "no-gpu-maps-a-device-page-while-it-is-copied": ("gpu-mapping",),
        "no-gpu-maps-a-system-page-while-it-is-copied": ("gpu-mapping",),
        "no-use-after-free": ("use-after-free", "double-free", "refcount", "devmem-detached"),
        "zone-device-data-outlives-the-page": ("use-after-free", "backpointer"),
        "zone-device-data-is-what-it-was-at-init": ("backpointer",),
        "detached-means-that-no-page-is-left": ("devmem-detached", "use-after-free", "double-free"),
        "device-memory-is-released-once": ("double-free", "use-after-free", "devmem-detached"),
        "an-access-to-a-mapped-page-never-ends-in-sigbus": ("sigbus",),
    },
)
