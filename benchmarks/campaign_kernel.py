# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random workloads on the executable kernel, as many schedules as one likes: ``python -m benchmarks.campaign_kernel``.

Half of the schedules are random walks, half are sampled by partial order; each workload is run ``--each`` times by
both. Ends with what failed, by check, with the command that shows the first of each, and exit status 1 if anything did.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.request import choose
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk

MOST_STEPS = 20_000


@dataclass
class Tally:
    """``failed``: check -> the seed of the first workload that it failed in."""

    runs: int = 0
    points: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.runs += other.runs
        self.points += other.points
        self.ends.update(other.ends)
        for check, seed in other.failed.items():
            self.failed.setdefault(check, seed)


def some(seeds: range, tasks: int, operations: int, each: int) -> Tally:
    tally, backend = Tally(), Greenlets()
    for seed in seeds:
        chosen = choose("workload", {}, {"seed": seed, "tasks": tasks, "operations": operations})
        for strategy in (RandomWalk(seed, each), Pos(seed, each)):
            runtime = Runtime(backend, strategy, MOST_STEPS)
            while strategy.begin(runtime):
                run = runtime.run(chosen.setup)
                tally.runs += 1
                tally.points += run.steps
                what = run.failure.check if run.failure else run.end
                tally.ends[what] += 1
                if what != "done":
                    tally.failed.setdefault(what, seed)
    return tally


def pieces(first: int, count: int, size: int) -> Iterator[range]:
    for start in range(first, first + count, size):
        yield range(start, min(start + size, first + count))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=10, help="schedules of one workload and strategy")
    parser.add_argument("--seed", type=int, default=0, help="of the first workload")
    parser.add_argument("--tasks", type=int, default=3)
    parser.add_argument("--operations", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    workloads = -(-asked.schedules // (2 * asked.each))
    total, begun = Tally(), time.perf_counter()
    with ProcessPoolExecutor(asked.workers) as pool:
        jobs = [
            pool.submit(some, seeds, asked.tasks, asked.operations, asked.each)
            for seeds in pieces(asked.seed, workloads, 25)
        ]
        for number, job in enumerate(jobs, 1):
            total.add(job.result())
            if number % 20 == 0:
                print(f"{total.runs:,} schedules, {total.points:,} points, {dict(total.ends)}", file=sys.stderr)
    seconds = time.perf_counter() - begun
    print(f"{workloads:,} workloads, {total.runs:,} schedules, {total.points:,} points, {seconds:.0f} s")
    for what, count in total.ends.most_common():
        print(f"{what}: {count:,}")
    for check, seed in total.failed.items():
        sizes = f"--size seed={seed} --size tasks={asked.tasks} --size operations={asked.operations}"
        print(f"{check}: svmcheck run workload {sizes}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
