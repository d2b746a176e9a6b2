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

    Of the test driver dmirror: ``mirror_release`` is ``evict`` of ``model/protocols/dmirror.py``; ``own_migrations``:
    what its notifier callback does when its own device migrates: drop all entries but those of pages that are on the
    device, drop all, or nothing at all ("ignored": lib/test_hmm.c since Linux 5.9).
    ``adversary``: what else happens to the memory of a kernel self-test, at whatever time the scheduler picks.
    """

    generation: Literal["g0", "g1", "g2", "g3"] = "g3"
    urgent_refault: bool = False
    fault_page: Literal["passed", "missing"] = "passed"
    mirror_release: Literal["once", "until-empty", "none"] = "once"
    own_migrations: Literal["own-pages-kept", "invalidated", "ignored"] = "own-pages-kept"
    adversary: Literal["none", "munmap", "mprotect", "migrate", "evict", "cpu-write"] = "none"
