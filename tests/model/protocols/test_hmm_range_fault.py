# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Prefetch mirrors what is there and nothing else; only the final check validates what the passes found."""

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

FILE = Path(__file__).parents[3] / "model" / "protocols" / "hmm_range_fault.py"
MIXED = {"first_page": "foreign", "second_page": "system"}


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
        "no-walk-faults-a-page-of-its-own-device-for-its-neighbour",
        "prefetch-and-snapshot-never-fault",
    }


@pytest.mark.parametrize("second", ["nothing", "own", "foreign"])
def test_a_walk_that_asks_for_one_page_faults_what_comes_after_it(second: str) -> None:
    hole = {"first_page": "nothing", "second_page": second, "pass_one": "one-walk"}
    told = {"prefetch-and-snapshot-never-fault"}
    if second == "own":
        told.add("no-walk-faults-a-page-of-its-own-device-for-its-neighbour")
    assert violated(decide({"mm_operations": 0}, **hole)) == told
    assert violated(decide({"mm_operations": 0}, fault_reach="page-alone", **hole)) == set()


def test_nothing_is_faulted_behind_a_page_that_is_there() -> None:
    there = {"first_page": "own", "second_page": "nothing", "pass_one": "one-walk"}
    assert violated(decide({"mm_operations": 0}, **there)) == set()


def test_an_own_page_behind_a_hole_goes_back_if_the_whole_range_is_asked_for() -> None:
    behind = {"first_page": "nothing", "second_page": "own", "neighbours": "fault-in"}
    assert violated(decide({"mm_operations": 0}, **behind)) == set()
    told = violated(decide({"mm_operations": 0}, pass_one="whole-window", **behind))
    assert "no-walk-faults-a-page-of-its-own-device-for-its-neighbour" in told


def test_the_error_path_of_a_scan_unlocks_what_it_locked() -> None:
    scan = {"gpu_faults": 0, "scanners": 1, "mm_operations": 0, "invalidators": 1}
    assert violated(decide(scan, scan_retry="deadline", **MIXED)) == set()
    assert "no-unlock-by-non-owner" in violated(decide(scan, scan_error="unlock-and-free", **MIXED))


def test_the_retry_of_a_scan_has_no_deadline() -> None:
    scan = {"gpu_faults": 0, "scanners": 1, "mm_operations": 0, "invalidators": 1}
    assert "scan-returns" in violated(decide(scan, **MIXED))
