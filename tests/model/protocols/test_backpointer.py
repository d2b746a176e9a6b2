# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A pointer from a page to where it is mapped is wrong after mremap(), fork() or exit; a count of pages is not."""

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

FILE = Path(__file__).parents[3] / "model" / "protocols" / "backpointer.py"
CHILD_ONLY = {"cpu_threads": 0, "parent_gpus": 0, "forks": 1}


def decide(sizes: Mapping[str, int], **options: str) -> Outcome:
    program = compile_program(load_protocol(FILE), None, options, sizes)
    return ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)


def violated(outcome: Outcome) -> set[str]:
    return {r.property for r in outcome.results if r.verdict is Verdict.VIOLATED}


@pytest.mark.parametrize("operation", [{}, {"remappers": 1}, {**CHILD_ONLY, "exits": 1}])
def test_the_reverse_map_finds_the_page_wherever_it_is(operation: dict[str, int]) -> None:
    assert violated(decide(operation)) == set()


def test_an_address_recorded_in_the_page_is_wrong_after_mremap() -> None:
    assert "the-gpu-maps-what-the-cpu-maps" in violated(decide({"remappers": 1}, driver="recorded-address"))


def test_a_gpu_address_space_may_die_before_the_pages_that_point_at_it() -> None:
    assert "no-use-after-free" in violated(decide({**CHILD_ONLY, "exits": 1}, driver="nouveau"))


def test_a_look_up_by_address_fails_where_the_parent_has_no_range() -> None:
    assert violated(decide(CHILD_ONLY, driver="amdkfd")) == set()
    lost = {"an-access-to-a-mapped-page-never-ends-in-sigbus"}
    assert violated(decide({**CHILD_ONLY, "exits": 1}, driver="amdkfd")) == lost


def test_pages_count_as_references_of_their_allocation() -> None:
    assert "detached-means-that-no-page-is-left" in violated(decide({}, data_reference="none"))
