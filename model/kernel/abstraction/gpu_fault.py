# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/gpu_fault.py``: the retry loop of a GPU fault against CPU faults, eviction and munmap().

Observed are the CPU page table, the range's DMA mapping and the GPU page table, with the kind of each entry but not
the page: pages have places of their own on each side. Locks, brackets and sequence numbers are not observed, only what
they let happen. VMAs are compared while nobody has the mmap_lock for write. One page is compared: of two the kernel
zaps one GPU entry after the other and makes a range of what a munmap() leaves, the protocol does neither.
"""

from __future__ import annotations

from ..gpu.xe_svm import XeVm
from ..kernel import Kernel
from ..scenario import World
from .abstraction import PRESENT, Abstraction, Observed, same
from .eviction import NEVER
from .parts import kind, vmas


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    vm, window = world.observed["vm"], world.observed["window"]
    assert isinstance(kernel, Kernel)
    assert isinstance(vm, XeVm)
    assert isinstance(window, int)
    mm = kernel.mms[0]
    mapped = {
        vpn
        for notifier in vm.gpusvm.notifiers
        for found in notifier.ranges
        if found.mapped
        for vpn in range(found.start, found.end)
    }
    seen: dict[str, object] = dict(vmas(mm, window))
    for vpn in range(window):
        entry = mm.pte(vpn)
        seen[f"ptes[{vpn}].pte"] = kind(entry)
        seen[f"ptes[{vpn}].page"] = None if entry.folio is None else PRESENT
        seen[f"dma[{vpn}]"] = PRESENT if vpn in mapped else None
        seen[f"gpte[{vpn}]"] = PRESENT if vpn in vm.page_table.ptes else None
    return seen


ABSTRACTION = Abstraction(
    protocol="gpu-fault",
    file="gpu_fault.py",
    world="GpuSvm",
    scenario="gpu-fault-as-protocol",
    actors={
        "cpu thread": "cpu_thread",
        "gpu worker": "gpu_fault_worker",
        "evictor": "evictor",
        "unmapper": "unmapper",
    },
    observe=observe,
    options=same(
        "placement",
        "try_limit",
        "timeslice",
        "serialise",
        "read_retry",
        "pages_valid",
        "commit",
        "find",
        "migrate_window",
        "zap",
        "tlb_flush",
        "dma_unmap",
        "set_seq",
    ),
    values={("zap", "before-flush"): "under-lock", ("dma_unmap", "last"): "in-callback"},
    sizes=same("cpu_threads", "gpu_workers", "evictors", "unmappers", "window"),
    switches={"accesses": ("for_ever", ("one", "for-ever"))},
    fixed={"ram_pages": 4, "vram_pages": 2},
    never=NEVER,
    present=(".page", "dma[0]", "dma[1]", "gpte[0]", "gpte[1]"),
    shows={
        "outside-a-bracket-the-gpu-maps-what-the-cpu-maps": ("gpu-mapping", "dma"),
        "no-gpu-mapping-of-a-freed-page": ("gpu-mapping", "dma"),
        "no-dma-mapping-of-a-freed-page": ("dma", "gpu-mapping"),
        "no-deadlock": ("deadlock",),
    },
)
