# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What partial-order reduction stands on, on the GPU side: steps announce everything that they touch."""

from __future__ import annotations

import pytest

from svmcheck.model.kernel.scenario import configure
from svmcheck.model.kernel.scenarios import load
from tests.model.kernel.gpu.commuting import disagreements
from tests.model.kernel.gpu.sampling import Case

SCENARIOS = [
    "cpu-fault cpu_threads=3",
    "cpu-fault copy=engine",
    "cpu-fault generation=g1 driver_lock=true",
    "eviction window=2 bos=2 remappers=1 cpu_threads=2",
    "eviction unmappers=1 evictors=2",
    "gpu-svm",
    "gpu-svm bound=0 gpu_engines=2 chunk=2",
    "gpu-svm copy=engine bind=job unmappers=1",
    "gpu-svm zappers=1 remappers=1",
    "backpointer remappers=1 unmappers=1 pages_moved=2",
    "backpointer driver=nouveau forks=1 child_gpus=1",
    "backpointer driver=amdkfd forks=1",
    "placement cpu_threads=1",
    "unplug",
    "p2p-revoke importers=2",
    "gpuvm bos=2",
    "pagemap-cache rounds=2 scans=2",
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_independent_neighbours_commute(scenario: str) -> None:
    case = Case.of(scenario)
    found = load()[case.scenario]
    config = configure(found, case.options)
    sizes = {name: size.default for name, size in found.sizes.items()} | dict(case.sizes)
    assert disagreements(lambda: found.build(config, sizes), seed=1) == []
