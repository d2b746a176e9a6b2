# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One search by svmcheck's native engine in a process of its own: ``python -m benchmarks.own MODEL WORKERS``.

Prints one line of JSON. The engine's cache is where ``SVMCHECK_CACHE`` says; an empty one means that C is compiled.
"""

from __future__ import annotations

import json
import sys

from svmcheck.checker.engine import Limits
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.native.packing import pack_program

from .models import MODELS, asked


def main(model: str, workers: str) -> None:
    program = MODELS[model].program()
    outcome = NativeEngine(workers=int(workers)).decide(program, asked(program), Limits(), lambda tick: None)
    if outcome.notes:
        raise SystemExit("; ".join(outcome.notes))
    result = {
        "states": outcome.states,
        "transitions": outcome.transitions,
        "errors": sum(not r.verdict.passes for r in outcome.results if r.verdict.value != "VACUOUS"),
        "words": pack_program(program).words,
        "search": outcome.seconds,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
