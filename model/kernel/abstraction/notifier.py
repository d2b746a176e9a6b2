# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/notifier.py``: one page that is unmapped and mapped again while a GPU faults on it.

Observed are the VMA, while nobody has the mmap_lock for write, whether the CPU and the GPU map something, whether the
range is mapped for DMA, and the open brackets. Which page is mapped is not said: pages have places of their own on each
side. Who holds which lock is not observed: munmap() gives its lock back to readers before it zaps, in the protocol
later, so that a GPU worker may be ahead of its actor. The GPU's engines are left out: who flushes a TLB is an actor of
its own in the protocol, and a step of the callback in the kernel.
"""

from __future__ import annotations

from ..gpu.xe_svm import XeVm
from ..kernel import Kernel
from ..scenario import World
from ..scenarios.notifier_as_protocol import PAGE
from .abstraction import PRESENT, Abstraction, Observed, same


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    vm = world.observed["vm"]
    assert isinstance(kernel, Kernel)
    assert isinstance(vm, XeVm)
    mm = kernel.mms[0]
    subs = mm.subscriptions
    assert subs is not None
    ranges = [found for notifier in vm.gpusvm.notifiers for found in notifier.ranges]
    return {
        "vma": ... if mm.mmap_lock.writer is not None else mm.find_vma(PAGE) is not None,
        "pte": None if mm.pte(PAGE).folio is None else PRESENT,
        "gpte": PRESENT if PAGE in vm.page_table.ptes else None,
        "ranges[0].has_dma_mapping": any(found.has_dma_mapping for found in ranges),
        "sub.active": subs.active_invalidate_ranges,
    }


ABSTRACTION = Abstraction(
    protocol="notifier",
    file="notifier.py",
    scenario="notifier-as-protocol",
    actors={
        "unmapper": "unmapper",
        "invalidator": "invalidator",
        "oom reaper": "oom_reaper",
        "reclaimer": "reclaimer",
        "populator": "populator",
        "gpu worker": "gpu_worker",
    },
    observe=observe,
    options=same(
        "driver_part",
        "set_seq",
        "zap",
        "dma_unmap",
        "collect",
        "also_takes",
        "read_retry",
        "pages_valid",
        "order",
        "refused",
    ),
    values={
        ("zap", "before-flush"): "done",
        ("collect", "skipped"): "forgotten",
        ("pages_valid", "checked"): "under-lock",
    },
    sizes=same("unmappers", "invalidators", "oom_reapers", "reclaimers", "populators", "gpu_workers"),
    switches={"pressure": ("on_the_range", ("beside-the-range", "on-the-range"))},
    fixed={"engines": 0},
    present=("pte",),
    shows={
        "no-gpu-mapping-of-a-freed-page": ("gpu-mapping", "dma"),
        "no-dma-mapping-of-a-freed-page": ("dma", "gpu-mapping"),
        "the-gpu-maps-only-what-is-mapped-for-dma": ("gpu-mapping",),
        "outside-a-bracket-the-gpu-sees-what-the-cpu-sees": ("gpu-mapping", "dma"),
        "an-unmapped-range-is-collected": ("range-collected",),
        "no-use-after-free": ("use-after-free", "dma"),
        "no-unbalanced-notifier": ("notifier",),
        "no-self-deadlock": ("self-deadlock",),
        "no-deadlock": ("deadlock", "lock-order"),
    },
)
