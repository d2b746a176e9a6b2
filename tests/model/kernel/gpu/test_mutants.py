# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Each rule of the GPU side, broken by an option, is caught by the check that is named for it.

The same scenario with the same sizes and without the option survives as many schedules.
"""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.checks import applying
from svmcheck.model.kernel.object import classes_made, made
from tests.model.kernel.gpu.sampling import sample

MUTANTS = [
    # the GPU fault handler and the notifier lock
    ("gpu-svm window=1", "read_retry=skipped", "gpu-mapping dma"),
    ("gpu-svm window=1", "read_retry=outside-lock", "gpu-mapping dma"),
    ("gpu-svm window=1", "pages_valid=skipped", "gpu-mapping"),
    ("gpu-svm window=1", "commit=outside-lock", "gpu-mapping"),
    ("gpu-svm window=1 bound=0 gpu_engines=2", "serialise=none", "range-unique"),
    ("gpu-svm window=1 bind=job", "bind_fence=not-waited-for", "gpu-mapping"),
    # the notifier callback
    ("gpu-svm window=1", "zap=skipped", "gpu-mapping"),
    ("gpu-svm window=1", "zap=flushed-first", "gpu-mapping"),
    ("gpu-svm window=1", "tlb_flush=skipped", "gpu-mapping"),
    ("gpu-svm window=1", "tlb_flush=not-waited-for", "gpu-mapping"),
    ("gpu-svm window=1", "dma_unmap=skipped", "dma"),
    ("gpu-svm window=1", "dma_unmap=first", "gpu-mapping"),
    ("gpu-svm window=1", "set_seq=never", "gpu-mapping dma"),
    ("gpu-svm window=1", "set_seq=after-unlock", "gpu-mapping"),
    ("gpu-svm window=1", "driver_part=after-unlock", "gpu-mapping"),
    ("gpu-svm unmappers=1", "collect=skipped", "range-collected"),
    ("gpu-svm bound=0", "also_takes=mmap-lock", "self-deadlock"),
    ("gpu-svm bound=0", "also_takes=svm-lock", "self-deadlock"),
    ("gpu-svm bound=0", "also_takes=dma-resv", "lock-order"),
    ("gpu-svm bound=0", "also_takes=interval-remove", "lock-order"),
    # device memory and its data
    ("gpu-svm copy=engine", "copy_fence=not-waited-for", "data-coherence"),
    ("gpu-svm", "data_written=after-mapped", "backpointer"),
    ("gpu-svm", "data_written=at-gpu-fault", "backpointer"),
    ("gpu-svm", "data_reference=none", "devmem-detached use-after-free"),
    ("gpu-svm", "data_put=page-free-and-fault", "devmem-detached use-after-free"),
    ("cpu-fault cpu_threads=3", "generation=g0", "use-after-free"),
    # eviction
    ("eviction window=2 bos=2 remappers=1", "find=recorded-address", "use-after-free page-lock"),
    ("eviction unmappers=1", "find=address-lookup", "lock-order"),
    ("eviction cpu_threads=2", "evict_failure=ignored", "devmem-detached"),
    ("unplug cpu_threads=0", "unplug=leaves-pages", "deadlock"),
    # zone_device_data that leads to something virtual
    ("backpointer remappers=1", "driver=recorded-address", "gpu-mapping"),
    ("backpointer remappers=1", "driver=amdkfd", "sigbus"),
    ("backpointer forks=1 unmappers=1 cpu_threads=0 child_gpus=1", "driver=nouveau", "gpu-mapping"),
    ("backpointer forks=1 exits=1 cpu_threads=0 parent_gpus=0", "driver=nouveau", "use-after-free"),
    ("backpointer forks=1 unmappers=1 cpu_threads=0 parent_gpus=0", "driver=amdkfd", "sigbus"),
    ("backpointer forks=1 exits=1 cpu_threads=0 parent_gpus=0", "driver=amdkfd", "sigbus"),
    # pagemap cache and shrinker
    ("pagemap-cache rounds=2 scans=2", "cache_get=plain", "refcount"),
    ("pagemap-cache rounds=2 scans=2", "cache_inactive=cancels-at-once", "pagemap-unique"),
    ("pagemap-cache rounds=2 scans=2", "cache_inactive=waits-under-lock", "sleep-in-atomic"),
    ("pagemap-cache rounds=2 scans=2", "shrinker_scan=leaves-cache", "use-after-free"),
    ("pagemap-cache rounds=2 scans=2", "shrinker_scan=clears-always", "pagemap-unique"),
    ("pagemap-cache users=3 rounds=2 scans=2", "shrinker_add=completes-after-unlock", "pagemap-unique"),
    # drm_gpuvm
    ("gpuvm rounds=2", "vm_bo_obtain=two-sections", "vm-bo-unique"),
    ("gpuvm rounds=2", "vm_bo_put=zero-before-lock", "refcount"),
    ("gpuvm rounds=2", "vm_bo_put=queued-under-lock", "use-after-free"),
    ("gpuvm rounds=2 bos=2", "vm_bo_iterate=plain-get", "refcount"),
    ("gpuvm", "vm_bo_validate=skipped", "gpu-mapping"),
    # peer-to-peer maps
    ("p2p-revoke", "p2p_revoke=after-move", "p2p-revoked"),
    ("p2p-revoke", "p2p_revoke=skipped", "p2p-revoked"),
    ("p2p-revoke", "p2p_flush=skipped", "p2p-revoked"),
    ("p2p-revoke accesses=3", "p2p_fences=not-waited-for", "p2p-revoked"),
    ("p2p-revoke pinners=1", "p2p_pin=ignored", "p2p-revoked"),
    ("p2p-revoke pinners=1 unplugs=1", "p2p_pin=counted", "p2p-pinned"),
]

RUNS = 1_000  # the slowest needs about 250; a change of the steps elsewhere shuffles them


@pytest.mark.parametrize(("scenario", "mutant", "checks"), MUTANTS, ids=[f"{s} {m}" for s, m, _ in MUTANTS])
def test_a_broken_rule_is_caught_by_its_check(scenario: str, mutant: str, checks: str) -> None:
    made.clear()
    last = sample(f"{scenario} {mutant}", RUNS)[-1]
    assert last.failure is not None, "no schedule showed it"
    assert last.failure.check in checks.split()
    assert last.failure.check in applying(classes_made()), "it would not be listed where the rule is kept"


@pytest.mark.parametrize("scenario", sorted({scenario for scenario, _, _ in MUTANTS}))
def test_the_rule_kept_survives(scenario: str) -> None:
    for run in sample(scenario, 150):
        assert run.failure is None
        assert run.end == "done"


def test_a_fault_page_that_is_not_told_is_never_migrated() -> None:
    """nouveau before 97061d441110: the fault's own reference makes each migration fail, with one thread alone."""
    assert sample("cpu-fault cpu_threads=1 fault_page=missing", 1, most_steps=2_000)[-1].end == "long"
    assert sample("cpu-fault cpu_threads=1", 1)[-1].end == "done"
