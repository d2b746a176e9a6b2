# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The scenarios of the GPU side, in the current kernel and in the variants that are correct, under random schedules."""

from __future__ import annotations

import pytest

from tests.model.kernel.gpu.sampling import sample

CORRECT = [
    "cpu-fault cpu_threads=3",
    "cpu-fault cpu_threads=4 mappings=2",
    "cpu-fault generation=g2 cpu_threads=3",
    "cpu-fault generation=g1",
    "cpu-fault driver_lock=true cpu_threads=3",
    "cpu-fault copy=engine",
    "eviction cpu_threads=2 evictors=2",
    "eviction window=2 cpu_threads=2 unmappers=1",
    "eviction window=2 bos=2 remappers=1 forks=1",
    "gpu-svm",
    "gpu-svm bound=0 cpu_threads=2 gpu_engines=2 evictors=2",
    "gpu-svm chunk=2 cpu_threads=2 unmappers=1 zappers=1",
    "gpu-svm chunk=2 remappers=1",
    "gpu-svm copy=engine bind=job",
    "gpu-svm placement=system cpu_threads=2",
    "gpu-svm placement=vram-only timeslice=until-bound",
    "gpu-svm serialise=range-lock gpu_engines=2",
    "gpu-svm vram_pages=1 evictors=0 gpu_engines=2",
    "gpu-svm migrate_window=fault-page-only chunk=2",
    "backpointer remappers=1 unmappers=1 pages_moved=2",
    "backpointer forks=1 exits=1 remappers=1 child_gpus=1 parent_gpus=0 cpu_threads=0",
    "backpointer driver=nouveau remappers=1",
    "placement",
    "placement cpu_threads=1 window=2 timeslice=until-bound",
    "placement peers=1",
    "unplug cpu_threads=2 window=2 evictors=1",
    "p2p-revoke importers=2 unplugs=1",
    "p2p-revoke pinners=1 p2p_pin=counted",
    "gpuvm users=3 bos=2",
    "pagemap-cache users=3 rounds=2 scans=3",
]


@pytest.mark.parametrize("strategy", ["random", "pos"])
@pytest.mark.parametrize("scenario", CORRECT)
def test_survives(scenario: str, strategy: str) -> None:
    for run in sample(scenario, 100, strategy, seed=7):
        assert run.failure is None
        assert run.end == "done"


def test_a_run_is_the_same_when_it_is_repeated() -> None:
    first, again = (sample("gpu-svm chunk=2 unmappers=1", 20, seed=3) for _ in range(2))
    assert first == again
    assert len({run.schedule for run in first}) == 20
