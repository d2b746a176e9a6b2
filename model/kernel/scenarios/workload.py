# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random workloads by number."""

from __future__ import annotations

from collections.abc import Mapping

from ..options import Config
from ..scenario import Size, World, scenario
from ..workload import build, random_plan

SIZES = {"tasks": Size(3, 1, 6), "operations": Size(4, 1, 20), "seed": Size(1, 0, 1_000_000)}


@scenario("workload", sizes=SIZES, fast=False, own_device_pages="faulted-for-write")
def workload(config: Config, sizes: Mapping[str, int]) -> World:
    """Tasks that do ``operations`` things each, drawn by ``seed``: accesses by CPU and GPU, migration, prefetch,
    eviction, mmap, munmap, mremap, mprotect, madvise, fork, unplug.

    With ``own_device_pages=reported`` a GPU fault after fork() may never return: docs/findings.md.
    """
    return build(config, random_plan(sizes["seed"], sizes["tasks"], sizes["operations"]))
