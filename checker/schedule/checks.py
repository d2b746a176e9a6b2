# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is checked in every run of the executable kernel, by the name that ``Oops`` gives it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Check(NamedTuple):
    """``holds``: what does where it passes. ``about``: the kernel's structures that it speaks of, by class; a scenario
    without any of them has nothing to fail it. None named: of whatever there is. ``at_end``: looked at when a run has
    ended, and only then."""

    kind: str
    holds: str
    about: tuple[str, ...] = ()
    at_end: bool = False


CHECKS: dict[str, Check] = {
    "use-after-free": Check("lifetime", "nothing is used after it was freed"),
    "double-free": Check("lifetime", "nothing is freed twice"),
    "refcount": Check("lifetime", "no reference is taken or dropped at zero, and counts agree with what refers"),
    "leak": Check("lifetime", "at the end of a run nothing is left that nobody can free", at_end=True),
    "backpointer": Check("lifetime", "zone_device_data is written before its page is in use, and constant while it is",
                         about=("DevPagemap",)),
    "data-coherence": Check("data", "each read returns the bytes written last", about=("Mm",)),
    "gpu-mapping": Check("data", "no GPU mapping of a freed or moved page outside an invalidation",
                         about=("GpuPageTable", "Dmirror", "WindowMirror", "Gpuvm")),
    "dma": Check("data", "no transfer to or from memory that was freed or unmapped", about=("GpuPageTable",)),
    "page-lock": Check("locking", "whoever holds a migration entry holds the lock of its page", about=("Mm",)),
    "lock-order": Check("locking", "locks are taken in one order"),
    "lock-held": Check("locking", "what a function demands to be held is held"),
    "unlock-by-non-owner": Check("locking", "locks are given back by those who took them"),
    "lock-held-at-end": Check("locking", "a task ends without locks"),
    "self-deadlock": Check("locking", "nobody waits for a lock that it holds itself"),
    "sleep-in-atomic": Check("locking", "nobody sleeps, or does what may sleep, under a spin lock"),
    "deadlock": Check("deadlock", "somebody can go on until all have ended"),
    "notifier": Check("lifetime", "notifiers are inserted, removed and called as their contract says",
                      about=("Subscriptions",)),
    "devmem-detached": Check("lifetime", "device memory is detached exactly when none of its pages is in use",
                             about=("Bo",)),
    "device-unplugged": Check("lifetime", "no work reaches a device after it was unplugged", about=("DrmDevice",)),
    "pagemap-unique": Check("lifetime", "a device has one pagemap at a time", about=("PagemapCache",)),
    "range-unique": Check("lifetime", "a range of addresses has one range object", about=("GpuSvm",)),
    "range-collected": Check("lifetime", "a range that was unmapped is collected", about=("XeVm",), at_end=True),
    "p2p-revoked": Check("data", "after a revocation nobody reaches memory of another device", about=("Exporter",)),
    "p2p-pinned": Check("lifetime", "nobody pins memory that its device cannot keep", about=("Exporter",)),
    "vm-bo-unique": Check("lifetime", "a VM has one vm_bo for each buffer object", about=("Gpuvm",)),
    "gpu-fault": Check("errors", "no race ends in a GPU fault that is not served",
                       about=("GpuPageTable", "WindowMirror")),
    "hmm": Check("errors", "hmm_range_fault() returns what the page tables said", about=("Dmirror", "WindowMirror")),
    "prefetch": Check("errors", "prefetch and snapshots fault nothing in, and nothing back from the own device",
                      about=("WindowMirror",)),
    "self-test": Check("errors", "what a self-test of the kernel asserts", about=("Dmirror",)),
    "sigbus": Check("errors", "no race ends in SIGBUS or SIGSEGV", about=("Mm",)),
    "exception": Check("errors", "no function of the kernel model raises an exception of Python"),
    "setup": Check("errors", "a scenario can be set up"),
}  # fmt: skip
"""By name."""

DETERMINISM = "determinism"  # the guard: the same decisions give the same run
LOST_PROGRESS = "lost-progress"  # the bound on a task's own steps while it owes something


def kind(name: str) -> str:
    """The kind of a check; a scenario may have checks of its own."""
    return CHECKS[name].kind if name in CHECKS else "check"


def applying(classes: Collection[str]) -> tuple[str, ...]:
    """The checks that have something to look at where there are structures of these classes."""
    return tuple(name for name, check in CHECKS.items() if not check.about or not set(classes).isdisjoint(check.about))
