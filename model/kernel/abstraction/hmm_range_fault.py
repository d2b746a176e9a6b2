# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/hmm_range_fault.py``: a GPU fault on a window of two pages, while a page is unmapped or moves.

Observed are the VMAs, while nobody has the mmap_lock for write, the kind of each entry of the CPU and the owner of a
device page, whether the GPU maps something, the open brackets, who has the notifier lock and who writes under the
mmap_lock. Which page is mapped is not said: pages have places of their own on each side. Readers of the mmap_lock are
not compared, because what reclaims a page in the kernel here is madvise(), which takes it.
"""

from __future__ import annotations

from ..gpu.window_mirror import WindowMirror
from ..kernel import Kernel
from ..mm.pte import DEVICE_PRIVATE, Pte
from ..mm.vma import Vma
from ..scenario import World
from ..scenarios.hmm_range_fault_as_protocol import FIRST_PAGES, SECOND_PAGES, WINDOW
from .abstraction import PRESENT, Abstraction, Observed, same
from .parts import kind


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    mirror = world.observed["mirror"]
    assert isinstance(kernel, Kernel)
    assert isinstance(mirror, WindowMirror)
    mm = kernel.mms[0]
    busy = mm.mmap_lock.writer is not None
    subs = mm.subscriptions
    assert subs is not None
    seen: dict[str, object] = {
        "mmap.writer": mm.mmap_lock.writer,
        "notifier_lock.writer": mirror.notifier_lock.writer,
        "notifier_lock.readers": mirror.notifier_lock.readers,
        "sub.active": subs.active_invalidate_ranges,
    }
    for vpn in range(WINDOW):
        entry = mm.pte(vpn)
        seen[f"window[{vpn}].vma"] = ... if busy else _vma(mm.find_vma(vpn))
        seen[f"window[{vpn}].pte"] = _owner(entry, mirror) if entry.kind == DEVICE_PRIVATE else kind(entry)
        seen[f"window[{vpn}].page"] = None if entry.folio is None else PRESENT
        seen[f"window[{vpn}].gpte"] = PRESENT if vpn in mirror.page_table.ptes else None
    return seen


def _vma(vma: Vma | None) -> str:
    return "ABSENT" if vma is None else "IO" if vma.io else "NORMAL"


def _owner(entry: Pte, mirror: WindowMirror) -> str:
    assert entry.folio is not None
    assert entry.folio.pgmap is not None
    return "OWN" if entry.folio.pgmap.owner is mirror.owner else "FOREIGN"


ABSTRACTION = Abstraction(
    protocol="hmm-range-fault",
    file="hmm_range_fault.py",
    scenario="hmm-range-fault-as-protocol",
    actors={
        "gpu fault": "gpu_fault",
        "scanner": "scanner",
        "mm operation": "mm_operation",
        "invalidator": "invalidator",
    },
    observe=observe,
    options={
        **same("fault_reach", "pass_one", "neighbours", "pass_two", "owner_match", "permanent_error", "deadline"),
        **same("scan_asks", "scan_error", "scan_retry"),
        "retry_check": "read_retry",
    },
    sizes=same("gpu_faults", "scanners", "mm_operations", "invalidators"),
    switches={"first_page": ("first_page", FIRST_PAGES), "second_page": ("second_page", SECOND_PAGES)},
    present=(".page", ".gpte"),
    shows={
        "a-fault-fails-only-where-its-own-address-is-bad": ("gpu-fault",),
        "a-validated-page-is-the-one-that-is-mapped": ("gpu-mapping", "hmm"),
        "the-gpu-maps-what-the-cpu-maps": ("gpu-mapping",),
        "no-gpu-mapping-of-a-freed-page": ("gpu-mapping",),
        "no-gpu-mapping-of-a-foreign-page": ("gpu-mapping",),
        "prefetch-and-snapshot-never-fault": ("prefetch",),
        "no-walk-faults-a-page-of-its-own-device-for-its-neighbour": ("prefetch",),
        "no-unlock-by-non-owner": ("unlock-by-non-owner",),
    },
)
