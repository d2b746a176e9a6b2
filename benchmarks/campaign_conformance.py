# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The executable kernel held against the protocols, both ways: ``python -m benchmarks.campaign_conformance``.

One way: for each row the scenario runs ``--runs`` times by random walks and as often by partial-order sampling; each
run is followed through its protocol. Told are differences, and the steps of the protocol that can be taken at these
options and sizes and that no run has met. The other way: a counterexample of the protocol is driven through the kernel.
Exit status 1 if a run differs, a step is not met, or a counterexample is lost.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from svmcheck.checker.conformance.conform import Conformance, Undecided, chosen_for, conform_runs, view_of
from svmcheck.checker.conformance.counterexample import counterexample
from svmcheck.checker.conformance.drive import Driven, drive
from svmcheck.checker.conformance.reach import Step, reach
from svmcheck.checker.engine import Limits
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.abstraction import Abstraction, load

CONFORM = """
cpu-fault generation=g0 cpu_threads=1
cpu-fault generation=g1 cpu_threads=3
cpu-fault generation=g1 cpu_threads=2 mappings=2
cpu-fault generation=g1 cpu_threads=2 driver_lock=true
cpu-fault generation=g1 cpu_threads=2 fault_page=missing
cpu-fault generation=g2 cpu_threads=3
cpu-fault generation=g2 cpu_threads=2 mappings=2
cpu-fault generation=g3 cpu_threads=3
cpu-fault generation=g3 cpu_threads=2 mappings=2
cpu-fault generation=g3 cpu_threads=3 entry_wait=reference
eviction cpu_threads=1
eviction cpu_threads=2
eviction cpu_threads=1 evictors=2
eviction cpu_threads=1 unmappers=1
eviction cpu_threads=2 evictors=0 window=2 unmappers=1
eviction cpu_threads=2 evictors=0 window=2 remappers=1
backpointer remappers=1
backpointer remappers=1 unmappers=1
backpointer cpu_threads=0 forks=1 remappers=1
backpointer cpu_threads=0 forks=1 exits=1 parent_gpus=0
backpointer exits=1 parent_gpus=0
backpointer driver=nouveau
backpointer driver=amdkfd remappers=1 parent_gpus=0
gpu-fault placement=system cpu_threads=1
gpu-fault placement=system cpu_threads=2 unmappers=1
gpu-fault
gpu-fault evictors=1
gpu-fault unmappers=1
gpu-fault placement=vram-only
gpu-fault evictors=1 placement=vram-only
gpu-fault gpu_workers=2 serialise=range-lock
hmm-range-fault mm_operations=0
hmm-range-fault
hmm-range-fault first_page=1 second_page=2
hmm-range-fault first_page=2 second_page=3
hmm-range-fault first_page=3 second_page=1
hmm-range-fault first_page=4 second_page=1
hmm-range-fault second_page=5
hmm-range-fault neighbours=fault-in first_page=1 second_page=3
hmm-range-fault neighbours=fault-in first_page=2 second_page=4
hmm-range-fault neighbours=fault-in pass_two=whole-window first_page=1
hmm-range-fault pass_one=whole-window first_page=3 second_page=3
hmm-range-fault pass_one=one-walk fault_reach=page-alone second_page=2
hmm-range-fault mm_operations=0 invalidators=1 deadline=none
hmm-range-fault gpu_faults=0 scanners=1 first_page=1 second_page=3
hmm-range-fault gpu_faults=0 scanners=1 mm_operations=0 invalidators=1 scan_retry=deadline
notifier
notifier populators=0 unmappers=2
notifier populators=0 gpu_workers=2
notifier populators=0 oom_reapers=1
notifier populators=0 reclaimers=1
notifier unmappers=0 populators=0 invalidators=1
notifier unmappers=0 populators=0 invalidators=1 on_the_range=1
"""

DRIVE = """
cpu-fault no-use-after-free generation=g0
cpu-fault no-free-of-busy-object generation=g2 release=put-then-unlock
cpu-fault fault-completes generation=g1
cpu-fault fault-completes generation=g1 cpu_threads=3
cpu-fault fault-completes generation=g1 driver_lock=true cpu_threads=3
cpu-fault fault-completes generation=g1 driver_lock=true urgent_refault=true
cpu-fault fault-completes generation=g1 driver_lock=true urgent_refault=true cpu_threads=3
cpu-fault system-progress generation=g1 driver_lock=true urgent_refault=true
cpu-fault fault-completes generation=g1 fault_page=missing
cpu-fault fault-completes generation=g3 entry_wait=reference
eviction no-deadlock find=address-lookup unmappers=1
eviction a-migration-entry-means-a-locked-page find=recorded-address window=2 remappers=1
backpointer the-gpu-maps-what-the-cpu-maps driver=recorded-address remappers=1
backpointer no-gpu-mapping-of-a-freed-page driver=recorded-address remappers=1
backpointer no-gpu-maps-a-device-page-while-it-is-copied driver=recorded-address remappers=1
backpointer no-gpu-maps-a-system-page-while-it-is-copied driver=nouveau
backpointer the-gpu-maps-what-the-cpu-maps driver=nouveau cpu_threads=0 forks=1 child_gpus=1
backpointer no-gpu-mapping-of-a-freed-page driver=nouveau cpu_threads=0 forks=1 child_gpus=1
backpointer no-use-after-free driver=nouveau cpu_threads=0 forks=1 exits=1 parent_gpus=0
backpointer zone-device-data-outlives-the-page driver=nouveau cpu_threads=0 forks=1 exits=1 parent_gpus=0
backpointer an-access-to-a-mapped-page-never-ends-in-sigbus driver=amdkfd remappers=1
backpointer an-access-to-a-mapped-page-never-ends-in-sigbus driver=amdkfd cpu_threads=0 forks=1 unmappers=1 \
parent_gpus=0
backpointer an-access-to-a-mapped-page-never-ends-in-sigbus driver=amdkfd cpu_threads=0 forks=1 exits=1 parent_gpus=0
backpointer cpu-access-completes driver=amdkfd target_range=in-system-memory remappers=1 parent_gpus=0
backpointer zone-device-data-outlives-the-page data_written=after-mapped
backpointer zone-device-data-is-what-it-was-at-init data_written=at-gpu-fault
backpointer zone-device-data-outlives-the-page data_reference=none
backpointer detached-means-that-no-page-is-left data_reference=none
backpointer no-use-after-free data_reference=none
backpointer detached-means-that-no-page-is-left data_put=page-free-and-fault
backpointer no-use-after-free data_put=page-free-and-fault
gpu-fault outside-a-bracket-the-gpu-maps-what-the-cpu-maps read_retry=skipped
gpu-fault no-gpu-mapping-of-a-freed-page read_retry=skipped
gpu-fault outside-a-bracket-the-gpu-maps-what-the-cpu-maps read_retry=outside-lock
gpu-fault outside-a-bracket-the-gpu-maps-what-the-cpu-maps pages_valid=skipped
gpu-fault no-gpu-mapping-of-a-freed-page pages_valid=skipped
gpu-fault outside-a-bracket-the-gpu-maps-what-the-cpu-maps commit=outside-lock
gpu-fault outside-a-bracket-the-gpu-maps-what-the-cpu-maps zap=skipped
gpu-fault no-gpu-mapping-of-a-freed-page zap=skipped
gpu-fault no-dma-mapping-of-a-freed-page dma_unmap=skipped
hmm-range-fault a-validated-page-is-the-one-that-is-mapped read_retry=skipped first_page=1
hmm-range-fault the-gpu-maps-what-the-cpu-maps read_retry=skipped first_page=1
hmm-range-fault no-gpu-mapping-of-a-freed-page read_retry=skipped first_page=1
hmm-range-fault the-gpu-maps-what-the-cpu-maps read_retry=skipped neighbours=fault-in first_page=1
hmm-range-fault the-gpu-maps-what-the-cpu-maps neighbours=fault-in pass_two=neighbour-with-new-sequence first_page=1 \
second_page=5
hmm-range-fault prefetch-and-snapshot-never-fault pass_one=one-walk
hmm-range-fault prefetch-and-snapshot-never-fault pass_one=one-walk second_page=3
hmm-range-fault prefetch-and-snapshot-never-fault pass_one=whole-window first_page=1
hmm-range-fault prefetch-and-snapshot-never-fault gpu_faults=0 scanners=1 scan_asks=fault
hmm-range-fault a-fault-fails-only-where-its-own-address-is-bad pass_one=whole-window second_page=4
hmm-range-fault no-walk-faults-a-page-of-its-own-device-for-its-neighbour pass_one=whole-window second_page=2
hmm-range-fault no-walk-faults-a-page-of-its-own-device-for-its-neighbour neighbours=fault-in pass_two=whole-window \
first_page=1 second_page=2
hmm-range-fault no-gpu-mapping-of-a-foreign-page owner_match=any first_page=3
hmm-range-fault no-unlock-by-non-owner gpu_faults=0 scanners=1 scan_error=unlock-and-free
hmm-range-fault gpu-fault-returns permanent_error=retried first_page=4 mm_operations=0
hmm-range-fault gpu-fault-returns deadline=none mm_operations=0 invalidators=1
hmm-range-fault scan-returns gpu_faults=0 scanners=1 mm_operations=0 invalidators=1
notifier no-dma-mapping-of-a-freed-page read_retry=skipped populators=0
notifier no-dma-mapping-of-a-freed-page read_retry=outside-lock populators=0
notifier no-dma-mapping-of-a-freed-page set_seq=never populators=0
notifier no-dma-mapping-of-a-freed-page dma_unmap=skipped populators=0
notifier no-gpu-mapping-of-a-freed-page pages_valid=skipped populators=0
notifier no-gpu-mapping-of-a-freed-page zap=skipped populators=0
notifier no-gpu-mapping-of-a-freed-page refused=zaps-anyway oom_reapers=1 unmappers=0
notifier the-gpu-maps-only-what-is-mapped-for-dma dma_unmap=first populators=0
notifier an-unmapped-range-is-collected collect=skipped populators=0
notifier no-unbalanced-notifier refused=ends-again oom_reapers=1 unmappers=0
notifier no-self-deadlock also_takes=mmap-lock populators=0
notifier no-deadlock also_takes=svm-lock populators=0
notifier read-begin-returns unmappers=0 populators=0 invalidators=2
"""

LIMITS = Limits(seconds=300)
Words = tuple[dict[str, str], dict[str, int]]


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def words(given: list[str]) -> Words:
    """Options and sizes."""
    pairs = [word.split("=") for word in given]
    options = {name: value for name, value in pairs if not value.isdigit()}
    return options, {name: int(value) for name, value in pairs if value.isdigit()}


Try = tuple[Conformance, Chosen, Step]
"""A row in which a step can be taken that was not met there."""


@dataclass
class Places:
    """Steps by their place in the source, whatever the options and sizes: those met by some row, and all others that
    can be taken in some row, with the rows."""

    met: set[str] = field(default_factory=set[str])
    others: dict[str, list[Try]] = field(default_factory=dict[str, list[Try]])

    def enter(self, result: Conformance, chosen: Chosen, missed: list[Step]) -> None:
        self.met.update(map(result.label, result.covered))
        for step in missed:
            self.others.setdefault(result.label(step), []).append((result, chosen, step))

    def missed(self) -> list[str]:
        return sorted(self.others.keys() - self.met)

    def drive(self, engine: NativeEngine, limits: Limits) -> None:
        """The way to each step that was not met, in the row with the fewest actors first."""
        for place in self.missed():
            rows = sorted(self.others[place], key=lambda row: len(row[0].view.semantics.instances))
            for result, chosen, step in rows:
                if place not in self.met:
                    reach(result, chosen, [step], engine, limits)
                    self.met.update(map(result.label, result.covered))


def follow(abstraction: Abstraction, given: list[str], runs: int, engine: NativeEngine, places: Places) -> bool:
    chosen = chosen_for(abstraction, *words(given))
    begun = time.perf_counter()
    result = Conformance(view_of(abstraction, chosen))
    for strategy in (RandomWalk(1, runs), Pos(2, runs)):
        for _ in conform_runs(result, chosen, strategy):
            if result.differences:
                break
    seconds = time.perf_counter() - begun
    try:
        missed = result.missed(engine, LIMITS)
        met = f"{len(result.covered)} of {len(result.covered) + len(missed)} steps met"
    except Undecided:
        missed, met = [], f"{len(result.covered)} steps met, of how many is not known"
    print(f"  {abstraction.protocol} {' '.join(given)}: {result.runs} runs, {met}, {seconds:.1f} s", flush=True)
    places.enter(result, chosen, missed)
    for difference in result.differences:
        print(f"      DIFFERENCE: {difference.message}")
    return not result.differences


def replay(abstraction: Abstraction, property: str, given: list[str], engine: NativeEngine) -> bool:
    options, sizes = words(given)
    view = view_of(abstraction, chosen_for(abstraction, options, sizes))
    schedule = counterexample(view.program, property, engine)
    begun = time.perf_counter()
    found = None if schedule is None else drive(view, schedule, property, options, sizes)
    seconds = time.perf_counter() - begun
    what = f"  {abstraction.protocol} {' '.join(given)}: {property}"
    if isinstance(found, Driven):
        print(
            f"{what}: {found.check} in {len(found.schedule)} decisions, {found.runs} runs, {seconds:.1f} s", flush=True
        )
        return True
    print(f"{what}: NOT SHOWN: {found}, {seconds:.1f} s", flush=True)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="of each row and strategy")
    parser.add_argument("--only", default="", help="rows that begin with this")
    asked = parser.parse_args()
    abstractions: Mapping[str, Abstraction] = load()
    engine, good = NativeEngine(1), True
    print("Runs of the kernel, followed through the protocol")
    places = {name: Places() for name in abstractions}
    for name, *given in rows(CONFORM):
        if " ".join((name, *given)).startswith(asked.only):
            good &= follow(abstractions[name], given, asked.runs, engine, places[name])
    print("Steps of the protocols by their place in the source, over all rows")
    for name, found in places.items():
        sampled = len(found.met)
        found.drive(engine, LIMITS)  # and may come through steps of rows whose own steps are too many to be known
        every = len(found.met) + len(found.missed())
        print(f"  {name}: {sampled} of {every} met by sampling, {len(found.met)} with those driven to", flush=True)
        good &= not found.missed()
        for text in found.missed():
            print(f"      not met: {text[:150]}")
    print("Counterexamples of the protocols, driven through the kernel")
    for name, property, *given in rows(DRIVE):
        if " ".join((name, property, *given)).startswith(asked.only):
            good &= replay(abstractions[name], property, given, engine)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
