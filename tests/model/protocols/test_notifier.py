# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The notifier lock protects tree, valid flags, PTEs and sequence: without one of them something breaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Grade, Verdict

FILE = Path(__file__).parents[3] / "model" / "protocols" / "notifier.py"
QUIET = {"populators": 0, "engines": 0}
PRESSURE = {"unmappers": 0, "invalidators": 2}


def decide(sizes: Mapping[str, int], **options: str) -> Outcome:
    program = compile_program(load_protocol(FILE), None, options, {**QUIET, **sizes})
    return ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)


def violated(outcome: Outcome) -> set[str]:
    return {r.property for r in outcome.results if r.verdict is Verdict.VIOLATED}


def test_one_invalidation_and_one_gpu_fault_keep_every_property() -> None:
    assert violated(decide({})) == set()


@pytest.mark.parametrize(
    "options",
    [
        {"read_retry": "outside-lock"},
        {"set_seq": "after-unlock"},
        {"publish": "after-unlock"},
        {"pages_valid": "outside-lock"},
        {"pages_valid": "skipped"},
        {"write_pte": "outside-lock"},
        {"driver_part": "after-unlock"},
        {"zap": "skipped"},
    ],
)
def test_the_gpu_maps_a_freed_page_without_a_protection(options: dict[str, str]) -> None:
    assert "no-gpu-mapping-of-a-freed-page" in violated(decide({}, **options))


def test_a_refused_invalidation_is_ended_by_the_core_and_by_nobody_else() -> None:
    reaper = {"unmappers": 0, "oom_reapers": 1}
    assert violated(decide(reaper)) == set()
    assert violated(decide(reaper, refused="ends-again")) == {"no-unbalanced-notifier"}


def test_an_munmap_is_not_delivered_to_a_notifier_whose_insertion_is_deferred() -> None:
    assert violated(decide({"reclaimers": 1})) == {"an-unmapped-range-is-collected"}
    assert violated(decide({"reclaimers": 1}, notifier_insert="then-read-begin")) == set()


def test_read_begin_starves_while_some_bracket_is_always_open() -> None:
    results = decide(PRESSURE).results
    starved = {r.property: r.grade for r in results if r.verdict is Verdict.VIOLATED}
    assert starved == {"read-begin-returns": Grade.ADVERSARIAL, "gpu-fault-returns": Grade.ADVERSARIAL}
    assert violated(decide(PRESSURE, brackets="leave-gaps")) == set()
