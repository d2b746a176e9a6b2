# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""hmm_range_fault() of the executable kernel and of its protocol: the same runs, and the same failures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from svmcheck.checker.conformance.conform import chosen_for, conform, view_of
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.abstraction import load
from svmcheck.model.kernel.scenarios.hmm_range_fault_as_protocol import SECOND_PAGES
from tests.checker.conformance.shown import shown

ABSTRACTION = load()["hmm-range-fault"]
NOTHING, SYSTEM, OWN, FOREIGN, NO_PAGES, NO_VMA = range(len(SECOND_PAGES))
ALONE = {"mm_operations": 0}
SCAN = {"gpu_faults": 0, "scanners": 1}
BESIDE = {"mm_operations": 0, "invalidators": 1}


def pages(first: int, second: int) -> dict[str, int]:
    return {"first_page": first, "second_page": second}


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, pages(NOTHING, NOTHING)),
        ({}, pages(SYSTEM, OWN)),
        ({}, pages(FOREIGN, SYSTEM)),
        ({}, pages(OWN, FOREIGN)),
        ({}, pages(NO_PAGES, SYSTEM)),
        ({}, pages(NOTHING, NO_VMA)),
        ({"neighbours": "fault-in"}, pages(NOTHING, FOREIGN)),
        ({"neighbours": "fault-in"}, pages(SYSTEM, NO_PAGES)),
        ({"pass_one": "one-walk", "fault_reach": "page-alone"}, pages(NOTHING, OWN)),
        ({"pass_one": "whole-window", "neighbours": "fault-in"}, pages(FOREIGN, OWN)),
        ({"deadline": "none"}, BESIDE),
        ({}, {**SCAN, **pages(SYSTEM, FOREIGN)}),
        ({"scan_retry": "deadline"}, {**SCAN, **BESIDE}),
    ],
)
def test_the_kernel_does_what_the_protocol_does(options: Mapping[str, str], sizes: Mapping[str, int]) -> None:
    result = conform(ABSTRACTION, Pos(7, 10), options, sizes)
    assert [difference.message for difference in result.differences] == []
    assert result.runs == 10
    assert len(result.covered) > 10


@pytest.mark.parametrize(
    ("rules", "broken", "sizes", "told"),
    [
        ({}, {"read_retry": "skipped"}, pages(SYSTEM, SYSTEM), "window[0].gpte: null -> "),
        ({}, {"pass_one": "one-walk"}, ALONE, "prefetch"),
        ({}, {"pass_one": "whole-window"}, {**ALONE, **pages(SYSTEM, FOREIGN)}, "prefetch"),
        ({}, {"neighbours": "fault-in"}, ALONE, "window[1].pte: NONE -> RAM"),
        ({"pass_one": "one-walk", "fault_reach": "page-alone"}, {"fault_reach": "to-the-end"}, ALONE, "prefetch"),
        (
            {"neighbours": "fault-in"},
            {"pass_two": "neighbour-with-new-sequence"},
            pages(SYSTEM, NO_VMA),
            "gpu-mapping",
        ),
        ({}, {"owner_match": "any"}, {**ALONE, **pages(FOREIGN, NOTHING)}, "gpu-mapping"),
        ({}, {"scan_asks": "fault"}, SCAN, "prefetch"),
        ({}, {"scan_error": "unlock-and-free"}, {**SCAN, **BESIDE}, "unlock-by-non-owner"),
        ({}, {"order": "zap-first"}, {"gpu_faults": 0, **pages(SYSTEM, SYSTEM)}, "sub.active: 0 -> 1"),
    ],
)
def test_a_kernel_that_breaks_a_rule_is_told_from_the_protocol(
    rules: Mapping[str, str], broken: Mapping[str, str], sizes: Mapping[str, int], told: str
) -> None:
    kept = view_of(ABSTRACTION, chosen_for(ABSTRACTION, rules, sizes))
    result = conform(ABSTRACTION, RandomWalk(1, 200), {**rules, **broken}, sizes, against=kept)
    assert len(result.differences) == 1
    assert told in result.differences[0].message


@pytest.mark.parametrize(
    ("property", "options", "sizes", "check"),
    [
        ("the-gpu-maps-what-the-cpu-maps", {"read_retry": "skipped"}, pages(SYSTEM, NOTHING), "gpu-mapping"),
        (
            "the-gpu-maps-what-the-cpu-maps",
            {"neighbours": "fault-in", "pass_two": "neighbour-with-new-sequence"},
            pages(SYSTEM, NO_VMA),
            "gpu-mapping",
        ),
        ("prefetch-and-snapshot-never-fault", {"pass_one": "one-walk"}, pages(NOTHING, FOREIGN), "prefetch"),
        ("prefetch-and-snapshot-never-fault", {"scan_asks": "fault"}, SCAN, "prefetch"),
        (
            "no-walk-faults-a-page-of-its-own-device-for-its-neighbour",
            {"pass_one": "whole-window"},
            pages(NOTHING, OWN),
            "prefetch",
        ),
        (
            "a-fault-fails-only-where-its-own-address-is-bad",
            {"pass_one": "whole-window"},
            pages(NOTHING, NO_PAGES),
            "gpu-fault",
        ),
        ("no-gpu-mapping-of-a-foreign-page", {"owner_match": "any"}, pages(FOREIGN, NOTHING), "gpu-mapping"),
        ("no-unlock-by-non-owner", {"scan_error": "unlock-and-free"}, SCAN, "unlock-by-non-owner"),
        ("gpu-fault-returns", {"permanent_error": "retried"}, {**ALONE, **pages(NO_PAGES, NOTHING)}, "livelock"),
        ("gpu-fault-returns", {"deadline": "none"}, BESIDE, "livelock"),
        ("scan-returns", {}, {**SCAN, **BESIDE}, "livelock"),
    ],
)
def test_the_kernel_shows_the_same_failure(
    property: str, options: Mapping[str, str], sizes: Mapping[str, int], check: str
) -> None:
    assert shown(ABSTRACTION, property, options, sizes).check == check
