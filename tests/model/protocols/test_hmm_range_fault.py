# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Prefetch mirrors what is there and nothing else; only the final check validates what the passes found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Verdict

FILE = Path(__file__).parents[3] / "model" / "protocols" / "hmm_range_fault.py"
MIXED = {"first_state": "foreign-and-system"}


def decide(sizes: Mapping[str, int], **options: str) -> Outcome:
    program = compile_program(load_protocol(FILE), None, options, sizes)
    return ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)


def violated(outcome: Outcome) -> set[str]:
    return {r.property for r in outcome.results if r.verdict is Verdict.VIOLATED}


def test_every_mixture_of_pages_is_mapped_or_refused_for_a_reason() -> None:
    outcome = decide({"mm_operations": 0})
    assert violated(outcome) == set()
    held = {r.property for r in outcome.results if r.verdict is Verdict.HOLDS}
    assert held >= {"cover:mapped", "cover:prefetched", "gpu-fault-returns", "no-gpu-mapping-of-a-foreign-page"}


def test_one_sequence_covers_both_passes() -> None:
    assert violated(decide({}, neighbours="fault-in", **MIXED)) == set()
    stale = violated(decide({}, neighbours="fault-in", pass_two="neighbour-with-new-sequence", **MIXED))
    assert "a-validated-page-is-the-one-that-is-mapped" in stale


def test_prefetch_that_faults_fails_where_the_neighbour_has_no_pages() -> None:
    assert violated(decide({"mm_operations": 0}, pass_one="whole-window")) == {
        "a-fault-fails-only-where-its-own-address-is-bad",
        "prefetch-and-snapshot-never-fault",
    }


def test_the_error_path_of_a_scan_unlocks_what_it_locked() -> None:
    scan = {"gpu_faults": 0, "scanners": 1, "mm_operations": 0, "invalidators": 1}
    assert violated(decide(scan, scan_retry="deadline", **MIXED)) == set()
    assert "no-unlock-by-non-owner" in violated(decide(scan, scan_error="unlock-and-free", **MIXED))


def test_the_retry_of_a_scan_has_no_deadline() -> None:
    scan = {"gpu_faults": 0, "scanners": 1, "mm_operations": 0, "invalidators": 1}
    assert "scan-returns" in violated(decide(scan, **MIXED))
