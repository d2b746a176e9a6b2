# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Thousands of random protocol files: the compiler against the direct interpreter of their source.

    python -m benchmarks.campaign_source --seed 0 --count 5000

Prints every seed for which the two differ or one of them fails, and exits with status 1 if there is any. The sources
are those of tests/model/lang/random_source.py; ``--show SEED`` prints one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from svmcheck.model.lang.diagnostics import ProtocolError
from tests.model.lang.compare import compare_text
from tests.model.lang.random_source import random_source


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--states", type=int, default=2000, help="larger programs are left out")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the source of a seed and stop")
    chosen = parser.parse_args()
    if chosen.show is not None:
        print(random_source(chosen.show))
        return 0
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(chosen.seed, chosen.seed + chosen.count):
            outcome, states = examine(seed, Path(folder), chosen.states)
            seen[outcome] += 1
            seen["states"] += states
    print(", ".join(f"{number:,} {what}" for what, number in seen.items()))
    return 1 if seen["different"] or seen["failed"] else 0


def examine(seed: int, folder: Path, most: int) -> tuple[str, int]:
    """What became of one program, and how many states the direct interpreter saw."""
    try:
        compared = compare_text(random_source(seed), folder, most)
    except ProtocolError:
        return "refused", 0
    except Exception as error:  # noqa: BLE001 - any failure of either side is a finding
        print(f"seed {seed}: {type(error).__name__}: {error}", flush=True)
        return "failed", 0
    for difference in compared.differences:
        print(f"seed {seed}: {difference[:300]}", flush=True)
    if not compared.complete:
        return "left out", 0
    return ("different" if compared.differences else "equal"), compared.direct.states


if __name__ == "__main__":
    sys.exit(main())
