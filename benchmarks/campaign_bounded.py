# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Bounded model checking against exhaustive search on the shipped catalogue: ``python -m benchmarks.campaign_bounded``.

Every program of the catalogue (each target, variant and size) is decided by the native engine and, up to ``--depth``
steps, by the smt engine; verdicts and the depth of shortest violations have to agree. Prints a line for each program
and exits with status 1 if any differ. ``--target`` chooses one; ``--seconds`` bounds the solver on one program: what it
decided by then is compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.gate import Job, plan, program_of
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.reductions import NONE
from svmcheck.checker.symbolic.engine import SmtEngine
from svmcheck.checker.symbolic.targets import is_decidable
from svmcheck.model.ir.properties import properties
from svmcheck.specs.catalogue.load import load_shipped
from svmcheck.specs.verdict import Verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depth", type=int, default=12)
    parser.add_argument("--target")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--most", type=float, default=float("inf"), help="seconds for all")
    asked = parser.parse_args()
    begun, done, wrong = time.monotonic(), 0, 0
    for job in plan(load_shipped(), "native"):
        if asked.target not in (None, job.target.name) or time.monotonic() - begun > asked.most:
            continue
        found = list(differences(job, asked.depth, asked.seconds))
        done += 1
        wrong += bool(found)
        print(f"{job.name}: {'; '.join(found) or 'agree'}", flush=True)
    print(f"{done} programs, {wrong} with differences, depth {asked.depth}, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


def differences(job: Job, depth: int, seconds: float) -> Iterator[str]:
    program = program_of(job)
    wanted = tuple(p for p in properties(program) if is_decidable(p))
    whole = NativeEngine(1, reductions=NONE).decide(program, wanted, Limits(), lambda tick: None)
    found = SmtEngine(depth, None).decide(program, wanted, Limits(seconds=seconds), lambda tick: None)
    looked = depth if all(r.verdict is not Verdict.TRUNCATED for r in found.results) else found.depth
    if looked < depth:
        yield f"looked at {looked} steps only"
    yield from _compared(whole, found, looked)


def _compared(whole: Outcome, found: Outcome, looked: int) -> Iterator[str]:
    for expected, got in zip(whole.results, found.results, strict=True):
        near = expected.verdict is Verdict.VIOLATED and expected.depth <= looked
        seen = got.verdict is Verdict.VIOLATED
        if near != seen:
            yield f"{expected.property}: {expected.verdict.value} at {expected.depth}, but {got.verdict.value}"
        elif near and expected.depth != got.depth:
            yield f"{expected.property}: violated at {expected.depth} and at {got.depth}"


if __name__ == "__main__":
    sys.exit(main())
