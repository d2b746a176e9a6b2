# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the memory management, of the test driver dmirror, and of the kernel's self-tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .option import option


@dataclass(frozen=True)
class MmOptions:
    """Memory management."""

    generation: Literal["g0", "g1", "g2", "g3"] = option(
        "g3",
        "How do_swap_page() keeps a device page, as in the protocol cpu_fault: not at all (g0), by a reference (g1),"
        " by a trylock (g2), by a trylock that is waited for (g3).",
    )
    urgent_refault: bool = option(
        False, "Whether the end of a CPU fault and the access that follows it go before anybody else's steps."
    )
    fault_page: Literal["passed", "missing"] = option(
        "passed", "Whether migrate_to_ram() tells migrate_vma_setup() which page its caller holds."
    )
    entry_wait: Literal["queue", "reference"] = option(
        "queue", "How a task waits for a migration entry: queued on the folio, or with a reference to it."
    )
    release: Literal["unlock-then-put", "put-then-unlock"] = option(
        "unlock-then-put", "In which order do_swap_page() gives back lock and reference of a device page."
    )
    reference: Literal["taken", "none"] = option(
        "taken", "Whether a fault on a device-exclusive entry takes a reference before it waits for the lock."
    )
    order: Literal["notify-first", "zap-first"] = option(
        "notify-first", "Whether drivers are notified before a range is zapped or after."
    )
    refused: Literal["gives-up", "ends-again", "zaps-anyway"] = option(
        "gives-up", "What the OOM reaper does with a VMA when a driver's callback refuses to go without waiting."
    )
    pte_same: Literal["checked", "skipped"] = option(
        "checked", "Whether an entry that was read without its lock is compared once the lock is held."
    )
    write_protect: Literal["both-sides", "child-only"] = option("both-sides", "Which entries fork() makes read-only.")
    own_device_pages: Literal["reported", "faulted-for-write"] = option(
        "reported",
        "What hmm_range_fault() does for writing with a read-only page of the caller's own device, as after"
        " fork(): reports it as it is (the kernel), or faults it in.",
    )

    fault_reach: Literal["to-the-end", "page-alone"] = option(
        "to-the-end",
        "What hmm_range_fault() faults in once a page has to be: that page and all after it in the VMA and the range,"
        " asked for or not (the kernel), or that page alone.",
    )
    owner_match: Literal["own", "any"] = option(
        "own", "Which device pages hmm_range_fault() reports where they are: those of the caller's group, or any."
    )


@dataclass(frozen=True)
class MirrorOptions:
    """The test driver dmirror (lib/test_hmm.c), and its self-tests."""

    mirror_release: Literal["once", "until-empty", "none"] = option(
        "once", "How often the driver evicts its device pages when its file is closed, as in the protocol dmirror."
    )
    own_migrations: Literal["own-pages-kept", "invalidated", "ignored"] = option(
        "own-pages-kept",
        "What the notifier callback drops when its own device migrates: all but entries of device pages,"
        " all, or nothing (lib/test_hmm.c since Linux 5.9).",
    )
    exclusive_map: Literal["retried", "at-once"] = option(
        "retried",
        "Whether a page made exclusive is mapped only if nothing was invalidated in between (lib/test_hmm.c: at-once).",
    )
    map_migrated: Literal["unless-invalidated", "always"] = option(
        "unless-invalidated",
        "Whether a page that migrated to the device is mapped only if nothing was invalidated in"
        " between (lib/test_hmm.c: always).",
    )
    adversary: Literal["none", "munmap", "mprotect", "migrate", "evict", "cpu-write"] = option(
        "none", "What else happens to the memory of a self-test, whenever the scheduler picks."
    )
