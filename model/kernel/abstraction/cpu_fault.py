# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``model/protocols/cpu_fault.py`` and the scenario cpu-fault: one page on a device, mapped by one or two mms.

Everything shared is observed but the owners of page-table locks: most sections under them are one step of the kernel,
and g0, which has nothing to do under the lock, does not take it there.
"""

from __future__ import annotations

from ..gpu.pagemap import DrmPagemap
from ..kernel import Kernel
from ..scenario import World
from .abstraction import Abstraction, Observed, same
from .parts import kind


def observe(world: World) -> Observed:
    (kernel,) = world.roots
    assert isinstance(kernel, Kernel)
    pagemap = kernel.pagemaps[0]
    page, ops = pagemap.folios[0], pagemap.ops
    assert isinstance(ops, DrmPagemap)
    seen: dict[str, object] = {
        "driver.owner": ops.driver_mutex.owner,
        "waiters.waiting": page.lock.waiters,
        "pages[0].allocated": page.refcount > 0,
        "pages[0].lock.owner": page.lock.owner,
        "pages[0].refs.count": page.refcount or ...,  # a free page has no count
    }
    for number, mm in enumerate(kernel.mms):
        seen[f"maps[{number}].pte"] = kind(mm.pte(0))
    return seen


ABSTRACTION = Abstraction(
    protocol="cpu-fault",
    file="cpu_fault.py",
    scenario="cpu-fault",
    actors={"cpu thread": "cpu_fault"},
    observe=observe,
    options=same("generation", "driver_lock", "urgent_refault", "fault_page", "entry_wait", "release"),
    sizes=same("cpu_threads", "mappings"),
    fixed={"hmm_threads": 0, "migrators": 0},
    shows={
        "no-use-after-free": ("use-after-free", "refcount"),
        "no-free-of-busy-object": ("use-after-free", "refcount", "page-lock"),
    },
)
