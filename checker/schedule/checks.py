# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is checked in every run of the executable kernel, by the name that ``Oops`` gives it."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "use-after-free": ("lifetime", "nothing is used after it was freed"),
    "double-free": ("lifetime", "nothing is freed twice"),
    "refcount": ("lifetime", "no reference is taken or dropped at zero, and counts agree with what refers"),
    "leak": ("lifetime", "at the end of a run nothing is left that nobody can free"),
    "backpointer": ("lifetime", "zone_device_data of a page is written before it is in use, and constant while it is"),
    "data-coherence": ("data", "each read returns the bytes written last"),
    "gpu-mapping": ("data", "no GPU mapping of a freed or moved page outside an invalidation"),
    "dma": ("data", "no transfer to or from memory that was freed or unmapped"),
    "page-lock": ("locking", "whoever holds a migration entry holds the lock of its page"),
    "lock-order": ("locking", "locks are taken in one order"),
    "lock-held": ("locking", "what a function demands to be held is held"),
    "unlock-by-non-owner": ("locking", "locks are given back by those who took them"),
    "lock-held-at-end": ("locking", "a task ends without locks"),
    "self-deadlock": ("locking", "nobody waits for a lock that it holds itself"),
    "sleep-in-atomic": ("locking", "nobody sleeps, or does what may sleep, under a spin lock"),
    "deadlock": ("deadlock", "somebody can go on until all have ended"),
    "notifier": ("lifetime", "notifiers are inserted, removed and called as their contract says"),
    "devmem-detached": ("lifetime", "device memory is detached exactly when none of its pages is in use"),
    "device-unplugged": ("lifetime", "no work reaches a device after it was unplugged"),
    "pagemap-unique": ("lifetime", "a device has one pagemap at a time"),
    "range-unique": ("lifetime", "a range of addresses has one range object"),
    "range-collected": ("lifetime", "a range that was unmapped is collected"),
    "p2p-revoked": ("data", "after a revocation nobody reaches memory of another device"),
    "p2p-pinned": ("lifetime", "nobody pins memory that its device cannot keep"),
    "vm-bo-unique": ("lifetime", "a VM has one vm_bo for each buffer object"),
    "gpu-fault": ("errors", "no race ends in a GPU fault that is not served"),
    "hmm": ("errors", "hmm_range_fault() returns what the page tables said"),
    "prefetch": ("errors", "prefetch and snapshots fault nothing in, and nothing back from the own device"),
    "self-test": ("errors", "what a self-test of the kernel asserts"),
    "sigbus": ("errors", "no race ends in SIGBUS or SIGSEGV"),
    "exception": ("errors", "no function of the kernel model raises an exception of Python"),
    "setup": ("errors", "a scenario can be set up"),
}  # fmt: skip
"""Name of the check -> its kind, and what holds where it passes."""

DETERMINISM = "determinism"  # the guard: the same decisions give the same run
LOST_PROGRESS = "lost-progress"  # the bound on a task's own steps while it owes something


def kind(name: str) -> str:
    """The kind of a check; a scenario may have checks of its own."""
    return CHECKS[name][0] if name in CHECKS else "check"
