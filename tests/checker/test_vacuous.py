# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""An invariant about records that never exist is no pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.engine import Engine, Limits
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Verdict

SOURCE = """
from svmcheck.model.lang import Record, World, flag, invariant, pool, process

class Bo(Record):
    pinned = flag()

class W(World):
    bos = pool(Bo, 2)
    on = flag()

@process
def user(k: W) -> None:
    {body}

@invariant
def no_bo_is_pinned(k: W, bo: Bo) -> bool:
    return not bo.pinned

@invariant
def nor_any(k: W) -> bool:
    return not any(bo.pinned for bo in k.bos)
"""


@pytest.mark.parametrize("engine", [ReferenceEngine(), NativeEngine(1)], ids=lambda engine: engine.name)
@pytest.mark.parametrize(("body", "verdict"), [("k.on = True", Verdict.VACUOUS), ("bo = k.bos.alloc()", Verdict.HOLDS)])
def test_records_that_never_exist(tmp_path: Path, engine: Engine, body: str, verdict: Verdict) -> None:
    path = tmp_path / "bos.py"
    path.write_text(SOURCE.format(body=body))
    program = compile_program(load_protocol(path), None, {}, {})
    wanted = tuple(p for p in properties(program) if p.kind == "invariant")
    results = engine.decide(program, wanted, Limits(), lambda tick: None).results
    assert [result.verdict for result in results] == [verdict] * 2
