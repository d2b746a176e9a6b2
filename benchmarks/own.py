# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One search by svmcheck's native engine in a process of its own: ``python -m benchmarks.own MODEL WORKERS``.

Prints one line of JSON. The engine's cache is where ``SVMCHECK_CACHE`` says; an empty one means that C is compiled.
"""

from __future__ import annotations

import json
import sys
import time

from svmcheck.checker.engine import Limits
from svmcheck.checker.native.compile import NoCompiler, build
from svmcheck.checker.native.engine import decide_by
from svmcheck.checker.native.library import Search, open_library
from svmcheck.checker.native.unit import translate
from svmcheck.specs.verdict import Verdict

from .models import MODELS, asked


def main(model: str, workers: str) -> None:
    program = MODELS[model].program()
    unit = translate([program])
    built = build(unit.sources)
    if isinstance(built, NoCompiler):
        raise SystemExit(f"{built.reason} {built.remedy}")
    with Search(open_library(built.path), unit.programs[0], int(workers), None) as search:
        start, used = time.perf_counter(), time.process_time()
        outcome = decide_by(search, asked(program), Limits(), lambda tick: None)
        seconds, cpu = time.perf_counter() - start, time.process_time() - used
    result = {
        "states": outcome.states,
        "transitions": outcome.transitions,
        "errors": sum(r.verdict is Verdict.VIOLATED for r in outcome.results),
        "words": unit.programs[0].packing.words,
        "search": seconds,
        "cpu": cpu,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
