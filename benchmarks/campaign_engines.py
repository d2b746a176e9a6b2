# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Many thousands of random programs: the native engine against the reference engine, with and without reductions.

    python -m benchmarks.campaign_engines --seed 1000000 --count 100000

Prints one sentence for every disagreement and exits with status 1 if there is any. Whole searches have to agree on
verdicts, counts, coverage and the depth of shortest counterexamples; reduced ones on verdicts, with no more states.
What was run and found is in docs/campaigns.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator

from svmcheck.checker.reductions import PARTIAL_ORDER, SYMMETRY
from tests.checker.native.agreement import Sample, disagreements, reduced_disagreements, samples

COMBINATIONS = (frozenset({SYMMETRY}), frozenset({PARTIAL_ORDER}), frozenset({SYMMETRY, PARTIAL_ORDER}))
TOLD_EVERY = 60.0  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--batch", type=int, default=100, help="programs in one compilation")
    parser.add_argument("--seconds", type=float, help="end with the batch that is running then")
    chosen = parser.parse_args()
    begin = told = time.monotonic()
    done = states = found = 0
    seed = chosen.seed
    while done < chosen.count and (chosen.seconds is None or time.monotonic() - begin < chosen.seconds):
        batch = samples(seed, min(chosen.batch, chosen.count - done))
        for sentence in _compared(batch, done // chosen.batch):
            found += 1
            print(sentence, flush=True)
        done += len(batch)
        states += sum(sample.reference.states for sample in batch)
        seed = batch[-1].seed + 1
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            print(f"{done:,} programs, seeds up to {seed - 1}, {found} disagreements", file=sys.stderr, flush=True)
    seeds, took = f"seeds {chosen.seed} to {seed - 1}", time.monotonic() - begin
    print(f"{done:,} programs of {states:,} states, {seeds}: {found} disagreements, {took:.0f} s")
    return 1 if found else 0


def _compared(batch: list[Sample], number: int) -> Iterator[str]:
    """In a cache that goes at once: what a user has compiled is worth more than random programs."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SVMCHECK_CACHE"] = cache
        yield from disagreements(batch)
        yield from reduced_disagreements(batch, COMBINATIONS[number % len(COMBINATIONS)])


if __name__ == "__main__":
    sys.exit(main())
