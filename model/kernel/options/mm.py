# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the memory management."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MmOptions:
    """``generation``: how do_swap_page() keeps a device page, as in ``model/protocols/cpu_fault.py``.

    ``urgent_refault``: the end of a fault and the access that follows it go before anybody else's steps.
    ``fault_page``: migrate_to_ram() tells migrate_vma_setup() which page the caller holds ("missing" forgets it).

    ``entry_wait``, ``release``: as in ``cpu_fault.py``; ``reference``: as in ``model/protocols/device_exclusive.py``;
    ``order``, ``refused``: of the zap and of the OOM reaper, as in ``model/protocols/notifier.py``.
    ``pte_same``: whether an entry that was read without its lock is compared once the lock is held.
    ``write_protect``: which entries fork() makes read-only.

    Of the test driver dmirror: ``mirror_release`` is ``evict`` of ``model/protocols/dmirror.py``; ``own_migrations``:
    what its notifier callback does when its own device migrates: drop all entries but those of pages that are on the
    device, drop all, or nothing at all ("ignored": lib/test_hmm.c since Linux 5.9); ``exclusive_map``: whether a page
    made exclusive is mapped only if no invalidation came in between ("at-once": lib/test_hmm.c); ``map_migrated``: the
    same for pages that migrated to the device, which madvise() may unmap meanwhile ("always": lib/test_hmm.c).
    ``own_device_pages``: what hmm_range_fault() does where write access is asked for and a page of the caller's own
    device is mapped read-only, as after fork(): reports it as it is (the kernel), or faults it in like any other page.
    ``adversary``: what else happens to the memory of a kernel self-test, at whatever time the scheduler picks.
    """

    generation: Literal["g0", "g1", "g2", "g3"] = "g3"
    urgent_refault: bool = False
    fault_page: Literal["passed", "missing"] = "passed"
    entry_wait: Literal["queue", "reference"] = "queue"
    release: Literal["unlock-then-put", "put-then-unlock"] = "unlock-then-put"
    reference: Literal["taken", "none"] = "taken"
    order: Literal["notify-first", "zap-first"] = "notify-first"
    refused: Literal["gives-up", "ends-again", "zaps-anyway"] = "gives-up"
    pte_same: Literal["checked", "skipped"] = "checked"
    write_protect: Literal["both-sides", "child-only"] = "both-sides"
    mirror_release: Literal["once", "until-empty", "none"] = "once"
    own_migrations: Literal["own-pages-kept", "invalidated", "ignored"] = "own-pages-kept"
    exclusive_map: Literal["retried", "at-once"] = "retried"
    own_device_pages: Literal["reported", "faulted-for-write"] = "reported"
    map_migrated: Literal["unless-invalidated", "always"] = "unless-invalidated"
    adversary: Literal["none", "munmap", "mprotect", "migrate", "evict", "cpu-write"] = "none"
