# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""svm-core holds as it is; each protection that is taken away breaks the GPU's page table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Verdict

FILE = Path(__file__).parents[3] / "model" / "protocols" / "svm_core.py"
GPU_INVARIANTS = {"a-gpu-entry-maps-what-the-cpu-maps", "a-gpu-entry-never-maps-a-free-page"}


def decide(sizes: Mapping[str, int], **options: str) -> Outcome:
    program = compile_program(load_protocol(FILE), None, options, {"pages": 1, **sizes})
    return ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)


def violated(outcome: Outcome) -> set[str]:
    return {r.property for r in outcome.results if r.verdict is Verdict.VIOLATED}


def test_one_of_each_actor_on_one_page_keeps_every_property() -> None:
    outcome = decide({"cpu_threads": 1})
    assert violated(outcome) == set()
    decided = {r.property for r in outcome.results if r.verdict is Verdict.HOLDS}
    assert decided >= GPU_INVARIANTS | {
        "a-device-entry-holds-a-reference",
        "a-migration-entry-means-a-locked-page",
        "a-free-page-is-not-locked",
        "no-deadlock",
        "cpu-fault-completes",
        "gpu-fault-completes",
        "eviction-returns",
        "munmap-returns",
    }


@pytest.mark.parametrize("option", [{"read_retry": "skipped"}, {"pages_valid": "skipped"}, {"zap": "skipped"}])
def test_a_gpu_entry_outlives_its_page_without_a_protection(option: dict[str, str]) -> None:
    assert violated(decide({"cpu_threads": 0, "unmappers": 0}, **option)) == GPU_INVARIANTS


def test_munmap_alone_finds_the_stale_entry_too() -> None:
    outcome = decide({"cpu_threads": 0, "evictors": 0}, read_retry="skipped")
    assert "a-gpu-entry-maps-what-the-cpu-maps" in violated(outcome)
